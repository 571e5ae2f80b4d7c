//go:build unix

package boltstore

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOpen_permissions(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "bonds.db")
	s := mustOpen(t, path, nil)
	if err := errors.Join(s.Put(bondWith(1)), s.Close()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("new file: %v, %v, want mode 0600", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o601, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := openWith(path, nil); !errors.Is(err, ErrPermissions) {
			t.Errorf("Open with mode %04o: %v, want ErrPermissions", mode, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("Open changed mode %04o to %v, %v", mode, info.Mode(), err)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, path, nil)
}

func TestOpen_fifo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := openWith(path, nil)
	wantCorrupt(t, path, err)
}

// TestTruncatedInUse cuts the file under an open store. Reading it then is a
// fault, not an error.
func TestTruncatedInUse(t *testing.T) {
	good, _ := sample(t)
	for _, size := range []int64{0, pageSize, 3 * pageSize} {
		for name, call := range map[string]func(*Store) error{
			"Get":     func(s *Store) error { _, err := s.Get(ours, peer(5)); return err },
			"Put":     func(s *Store) error { return s.Put(bondWith(5)) },
			"All":     func(s *Store) error { _, err := read(s); return err },
			"Resolve": func(s *Store) error { _, err := s.Resolve(ours, addressOf(t, "40:00:00:00:00:01/random")); return err },
		} {
			path := filepath.Join(t.TempDir(), "bonds.db")
			write(t, path, good)
			s := mustOpen(t, path, nil)
			if err := os.Truncate(path, size); err != nil {
				t.Fatal(err)
			}
			first := call(s)
			wantCorrupt(t, path, first)
			wantCorrupt(t, path, call(s))
			_, err := s.Get(ours, peer(7))
			wantCorrupt(t, path, err)
			wantFile(t, path, good[:size])
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Errorf("%s, %d octets: Close: %v", name, size, err)
			}
			_, err = openWith(path, &Options{Timeout: -1})
			wantCorrupt(t, path, err) // and not ErrLocked
		}
	}
}
