package bondtest

import (
	"errors"
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

func testEmpty(t *testing.T, suite *suite) {
	s := suite.reopen(t, suite.open(t))
	wantAll(t, s)
	_, errGet := s.Get(local1, static(1))
	_, errResolve := s.Resolve(local1, privateAddress(key(1), [3]byte{1, 2, 3}))
	_, errReserve := s.ReserveSignCounter(local1, static(1), 1)
	for name, err := range map[string]error{
		"Get":                errGet,
		"Resolve":            errResolve,
		"Delete":             s.Delete(local1, static(1)),
		"ReserveSignCounter": errReserve,
		"AcceptSignCounter":  s.AcceptSignCounter(local1, static(1), 0),
		"DeleteIdentity":     s.DeleteIdentity(local1),
	} {
		if !errors.Is(err, bond.ErrNotFound) {
			t.Errorf("%s on an empty store: %v, want ErrNotFound", name, err)
		}
	}
	if identities, err := s.Identities(); err != nil || len(identities) != 0 {
		t.Errorf("Identities on an empty store: %d, %v", len(identities), err)
	}
	if state, err := s.Attempts(local1, static(1)); err != nil || state != nil {
		t.Errorf("Attempts on an empty store: %x, %v", state, err)
	}
}

func testRoundTrip(t *testing.T, suite *suite) {
	legacy := full(local1, public(1), static(1))
	short := small(local1, public(2), 2)
	short.KeySize = 7
	cut := bt.Key{9: 1, 15: 2}
	short.LocalLTK, short.PeerLTK = &bond.LongTermKey{Key: cut}, &bond.LongTermKey{Key: cut}
	onlyIRK := bond.Bond{Local: local1, Peer: public(3), KeySize: 16, PeerIRK: ptr(key(9))}
	onlyPeerLTK := bond.Bond{Local: local1, Peer: static(4), KeySize: 16, Model: 255, PeerLTK: &bond.LongTermKey{Key: key(8), EDIV: 1}}
	early := small(local1, static(5), 5)
	early.Created = time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
	for name, want := range map[string]bond.Bond{
		"every field": legacy, "short key": short, "only IRK": onlyIRK, "only peer LTK": onlyPeerLTK,
		"no time": small(local1, static(6), 6), "early time": early,
	} {
		t.Run(name, func(t *testing.T) {
			s := suite.open(t)
			put(t, s, want)
			wantBond(t, s, want.Local, want.Peer, want)
			s = suite.reopen(t, s)
			wantBond(t, s, want.Local, want.Peer, want)
			wantAll(t, s, want)
		})
	}
}

func testInvalid(t *testing.T, suite *suite) {
	s := suite.open(t)
	kept := small(local1, static(1), 1)
	put(t, s, kept)

	unresolved := small(local1, privateAddress(key(1), [3]byte{1, 2, 3}), 2)
	if err := s.Put(unresolved); !errors.Is(err, bond.ErrInvalid) {
		t.Errorf("Put of a bond with an unresolved private address: %v, want ErrInvalid", err)
	}
	if err := s.Put(withIRK(small(local1, static(2), 2), bt.Key{})); !errors.Is(err, bond.ErrInvalid) {
		t.Errorf("Put of a bond with a zero IRK: %v, want ErrInvalid", err)
	}
	worse := small(local1, static(1), 3)
	worse.KeySize = 6
	if err := s.Put(worse); !errors.Is(err, bond.ErrInvalid) {
		t.Errorf("Put of a bond with a key of 6 octets: %v, want ErrInvalid", err)
	}
	if err := s.PutIdentity(bond.LocalIdentity{Address: local1, IRK: &bt.Key{}}); !errors.Is(err, bond.ErrInvalid) {
		t.Errorf("PutIdentity with a zero IRK: %v, want ErrInvalid", err)
	}
	if err := s.PutAttempts(local1, static(1), make([]byte, bond.MaxAttemptsSize+1)); !errors.Is(err, bond.ErrInvalid) {
		t.Errorf("PutAttempts with %d octets: %v, want ErrInvalid", bond.MaxAttemptsSize+1, err)
	}
	wantAll(t, suite.reopen(t, s), kept)
}

func testBothAddresses(t *testing.T, suite *suite) {
	s := suite.open(t)
	want := full(local1, public(1), static(1))
	other := full(local1, public(2), static(2))
	put(t, s, want, other)
	s = suite.reopen(t, s)
	wantBond(t, s, local1, public(1), want)
	wantBond(t, s, local1, static(1), want)
	wantBond(t, s, local1, static(2), other)

	// The same octets with the other type are another address.
	swapped := static(1)
	swapped.Type = bt.PublicAddress
	if _, err := s.Get(local1, swapped); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("Get(%v): %v, want ErrNotFound", swapped, err)
	}
}

func testOneBondAnAddress(t *testing.T, suite *suite) {
	bystander := small(local1, public(9), 9)
	for name, test := range map[string]struct{ old, next bond.Bond }{
		"identity learned": {
			small(local1, static(1), 1), withOnAir(small(local1, public(1), 2), static(1)),
		},
		"identity not distributed again": {
			withOnAir(small(local1, public(1), 1), static(1)), small(local1, static(1), 2),
		},
		"another identity behind the on-air address": {
			withOnAir(small(local1, public(1), 1), static(1)), withOnAir(small(local1, public(2), 2), static(1)),
		},
		"another on-air address": {
			withOnAir(small(local1, public(1), 1), static(1)), withOnAir(small(local1, public(1), 2), static(2)),
		},
		"no on-air address any more": {
			withOnAir(small(local1, public(1), 1), static(1)), small(local1, public(1), 2),
		},
		"the addresses swapped": {
			withOnAir(small(local1, public(1), 1), static(1)), withOnAir(small(local1, static(1), 2), public(1)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := suite.open(t)
			put(t, s, test.old, bystander)
			put(t, s, test.next)
			s = suite.reopen(t, s)
			want := []bond.Bond{test.next, bystander}
			if test.next.Peer.Type == bt.RandomAddress {
				want = []bond.Bond{bystander, test.next}
			}
			wantAll(t, s, want...)
			for _, address := range []bt.TypedAddress{test.old.Peer, test.old.OnAir} {
				got, err := s.Get(local1, address)
				if address == test.next.Peer || address == test.next.OnAir {
					if diff := diffBonds(test.next, got); err != nil || diff != "" {
						t.Errorf("Get(%v): %v (-want +got):\n%s", address, err, diff)
					}
				} else if !errors.Is(err, bond.ErrNotFound) {
					t.Errorf("Get(%v): %v, want ErrNotFound", address, err)
				}
			}
		})
	}

	t.Run("two old bonds at once", func(t *testing.T) {
		s := suite.open(t)
		put(t, s, small(local1, static(1), 1), small(local1, public(1), 2), bystander)
		next := withOnAir(small(local1, public(1), 3), static(1))
		put(t, s, next)
		wantAll(t, suite.reopen(t, s), next, bystander)
	})
}

func testReplace(t *testing.T, suite *suite) {
	s := suite.open(t)
	put(t, s, full(local1, public(1), static(1)))
	want := small(local1, public(1), 42)
	put(t, s, want)
	wantAll(t, s, want)
	wantAll(t, suite.reopen(t, s), want)
}

func testPutIsOneStep(t *testing.T, suite *suite) {
	s := suite.open(t)
	old := full(local1, public(1), static(1))
	put(t, s, old)
	invalid := small(local1, public(3), 3)
	invalid.PeerLTK = nil
	err := s.Put(small(local1, public(1), 1), small(local1, public(2), 2), invalid)
	if !errors.Is(err, bond.ErrInvalid) {
		t.Fatalf("Put: %v, want ErrInvalid", err)
	}
	s = suite.reopen(t, s)
	wantAll(t, s, old)
	put(t, s)
	wantAll(t, s, old)
}

func testDelete(t *testing.T, suite *suite) {
	for name, address := range map[string]bt.TypedAddress{"by identity": public(1), "by on-air address": static(1)} {
		t.Run(name, func(t *testing.T) {
			s := suite.open(t)
			gone := full(local1, public(1), static(1))
			kept := full(local1, public(2), static(2))
			kept.PeerIRK = ptr(key(33))
			put(t, s, gone, kept)
			if err := s.Delete(local1, address); err != nil {
				t.Fatalf("Delete: %v", err)
			}
			if err := s.Delete(local1, address); !errors.Is(err, bond.ErrNotFound) {
				t.Errorf("second Delete: %v, want ErrNotFound", err)
			}
			s = suite.reopen(t, s)
			wantAll(t, s, kept)
			for _, address := range []bt.TypedAddress{public(1), static(1)} {
				if _, err := s.Get(local1, address); !errors.Is(err, bond.ErrNotFound) {
					t.Errorf("Get(%v) after Delete: %v, want ErrNotFound", address, err)
				}
			}
			if _, err := s.Resolve(local1, privateAddress(*gone.PeerIRK, [3]byte{1, 2, 3})); !errors.Is(err, bond.ErrNotFound) {
				t.Errorf("Resolve after Delete: %v, want ErrNotFound", err)
			}
		})
	}
}

func testAll(t *testing.T, suite *suite) {
	s := suite.open(t)
	var want []bond.Bond
	for _, local := range []bt.TypedAddress{local1, local2} {
		for n := range uint32(150) {
			want = append(want, small(local, public(n+1), n+1))
		}
		for n := range uint32(150) {
			want = append(want, small(local, static(n), 1000+n))
		}
	}
	mixed := make([]bond.Bond, len(want))
	for i, b := range want {
		mixed[i*7%len(want)] = b // 7 and 600 have no common factor
	}
	put(t, s, mixed...)
	wantAll(t, s, want...)
	s = suite.reopen(t, s)
	wantAll(t, s, want...)
	seen := 0
	for range s.All() {
		if seen++; seen == 3 {
			break
		}
	}
	if seen != 3 {
		t.Errorf("All went on after break: %d", seen)
	}
}

func testAllMayCallStore(t *testing.T, suite *suite) {
	s := suite.open(t)
	var bonds []bond.Bond
	for n := range uint32(100) {
		bonds = append(bonds, small(local1, public(n+1), n+1))
	}
	put(t, s, bonds...)
	all := s.All()
	for b, err := range all {
		if err != nil {
			t.Fatalf("All: %v", err)
		}
		if err := s.Delete(b.Local, b.Peer); err != nil {
			t.Fatalf("Delete in the loop: %v", err)
		}
	}
	wantAll(t, s)
	put(t, s, bonds[0])
	count := 0
	for range all {
		count++
	}
	if count != 1 {
		t.Errorf("second loop over the same All: %d bonds, want 1", count)
	}
}

func testLocalIdentitiesApart(t *testing.T, suite *suite) {
	s := suite.open(t)
	one := withIRK(withOnAir(small(local1, public(1), 1), static(1)), key(11))
	two := withIRK(withOnAir(small(local2, public(1), 2), static(1)), key(12))
	put(t, s, one, two)
	s = suite.reopen(t, s)
	for _, want := range []bond.Bond{one, two} {
		wantBond(t, s, want.Local, public(1), want)
		wantBond(t, s, want.Local, static(1), want)
	}
	if _, err := s.Resolve(local1, privateAddress(key(12), [3]byte{1, 2, 3})); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("Resolve with the IRK of another identity's bond: %v, want ErrNotFound", err)
	}
	if err := s.Delete(local1, static(1)); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	wantAll(t, s, two)
	wantBond(t, s, local2, static(1), two)
}

func testCopies(t *testing.T, suite *suite) {
	s := suite.open(t)
	want := full(local1, public(1), static(1))
	given := want.Clone()
	put(t, s, given)
	spoil := func(b bond.Bond) {
		b.LocalLTK.EDIV++
		b.PeerLTK.Key[3]++
		for _, k := range []*bt.Key{b.PeerIRK, b.LocalCSRK, b.PeerCSRK, b.LinkKey} {
			k[0]++
		}
	}
	spoil(given)
	wantBond(t, s, local1, public(1), want)
	got, err := s.Get(local1, public(1))
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	spoil(got)
	for b := range s.All() {
		spoil(b)
	}
	if got, err = s.Resolve(local1, privateAddress(*want.PeerIRK, [3]byte{1, 2, 3})); err != nil {
		t.Fatalf("Resolve: %v", err)
	}
	spoil(got)
	wantBond(t, s, local1, public(1), want)

	irk := key(7)
	if err := s.PutIdentity(bond.LocalIdentity{Address: local1, IRK: &irk}); err != nil {
		t.Fatalf("PutIdentity: %v", err)
	}
	irk[0]++
	for range 2 {
		identities, err := s.Identities()
		if err != nil || len(identities) != 1 || !identities[0].IRK.Equal(key(7)) {
			t.Fatalf("Identities: the IRK is shared with a caller (%d identities, %v)", len(identities), err)
		}
		identities[0].IRK[0]++
	}

	state := []byte{1, 2, 3}
	if err := s.PutAttempts(local1, static(1), state); err != nil {
		t.Fatalf("PutAttempts: %v", err)
	}
	state[0]++
	for range 2 {
		got, err := s.Attempts(local1, static(1))
		if err != nil || len(got) != 3 || got[0] != 1 {
			t.Fatalf("Attempts: %x, %v; the state is shared with a caller", got, err)
		}
		got[0]++
	}
}

func testResolve(t *testing.T, suite *suite) {
	s := suite.open(t)
	var bonds []bond.Bond
	for n := range uint32(50) {
		bonds = append(bonds, withIRK(small(local1, public(n+1), n+1), key(100+n)))
	}
	bonds = append(bonds, small(local1, static(1), 99))
	put(t, s, bonds...)
	s = suite.reopen(t, s)
	for n := range uint32(50) {
		rpa := privateAddress(key(100+n), [3]byte{byte(n), 0x55, 0xAA})
		got, err := s.Resolve(local1, rpa)
		if err != nil {
			t.Fatalf("Resolve(%v): %v", rpa, err)
		}
		if diff := diffBonds(bonds[n], got); diff != "" {
			t.Fatalf("Resolve(%v) (-want +got):\n%s", rpa, diff)
		}
		rpa.Address[5] ^= 1
		if _, err := s.Resolve(local1, rpa); !errors.Is(err, bond.ErrNotFound) {
			t.Errorf("Resolve of a wrong hash: %v, want ErrNotFound", err)
		}
	}
	for name, address := range map[string]bt.TypedAddress{
		"zero IRK":        privateAddress(bt.Key{}, [3]byte{1, 2, 3}),
		"unknown IRK":     privateAddress(key(999), [3]byte{1, 2, 3}),
		"a bond's public": public(1),
		"a bond's static": static(1),
		"no address":      {},
	} {
		if _, err := s.Resolve(local1, address); !errors.Is(err, bond.ErrNotFound) {
			t.Errorf("Resolve of %s address %v: %v, want ErrNotFound", name, address, err)
		}
	}

	// A new bond brings a new IRK, and the old one is of no use any more.
	put(t, s, withIRK(small(local1, public(1), 1), key(500)))
	if _, err := s.Resolve(local1, privateAddress(key(100), [3]byte{1, 2, 3})); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("Resolve with a replaced IRK: %v, want ErrNotFound", err)
	}
	if b, err := s.Resolve(local1, privateAddress(key(500), [3]byte{1, 2, 3})); err != nil || b.Peer != public(1) {
		t.Errorf("Resolve with the new IRK: %v, %v", b.Peer, err)
	}
}
