package bondtest_test

import (
	"fmt"
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

// Bonds without end, of which each has its own peer and IRK.
func ExampleBond() {
	store := bond.NewMemory()
	for n := range 1000 {
		if err := store.Put(bondtest.Bond(n)); err != nil {
			fmt.Println(err)
			return
		}
	}
	b, err := store.Resolve(bondtest.Bond(0).Local, bondtest.PrivateAddress(bondtest.IRK(700), 1))
	fmt.Println(b.Peer == bondtest.Peer(700), err)
	// Output: true <nil>
}
