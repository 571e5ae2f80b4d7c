package main

import (
	"errors"
	"fmt"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
)

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
		{"80:11:22:33:44:55", "[80:11:22:33:44:55/public]"},
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
