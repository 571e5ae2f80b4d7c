package bondfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"blesmp/bond"
)

// File is one file of an export: its path in the target folder, and what stands
// in it, secrets included.
type File struct {
	Path string
	Data []byte
}

// Files makes the files of a set: one for JSON, with an empty path, and for the
// others one for each bond and, with BlueZ, for each identity that has an IRK,
// under the names that the other stack looks for. The error is bond.ErrInvalid.
func Files(f Format, s *Set) ([]File, error) {
	if f == JSON {
		data, err := AppendJSON(nil, s)
		return []File{{Data: data}}, err
	}
	var files []File
	for _, b := range s.Bonds {
		var path string
		var data []byte
		var err error
		if f == BlueZ {
			path = filepath.Join(b.Local.Address.String(), b.Peer.Address.String(), "info")
			data, err = AppendBlueZ(nil, &b)
		} else {
			path = filepath.Join(blehostFolder(b.Local), "bonds", blehostFolder(b.Peer), "keys.json")
			data, err = AppendBLEHost(nil, &b)
		}
		if err != nil {
			return nil, err
		}
		files = append(files, File{path, data})
	}
	for _, l := range s.Identities {
		if f != BlueZ || l.IRK == nil {
			continue
		}
		data, err := AppendBlueZIdentity(nil, &l)
		if err != nil {
			return nil, err
		}
		files = append(files, File{filepath.Join(l.Address.Address.String(), "identity"), data})
	}
	return files, unique(files)
}

// unique refuses two files of one name: BlueZ's names lack the type of the
// address.
func unique(files []File) error {
	seen := map[string]bool{}
	for _, f := range files {
		if seen[f.Path] {
			return fmt.Errorf("%w: two bonds would both be %s: export them one by one", bond.ErrInvalid, f.Path)
		}
		seen[f.Path] = true
	}
	return nil
}

// ErrExists says that a file is there already and nothing was written.
var ErrExists = errors.New("bondfile: the file exists")

// Write writes the files of an export below a folder, or to target itself where
// the path is empty. Folders get mode 0700 and files 0600, because they hold
// keys. Each file appears whole or not at all. Without replace a file that
// exists is ErrExists, before anything is written.
func Write(target string, files []File, replace bool) error {
	for _, f := range files {
		path := filepath.Join(target, f.Path)
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("bondfile: %w", err)
		case info.IsDir():
			return fmt.Errorf("bondfile: %s is a folder; name a file", path)
		case !replace:
			return fmt.Errorf("%w: %s", ErrExists, path)
		}
	}
	for _, f := range files {
		path := filepath.Join(target, f.Path)
		if f.Path != "" {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return fmt.Errorf("bondfile: %w", err)
			}
		}
		if err := writeFile(path, f.Data); err != nil {
			return fmt.Errorf("bondfile: %w", err)
		}
	}
	return nil
}

// writeFile writes beside the target and renames.
func writeFile(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".smp-export-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
