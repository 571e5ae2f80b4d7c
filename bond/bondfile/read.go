package bondfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"blesmp/bond"
	"blesmp/bt"
)

// mostOctets is the size of the largest file that is read.
const mostOctets = 16 << 20

// Options says how to read what a file itself does not tell. The zero Options
// is good for whole folders.
type Options struct {
	// Format is that of the file; empty to find it out.
	Format Format

	// Local and Peer are the addresses of a bond whose file does not stand in
	// its folders. Local counts for every file where it is set: BlueZ does not
	// say of which type our address is.
	Local, Peer bt.TypedAddress

	// MinKeySize refuses bonds whose keys have fewer octets; 0 takes all.
	MinKeySize int
}

// Read reads a file, or a folder with files, and what it returns holds
// together: every bond and identity is valid, and no address has two. It changes
// nothing. What is wrong is an *Error, or the error of the file system.
//
// A folder may be that of one peer, of one own address, or the whole storage
// directory of BlueZ or ble-host. Devices without LE keys, and bonds with an
// address that is nobody's identity, are left out and told in Set.Skipped.
func Read(path string, o Options) (*Set, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("bondfile: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("bondfile: %w", err)
	}
	r := &reader{Options: o}
	if info.IsDir() {
		err = r.folder(path, absolute)
	} else {
		err = r.file(path, absolute)
	}
	if err != nil {
		return nil, err
	}
	return r.set(o.MinKeySize)
}

// reader reads files into a collection.
type reader struct {
	Options
	collection
}

// folder reads every file in it that is named as one of BlueZ or ble-host.
func (r *reader) folder(shown, absolute string) error {
	found := 0
	err := filepath.WalkDir(absolute, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("bondfile: %w", err)
		}
		if !entry.Type().IsRegular() || formatOfName(entry.Name()) == "" {
			return nil
		}
		if r.Format != "" && r.Format != formatOfName(entry.Name()) {
			return nil
		}
		found++
		name := path
		if rest, err := filepath.Rel(absolute, path); err == nil {
			name = filepath.Join(shown, rest)
		}
		err = r.file(name, path)
		var wrong *Error
		if errors.As(err, &wrong) && (noKeys(err) || nobodys(wrong)) {
			r.skipped = append(r.skipped, fmt.Sprintf("%s: %s", name, wrong.Problem))
			return nil
		}
		return err
	})
	if err == nil && found == 0 {
		return &Error{File: shown, Problem: "no file named info, identity or keys.json in this folder", Remedy: "name the file, or the folder that BlueZ or ble-host keeps its bonds in"}
	}
	return err
}

// errNobodys marks a bond whose peer has a private address: no host could use
// it on another link.
var errNobodys = errors.New("nobody's identity")

func nobodys(err *Error) bool { return errors.Is(err, errNobodys) }

// formatOfName knows the names that the other stacks give their files.
func formatOfName(name string) Format {
	switch name {
	case "info", "identity":
		return BlueZ
	case "keys.json":
		return BLEHost
	}
	return ""
}

// file reads one file. The folders of its absolute path give the addresses.
func (r *reader) file(name, absolute string) error {
	data, err := readFile(name, absolute)
	if err != nil {
		return err
	}
	switch r.formatOf(filepath.Base(absolute), data) {
	case BlueZ:
		return r.bluez(name, absolute, data)
	case BLEHost:
		return r.blehost(name, absolute, data)
	case JSON:
		return r.json(name, data)
	}
	return &Error{File: name, Problem: "not a file of bonds in a format that is known", Remedy: "choose another file, or name its format: json, bluez or ble-host"}
}

func readFile(name, absolute string) ([]byte, error) {
	f, err := os.Open(absolute)
	if err != nil {
		return nil, fmt.Errorf("bondfile: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, mostOctets+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("bondfile: %w", err)
	}
	if len(data) > mostOctets {
		return nil, &Error{File: name, Problem: fmt.Sprintf("more than %d octets, no file of bonds has that many", mostOctets), Remedy: "choose another file"}
	}
	return data, nil
}

var marks = regexp.MustCompile(`"format"\s*:|"(localLtk|peerLtk|irk)"\s*:`)

// formatOf goes by the options, then the name, then what the file begins with.
func (r *reader) formatOf(base string, data []byte) Format {
	if r.Format != "" {
		return r.Format
	}
	if f := formatOfName(base); f != "" {
		return f
	}
	text := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case len(text) == 0:
	case text[0] == '[' || text[0] == '#':
		return BlueZ
	case text[0] == '{':
		mark := marks.FindSubmatch(text)
		if len(mark) == 2 && len(mark[1]) > 0 {
			return BLEHost
		}
		return JSON
	}
	return ""
}

// bluez reads ADAPTER/PEER/info or ADAPTER/identity.
func (r *reader) bluez(name, absolute string, data []byte) error {
	const remedy = "name the addresses yourself (--local, --peer), or copy the file together with its folders"
	parent := filepath.Dir(absolute)
	if filepath.Base(absolute) == "identity" {
		local, ok := r.Local, !r.Local.IsZero()
		if !ok {
			local.Address, ok = folderAddress(parent)
		}
		if !ok {
			return &Error{File: name, Problem: "the folder of the file is not named by our address", Remedy: remedy}
		}
		l, err := ParseBlueZIdentity(name, data, local)
		if err != nil {
			return err
		}
		r.identities = append(r.identities, origin[bond.LocalIdentity]{place{name, 1}, l})
		return nil
	}
	peer, ok := r.Peer.Address, !r.Peer.IsZero()
	if !ok {
		peer, ok = folderAddress(parent)
	}
	local, localOK := r.Local, !r.Local.IsZero()
	if !localOK {
		local.Address, localOK = folderAddress(filepath.Dir(parent))
	}
	if !ok || !localOK {
		return &Error{File: name, Problem: "the folders of the file are not named by our address and the peer's", Remedy: remedy}
	}
	b, err := ParseBlueZ(name, data, local, peer)
	if err != nil {
		return err
	}
	if !r.Peer.IsZero() && b.Peer.Type != r.Peer.Type {
		return &Error{File: name, Problem: fmt.Sprintf("the file says that the peer's address is %v, not %v", b.Peer.Type, r.Peer.Type), Remedy: "give the peer's address with its right type"}
	}
	r.bonds = append(r.bonds, origin[bond.Bond]{place{name, 1}, b})
	return nil
}

// folderAddress reads the name of a folder.
func folderAddress(path string) (bt.Address, bool) {
	a, err := bt.ParseAddress(filepath.Base(path))
	return a, err == nil
}

// blehost reads OWN/bonds/PEER/keys.json.
func (r *reader) blehost(name, absolute string, data []byte) error {
	parent := filepath.Dir(absolute)
	peer, ok := r.Peer, !r.Peer.IsZero()
	if !ok {
		peer, ok = parseBLEHostFolder(filepath.Base(parent))
	}
	bonds := filepath.Dir(parent)
	local, localOK := r.Local, !r.Local.IsZero()
	if !localOK {
		local, localOK = parseBLEHostFolder(filepath.Base(filepath.Dir(bonds)))
		localOK = localOK && filepath.Base(bonds) == "bonds"
	}
	if !ok || !localOK {
		return &Error{File: name, Problem: "the folders of the file are not OWN/bonds/PEER with addresses such as 01-C0-11-22-33-44-55", Remedy: "name the addresses yourself (--local, --peer), or copy the file together with its folders"}
	}
	if !peer.IsIdentity() {
		return &Error{File: name, Err: errNobodys, Problem: fmt.Sprintf("the peer's address %v is private and will not come back", peer), Remedy: "pair again with a peer that distributes its identity"}
	}
	b, err := ParseBLEHost(name, data, local, peer)
	if err != nil {
		return err
	}
	r.bonds = append(r.bonds, origin[bond.Bond]{place{name, 1}, b})
	return nil
}
