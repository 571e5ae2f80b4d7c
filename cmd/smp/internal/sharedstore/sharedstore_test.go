package sharedstore

import (
	"path/filepath"
	"sync"
	"testing"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bond/bondtest"
	"blesmp/bt"
)

func openTestStore(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStore(t *testing.T) {
	bondtest.Run(t, func(t *testing.T) bond.Store {
		return openTestStore(t, filepath.Join(t.TempDir(), "bonds.db"))
	})
}

// TestTwoStores has two stores on one file, as two commands have, each
// with its own changes.
func TestTwoStores(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	stores := [2]*Store{openTestStore(t, path), openTestStore(t, path)}
	var wait sync.WaitGroup
	for i, s := range stores {
		wait.Go(func() {
			for n := range 10 {
				identity := bond.LocalIdentity{Address: bt.TypedAddress{Address: bt.Address{byte(i), byte(n)}}}
				if identity.Address.IsZero() {
					identity.Address.Address[5] = 1
				}
				if err := s.PutIdentity(identity); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for i, s := range stores {
		if all, err := s.Identities(); err != nil || len(all) != 20 {
			t.Errorf("store %d has %d identities, want 20: %v", i, len(all), err)
		}
	}
}

// TestLetsOthers opens the file beside a store that was just used, and
// beside one that is closed.
func TestLetsOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	s := openTestStore(t, path)
	for range 2 {
		if _, err := s.Identities(); err != nil {
			t.Fatal(err)
		}
		other, err := boltstore.Open(path)
		if err != nil {
			t.Fatalf("the file is not free: %v", err)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range s.All() {
		if err := s.Close(); err != nil { // behind the loop
			t.Error(err)
		}
	}
}
