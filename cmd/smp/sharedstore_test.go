package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bond/bondtest"
	"blesmp/bt"
)

func openTestStore(t *testing.T, path string) *sharedStore {
	t.Helper()
	s, err := openShared(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSharedStore(t *testing.T) {
	bondtest.Run(t, func(t *testing.T) bond.Store {
		return openTestStore(t, filepath.Join(t.TempDir(), "bonds.db"))
	})
}

// TestSharedStoreShared has two stores on one file, as two commands have, each
// with its own changes.
func TestSharedStoreShared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	stores := [2]*sharedStore{openTestStore(t, path), openTestStore(t, path)}
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

// TestSharedStoreLetsOthers opens the file beside a store that was just used, and
// beside one that is closed.
func TestSharedStoreLetsOthers(t *testing.T) {
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

func TestKeeper(t *testing.T) {
	store := bond.NewMemory()
	k := newKeeper(store)
	identity := bt.TypedAddress{Address: bt.Address{1, 2, 3, 4, 5, 6}}
	first, ok, err := k.LocalIRK(identity)
	if err != nil || !ok || first.IsZero() {
		t.Fatalf("no IRK: %t, %v", ok, err)
	}
	if again, _, _ := newKeeper(store).LocalIRK(identity); !again.Equal(first) {
		t.Error("an IRK was made twice")
	}
	static, err := k.staticAddress()
	if err != nil || !(bt.TypedAddress{Type: bt.RandomAddress, Address: static}).IsStatic() {
		t.Fatalf("static address %v: %v", static, err)
	}
	if again, _ := newKeeper(store).staticAddress(); again != static {
		t.Errorf("static address %v, then %v", static, again)
	}
	broken := errors.New("disk is gone")
	k = newKeeper(brokenStore{store, broken})
	if _, ok, err := k.LocalIRK(bt.TypedAddress{Address: bt.Address{9}}); ok || !errors.Is(err, broken) {
		t.Errorf("IRK that could not be kept: %t, %v", ok, err)
	}
}

// brokenStore keeps no identity.
type brokenStore struct {
	bond.Store
	err error
}

func (b brokenStore) PutIdentity(bond.LocalIdentity) error { return b.err }

func TestParsePeer(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"C0:11:22:33:44:55", "[C0:11:22:33:44:55/random C0:11:22:33:44:55/public]"},
		{"40:11:22:33:44:55", "[40:11:22:33:44:55/random 40:11:22:33:44:55/public]"},
		{"00:11:22:33:44:55", "[00:11:22:33:44:55/public 00:11:22:33:44:55/random]"},
		{"C0:11:22:33:44:55/public", "[C0:11:22:33:44:55/public]"},
		{"c0:11:22:33:44:55/random", "[C0:11:22:33:44:55/random]"},
	} {
		got, err := parsePeer(test.text)
		if err != nil {
			t.Error(err)
		}
		if text := fmt.Sprint(got); text != test.want {
			t.Errorf("parsePeer(%q) = %s, want %s", test.text, text, test.want)
		}
	}
}
