package bondtest

import (
	"errors"
	"sync"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
)

const workers = 4

// parallel runs f in several goroutines and waits for them.
func parallel(f func(worker uint32)) {
	var wg sync.WaitGroup
	for worker := range uint32(workers) {
		wg.Go(func() { f(worker) })
	}
	wg.Wait()
}

func testConcurrentCounters(t *testing.T, suite *suite) {
	s := suite.open(t)
	put(t, s, withCSRKs(small(local1, static(1), 1), key(1), key(2)))
	const each = 25
	var mu sync.Mutex
	given := make(map[uint32]bool)
	accepted := make(map[uint32]int)
	parallel(func(uint32) {
		for n := range uint32(each) {
			first, err := s.ReserveSignCounter(local1, static(1), 2)
			if err != nil {
				t.Errorf("ReserveSignCounter: %v", err)
				return
			}
			err = s.AcceptSignCounter(local1, static(1), n)
			if err != nil && !errors.Is(err, bond.ErrSignCounter) {
				t.Errorf("AcceptSignCounter: %v", err)
			}
			mu.Lock()
			if given[first] || given[first+1] {
				t.Errorf("counter %d was given twice", first)
			}
			given[first], given[first+1] = true, true
			if err == nil {
				accepted[n]++
			}
			mu.Unlock()
		}
	})
	b, err := suite.reopen(t, s).Get(local1, static(1))
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	if want := uint32(2 * each * workers); b.LocalSignCounter != want || len(given) != int(want) {
		t.Errorf("LocalSignCounter %d after %d different values, want %d of both", b.LocalSignCounter, len(given), want)
	}
	for counter, count := range accepted {
		if count != 1 {
			t.Errorf("counter %d was accepted %d times", counter, count)
		}
	}
	if b.PeerSignCounter != each {
		t.Errorf("PeerSignCounter %d, want %d", b.PeerSignCounter, each)
	}
}

// testConcurrentReplace has bonds of one peer replace each other, and wants
// every reader to see one of them whole, by either address.
func testConcurrentReplace(t *testing.T, suite *suite) {
	s := suite.open(t)
	version := func(n uint32) bond.Bond {
		return withIRK(withOnAir(small(local1, public(1), n+1), static(1)), key(n+1))
	}
	put(t, s, version(0))
	parallel(func(worker uint32) {
		for n := range uint32(20) {
			if worker == 0 {
				if err := s.Put(version(n)); err != nil {
					t.Errorf("Put: %v", err)
				}
				continue
			}
			b, err := s.Get(local1, []bt.TypedAddress{public(1), static(1)}[n%2])
			if err != nil {
				t.Errorf("Get: %v", err)
				continue
			}
			if !b.LocalLTK.Key.Equal(*b.PeerIRK) || !b.PeerLTK.Key.Equal(*b.PeerIRK) {
				t.Errorf("Get: keys of two bonds in one")
			}
		}
	})
	wantAll(t, suite.reopen(t, s), version(19))
}

func testConcurrentMix(t *testing.T, suite *suite) {
	s := suite.open(t)
	check := func(what string, err error) {
		if err != nil && !errors.Is(err, bond.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	irk := key(77)
	rpa := privateAddress(irk, [3]byte{1, 2, 3})
	put(t, s, withIRK(small(local2, public(1), 1), irk))
	parallel(func(worker uint32) {
		for n := range uint32(10) {
			peer := public(n + 1)
			check("Put", s.Put(withCSRKs(withOnAir(small(local1, peer, n+1), static(n+1)), key(1), key(2))))
			_, err := s.Get(local1, static(n+1))
			check("Get", err)
			_, err = s.ReserveSignCounter(local1, peer, 1)
			check("ReserveSignCounter", err)
			if b, err := s.Resolve(local2, rpa); err != nil || b.Peer != public(1) {
				t.Errorf("Resolve: %v, %v", b.Peer, err)
			}
			for _, err := range s.All() {
				check("All", err)
			}
			check("PutIdentity", s.PutIdentity(bond.LocalIdentity{Address: static(worker), IRK: &irk}))
			_, err = s.Identities()
			check("Identities", err)
			check("PutAttempts", s.PutAttempts(local1, peer, []byte{byte(worker)}))
			_, err = s.Attempts(local1, peer)
			check("Attempts", err)
			check("Delete", s.Delete(local1, peer))
		}
	})
	wantAll(t, suite.reopen(t, s), withIRK(small(local2, public(1), 1), irk))
}

// testConcurrentBadPut has callers whose change is refused among others whose
// is not. Each is told of its own change, and no change does anything to
// another's.
func testConcurrentBadPut(t *testing.T, suite *suite) {
	s := suite.open(t)
	const each = 12
	counted := func(n uint32) bond.Bond { return withCSRKs(small(local2, public(n+1), n+1), key(1), key(2)) }
	for n := range uint32(each) {
		put(t, s, counted(n))
	}
	parallel(func(worker uint32) {
		for n := range uint32(each) {
			good := small(local1, public(worker*each+n+1), n+1)
			switch worker % 4 {
			case 0:
				if err := s.Put(good); err != nil {
					t.Errorf("Put: %v", err)
				}
			case 1:
				bad := small(local1, static(n), n+1)
				bad.KeySize = 6
				if err := s.Put(good, bad); !errors.Is(err, bond.ErrInvalid) {
					t.Errorf("Put with a bad bond: %v, want ErrInvalid", err)
				}
			case 2:
				if err := s.Delete(local1, static(n)); !errors.Is(err, bond.ErrNotFound) {
					t.Errorf("Delete of nothing: %v, want ErrNotFound", err)
				}
				if _, err := s.ReserveSignCounter(local1, static(n), 1); !errors.Is(err, bond.ErrNotFound) {
					t.Errorf("ReserveSignCounter of nothing: %v, want ErrNotFound", err)
				}
			case 3:
				if err := s.AcceptSignCounter(local2, public(n+1), 5); err != nil {
					t.Errorf("AcceptSignCounter: %v", err)
				}
				if err := s.AcceptSignCounter(local2, public(n+1), 5); !errors.Is(err, bond.ErrSignCounter) {
					t.Errorf("AcceptSignCounter twice: %v, want ErrSignCounter", err)
				}
			}
		}
	})
	var want []bond.Bond
	for n := range uint32(each) {
		want = append(want, small(local1, public(n+1), n+1))
	}
	for n := range uint32(each) {
		b := counted(n)
		b.PeerSignCounter = 6
		want = append(want, b)
	}
	wantAll(t, suite.reopen(t, s), want...)
}
