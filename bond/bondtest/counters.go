package bondtest

import (
	"errors"
	"math"
	"testing"

	"blesmp/bond"
)

func reserve(t *testing.T, s bond.Store, n, want uint32) {
	t.Helper()
	first, err := s.ReserveSignCounter(local1, static(1), n)
	if err != nil {
		t.Fatalf("ReserveSignCounter(%d): %v", n, err)
	}
	if first != want {
		t.Fatalf("ReserveSignCounter(%d): first %d, want %d", n, first, want)
	}
}

func testSignCounters(t *testing.T, suite *suite) {
	s := suite.open(t)
	want := withCSRKs(withOnAir(small(local1, public(1), 1), static(1)), key(1), key(2))
	put(t, s, want)
	reserve(t, s, 1, 0)
	reserve(t, s, 10, 1)
	s = suite.reopen(t, s)
	reserve(t, s, 1, 11)
	if _, err := s.ReserveSignCounter(local1, public(1), 0); !errors.Is(err, bond.ErrSignCounter) {
		t.Errorf("ReserveSignCounter of none: %v, want ErrSignCounter", err)
	}

	accept := func(counter uint32, ok bool) {
		t.Helper()
		err := s.AcceptSignCounter(local1, public(1), counter)
		if ok && err != nil || !ok && !errors.Is(err, bond.ErrSignCounter) {
			t.Errorf("AcceptSignCounter(%d): %v, want accepted: %t", counter, err, ok)
		}
	}
	accept(0, true)
	accept(0, false)
	accept(5, true)
	accept(4, false)
	s = suite.reopen(t, s)
	accept(5, false)
	accept(6, true)
	want.LocalSignCounter, want.PeerSignCounter = 12, 7
	wantBond(t, s, local1, static(1), want)

	unsigned := small(local2, static(2), 2)
	put(t, s, unsigned)
	if _, err := s.ReserveSignCounter(local2, static(2), 1); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("ReserveSignCounter without a CSRK: %v, want ErrNotFound", err)
	}
	if err := s.AcceptSignCounter(local2, static(2), 1); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("AcceptSignCounter without a CSRK: %v, want ErrNotFound", err)
	}
	wantBond(t, s, local2, static(2), unsigned)
}

func testSignCountersEnd(t *testing.T, suite *suite) {
	s := suite.open(t)
	b := withCSRKs(small(local1, static(1), 1), key(1), key(2))
	b.LocalSignCounter = math.MaxUint32 - 2
	put(t, s, b)
	if _, err := s.ReserveSignCounter(local1, static(1), 3); !errors.Is(err, bond.ErrSignCounter) {
		t.Errorf("ReserveSignCounter of more than are left: %v, want ErrSignCounter", err)
	}
	reserve(t, s, 2, math.MaxUint32-2)
	s = suite.reopen(t, s)
	for range 2 {
		if _, err := s.ReserveSignCounter(local1, static(1), 1); !errors.Is(err, bond.ErrSignCounter) {
			t.Errorf("ReserveSignCounter at the end: %v, want ErrSignCounter", err)
		}
	}
	if err := s.AcceptSignCounter(local1, static(1), math.MaxUint32); !errors.Is(err, bond.ErrSignCounter) {
		t.Errorf("AcceptSignCounter of the last value: %v, want ErrSignCounter", err)
	}
	if err := s.AcceptSignCounter(local1, static(1), math.MaxUint32-1); err != nil {
		t.Errorf("AcceptSignCounter of the last but one: %v", err)
	}
	if err := s.AcceptSignCounter(local1, static(1), 0); !errors.Is(err, bond.ErrSignCounter) {
		t.Errorf("AcceptSignCounter after the end: %v, want ErrSignCounter", err)
	}
}

func testSignCountersKept(t *testing.T, suite *suite) {
	s := suite.open(t)
	put(t, s, withCSRKs(small(local1, static(1), 1), key(1), key(2)))
	stale, err := s.Get(local1, static(1))
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	reserve(t, s, 5, 0)
	if err := s.AcceptSignCounter(local1, static(1), 8); err != nil {
		t.Fatalf("AcceptSignCounter: %v", err)
	}
	put(t, s, stale)
	s = suite.reopen(t, s)
	reserve(t, s, 1, 5)
	if err := s.AcceptSignCounter(local1, static(1), 8); !errors.Is(err, bond.ErrSignCounter) {
		t.Errorf("AcceptSignCounter after an old bond was written back: %v, want ErrSignCounter", err)
	}

	// The same keys under another identity keep their counters as well.
	moved := withCSRKs(withOnAir(small(local1, public(1), 2), static(1)), key(1), key(2))
	put(t, s, moved)
	reserve(t, s, 1, 6)

	// New keys start again.
	put(t, s, withCSRKs(withOnAir(small(local1, public(1), 2), static(1)), key(3), key(4)))
	reserve(t, s, 1, 0)
	if err := s.AcceptSignCounter(local1, static(1), 0); err != nil {
		t.Errorf("AcceptSignCounter with a new key: %v", err)
	}
}
