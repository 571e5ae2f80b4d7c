package bondtest_test

import (
	"path/filepath"
	"testing"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bond/bondtest"
)

// The whole test of a Store of your own. Reopen is for one that is meant to last.
func ExampleRun() {
	paths := map[bond.Store]string{}
	open := func(t *testing.T, path string) bond.Store {
		store, err := boltstore.Open(path) // yours
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		paths[store] = path
		return store
	}
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		bondtest.Run(t,
			func(t *testing.T) bond.Store { return open(t, filepath.Join(t.TempDir(), "bonds.db")) },
			bondtest.Reopen(func(t *testing.T, s bond.Store) bond.Store {
				if err := s.(*boltstore.Store).Close(); err != nil {
					t.Fatal(err)
				}
				return open(t, paths[s])
			}))
	}
}
