package boltstore_test

import (
	"path/filepath"
	"sync"
	"testing"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bond/bondtest"
)

func TestStore(t *testing.T) {
	var paths sync.Map // of the open stores
	open := func(t *testing.T, path string) bond.Store {
		t.Helper()
		s, err := boltstore.Open(path)
		if err != nil {
			t.Fatalf("Open: %v", err)
		}
		paths.Store(bond.Store(s), path)
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		return s
	}
	bondtest.Run(t,
		func(t *testing.T) bond.Store { return open(t, filepath.Join(t.TempDir(), "bonds.db")) },
		bondtest.Reopen(func(t *testing.T, s bond.Store) bond.Store {
			t.Helper()
			if err := s.(*boltstore.Store).Check(); err != nil {
				t.Fatalf("Check: %v", err)
			}
			if err := s.(*boltstore.Store).Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			path, _ := paths.Load(s)
			return open(t, path.(string))
		}))
}
