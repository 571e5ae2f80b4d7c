package bondtest

import (
	"errors"
	"fmt"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
)

// wantResolved wants an address to be that of a peer, or nobody's where peer is
// zero.
func wantResolved(t *testing.T, s bond.Store, rpa, peer bt.TypedAddress, when string) {
	t.Helper()
	b, err := s.Resolve(local1, rpa)
	switch {
	case peer.IsZero() && !errors.Is(err, bond.ErrNotFound):
		t.Errorf("Resolve %s: %v, %v, want ErrNotFound", when, b.Peer, err)
	case !peer.IsZero() && (err != nil || b.Peer != peer):
		t.Errorf("Resolve %s: %v, %v, want %v", when, b.Peer, err, peer)
	}
}

// testResolveAgain asks for the same addresses again and again while bonds come
// and go: an answer of before may not outlive what it was true of.
func testResolveAgain(t *testing.T, suite *suite) {
	s := suite.open(t)
	rpa := func(n uint32) bt.TypedAddress { return privateAddress(key(100+n), [3]byte{byte(n), 0x12, 0x34}) }
	const peers = 60
	there := make(map[uint32]bool)
	wantAllResolved := func(when string) {
		t.Helper()
		for range 2 {
			for n := range uint32(peers) {
				var want bt.TypedAddress
				if there[n] {
					want = public(n + 1)
				}
				wantResolved(t, s, rpa(n), want, fmt.Sprintf("%s, peer %d", when, n))
			}
		}
	}
	wantAllResolved("of an empty store")
	for n := range uint32(peers) {
		put(t, s, withIRK(small(local1, public(n+1), n+1), key(100+n)))
		there[n] = true
	}
	wantAllResolved("after Put")
	for n := range uint32(peers) {
		if n%4 != 0 {
			if err := s.Delete(local1, public(n+1)); err != nil {
				t.Fatalf("Delete: %v", err)
			}
			delete(there, n)
		}
	}
	wantAllResolved("after Delete")

	put(t, s, withIRK(small(local1, public(1), 1), key(101))) // takes the IRK of peer 1
	wantResolved(t, s, rpa(0), bt.TypedAddress{}, "with the IRK of before")
	wantResolved(t, s, rpa(1), public(1), "with the new IRK")
	put(t, s, small(local1, public(1), 1))
	wantResolved(t, s, rpa(1), bt.TypedAddress{}, "of a bond that has no IRK any more")

	// The peer tells another identity, with the same IRK.
	moved := withIRK(withOnAir(small(local1, static(5), 5), public(5)), key(104))
	put(t, s, moved)
	wantResolved(t, s, rpa(4), static(5), "after the identity changed")
	s = suite.reopen(t, s)
	wantResolved(t, s, rpa(4), static(5), "of the store opened again")
}

// testConcurrentResolve has bonds come and go while others ask for them: each
// worker wants to see its own changes at once, and a bystander is always there.
func testConcurrentResolve(t *testing.T, suite *suite) {
	s := suite.open(t)
	const bystander = 900
	put(t, s, withIRK(small(local1, public(bystander), bystander), key(bystander)))
	parallel(func(worker uint32) {
		peer := public(worker + 1)
		for n := range uint32(12) {
			first, second := key(1000*(worker+1)+2*n), key(1000*(worker+1)+2*n+1)
			rpa := func(irk bt.Key) bt.TypedAddress { return privateAddress(irk, [3]byte{byte(n), 1, byte(worker)}) }
			wantResolved(t, s, rpa(first), bt.TypedAddress{}, "before Put")
			if err := s.Put(withIRK(small(local1, peer, n+1), first)); err != nil {
				t.Errorf("Put: %v", err)
			}
			wantResolved(t, s, rpa(first), peer, "after Put")
			if err := s.Put(withIRK(small(local1, peer, n+1), second)); err != nil {
				t.Errorf("Put: %v", err)
			}
			wantResolved(t, s, rpa(first), bt.TypedAddress{}, "with a replaced IRK")
			wantResolved(t, s, rpa(second), peer, "with the new IRK")
			if err := s.Delete(local1, peer); err != nil {
				t.Errorf("Delete: %v", err)
			}
			wantResolved(t, s, rpa(second), bt.TypedAddress{}, "after Delete")
			wantResolved(t, s, privateAddress(key(bystander), [3]byte{byte(n), byte(worker)}), public(bystander), "of a bond that stays")
		}
	})
	wantAll(t, suite.reopen(t, s), withIRK(small(local1, public(bystander), bystander), key(bystander)))
}
