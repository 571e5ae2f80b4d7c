package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// unchecked opens a file as a large one, and leaves out the check in the
// background. The function check runs it.
func unchecked(t *testing.T, path string) (s *Store, check func(), err error) {
	t.Helper()
	s, err = open(path, false, time.Second)
	if err != nil {
		return nil, nil, err
	}
	run, err := s.prepareCheck()
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, run, nil
}

// TestSound_way damages a file, and looks for records before the check in the
// background is over. What is found is right, and what is not is reported.
func TestSound_way(t *testing.T) {
	good, want := sample(t)
	path := filepath.Join(t.TempDir(), "bonds.db")
	found, reported := 0, 0
	for i, bit := range flips(good) {
		if i%4 != 0 {
			continue
		}
		file := bytes.Clone(good)
		file[bit/8] ^= 1 << (bit % 8)
		write(t, path, file)
		if _, err := inspect(path, Options{VerifyLimit: -1}, time.Second); err != nil {
			wantCorrupt(t, path, err)
			continue
		}
		s, check, err := unchecked(t, path)
		if err != nil {
			t.Fatalf("bit %d of octet %#x: open: %v", bit%8, bit/8, err)
		}
		for n := 0; n < len(want.Bonds); n += 11 {
			b := want.Bonds[n]
			for _, address := range []bt.TypedAddress{b.Peer, b.OnAir} {
				got, err := s.Get(ours, address)
				if err != nil {
					var corrupt *bond.CorruptError
					if !errors.As(err, &corrupt) {
						t.Fatalf("bit %d of octet %#x: Get: %v", bit%8, bit/8, err)
					}
					reported++
					continue
				}
				found++
				if diff := quickDiff(b, got); diff != "" {
					t.Fatalf("bit %d of octet %#x: Get (-want +got):\n%s", bit%8, bit/8, diff)
				}
			}
		}
		check()
		if err := s.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		wantFile(t, path, file)
	}
	if found == 0 || reported == 0 {
		t.Errorf("%d bonds were found and %d reported as damaged, want some of both", found, reported)
	}
}

// TestSound_wait wants changes, and whatever reads many bonds, to wait for the
// check, and one bond to be found before.
func TestSound_wait(t *testing.T) {
	good, want := sample(t)
	path := filepath.Join(t.TempDir(), "bonds.db")
	for name, call := range map[string]func(*Store) error{
		"Put":         func(s *Store) error { return s.Put(bondWith(5)) },
		"PutIdentity": func(s *Store) error { return s.PutIdentity(want.Identities[0]) },
		"All":         func(s *Store) error { _, err := read(s); return err },
		"Resolve":     func(s *Store) error { _, err := s.Resolve(ours, private(irkOf(5), 1)); return err },
	} {
		t.Run(name, func(t *testing.T) {
			write(t, path, good)
			s, check, err := unchecked(t, path)
			if err != nil {
				t.Fatal(err)
			}
			called := make(chan error)
			go func() { called <- call(s) }()
			if b, err := s.Get(ours, want.Bonds[7].OnAir); err != nil || b.Peer != want.Bonds[7].Peer {
				t.Errorf("Get before the check: %v, %v", b.Peer, err)
			}
			if got, err := s.Attempts(ours, peer(7)); err != nil || !bytes.Equal(got, want.Attempts) {
				t.Errorf("Attempts before the check: %v, %v", got, err)
			}
			if got, err := s.Identities(); err != nil || len(got) != 1 {
				t.Errorf("Identities before the check: %d, %v", len(got), err)
			}
			select {
			case err := <-called:
				t.Errorf("%s did not wait for the check: %v", name, err)
			default:
			}
			check()
			if err := <-called; err != nil {
				t.Errorf("%s after the check: %v", name, err)
			}
			if err := errors.Join(s.Check(), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSound_closed closes a store whose check has just begun.
func TestSound_closed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	fill(t, path, 5_000)
	for range 20 {
		s := mustOpen(t, path, &Options{VerifyLimit: -1})
		put := make(chan error)
		go func() { put <- s.Put(bondWith(5)) }()
		if err := s.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		if err := <-put; err != nil && !errors.Is(err, os.ErrClosed) {
			t.Errorf("Put: %v, want nil or os.ErrClosed", err)
		}
		if _, err := s.Get(ours, peer(5)); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Get: %v, want os.ErrClosed", err)
		}
	}
}

// counter counts the octets that are read.
type counter struct {
	io.ReaderAt
	octets int
}

func (c *counter) ReadAt(b []byte, offset int64) (int, error) {
	c.octets += len(b)
	return c.ReaderAt.ReadAt(b, offset)
}

// TestOpen_constant wants Open to read as much of a file with very many bonds as
// of one with some.
func TestOpen_constant(t *testing.T) {
	dir := t.TempDir()
	var octets, allocations []string
	for _, count := range []int{1_000, 40_000} {
		path := filepath.Join(dir, fmt.Sprint(count))
		fill(t, path, count)
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		c := &counter{ReaderAt: f}
		header, err := readHeader(c, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		list := pageData(make([]byte, pageHeaderSize))
		if _, err := f.ReadAt(list, int64(header.freelist)*pageSize); err != nil {
			t.Fatal(err)
		}
		free := int(list.overflow()) * pageSize // grows with what was deleted, not with bonds
		if err := errors.Join(checkOutline(c, info.Size(), header), f.Close()); err != nil {
			t.Fatal(err)
		}
		octets = append(octets, fmt.Sprint(c.octets-free))
		allocations = append(allocations, fmt.Sprint(testing.AllocsPerRun(5, func() {
			if _, err := inspect(path, Options{VerifyLimit: DefaultVerifyLimit}, time.Second); err != nil {
				t.Fatal(err)
			}
		})))
	}
	t.Logf("%v octets, %v allocations", octets, allocations)
	if octets[0] != octets[1] {
		t.Errorf("Open reads %v octets of files with more and more bonds", octets)
	}
}
