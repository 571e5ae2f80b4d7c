package boltstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bond/bondtest"
	"blesmp/bt"
)

// The bonds of most tests; ours is their local identity.
var (
	bondWith = bondtest.Bond
	ours     = bondWith(0).Local
	peer     = bondtest.Peer
	irkOf    = bondtest.IRK
	private  = bondtest.PrivateAddress
)

// contents is all that a store can be asked for.
type contents struct {
	Bonds      []bond.Bond
	Identities []bond.LocalIdentity
	Attempts   []byte
}

const sampleBonds = 120

// sample makes a file with several pages in use and some free, and says what is
// in it.
func sample(t testing.TB) (file []byte, want contents) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sample.db")
	s := mustOpen(t, path, nil)
	var all []bond.Bond
	for n := range sampleBonds {
		all = append(all, bondWith(n))
	}
	want = contents{
		Bonds:      all,
		Identities: []bond.LocalIdentity{{Address: ours, IRK: all[1].PeerIRK}},
		Attempts:   []byte{1, 2, 3},
	}
	for _, do := range []func() error{
		func() error { return s.Put(append(all, bondWith(1000), bondWith(1001))...) },
		func() error { return s.Delete(ours, peer(1000)) },
		func() error { return s.Delete(ours, peer(1001)) },
		func() error { return s.PutIdentity(want.Identities[0]) },
		func() error { return s.PutAttempts(ours, peer(7), want.Attempts) },
		s.Check,
		s.Close,
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file, want
}

func mustOpen(t testing.TB, path string, o *Options) *Store {
	t.Helper()
	s, err := openWith(path, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func read(s *Store) (c contents, err error) {
	for b, err := range s.All() {
		if err != nil {
			return c, err
		}
		c.Bonds = append(c.Bonds, b)
	}
	if c.Identities, err = s.Identities(); err != nil {
		return c, err
	}
	c.Attempts, err = s.Attempts(ours, peer(7))
	return c, err
}

// wantContents wants a store to hold exactly this, and every bond to be found
// by both addresses.
func wantContents(t *testing.T, s *Store, want contents) {
	t.Helper()
	got, err := read(s)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("contents (-want +got):\n%s", diff)
	}
	for _, b := range want.Bonds {
		for _, address := range []bt.TypedAddress{b.Peer, b.OnAir} {
			if got, err := s.Get(b.Local, address); err != nil || got.Peer != b.Peer {
				t.Fatalf("Get(%v): %v, %v", address, got.Peer, err)
			}
		}
	}
}

// quickDiff is cmp.Diff for the tests that compare the same thousands of times.
func quickDiff(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// write makes a file be this. It does not cut the file first, for which some
// file systems wait for the disk.
func write(t testing.TB, path string, file []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(file, 0)
	if err := errors.Join(err, f.Truncate(int64(len(file))), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// wantFile wants a file to be this, octet for octet.
func wantFile(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("the file was changed: %d octets before, %d after", len(want), len(got))
	}
}

// wantCorrupt wants a CorruptError that names the file and says what to do.
func wantCorrupt(t *testing.T, path string, err error) *bond.CorruptError {
	t.Helper()
	var corrupt *bond.CorruptError
	if !errors.As(err, &corrupt) {
		t.Fatalf("got %v, want a CorruptError", err)
	}
	if corrupt.File != path || corrupt.Err == nil || corrupt.Advice == "" {
		t.Fatalf("CorruptError without file, finding or advice: %+v", corrupt)
	}
	return corrupt
}
