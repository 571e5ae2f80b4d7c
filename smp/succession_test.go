package smp_test

import (
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/smp"
)

// slowStore takes a second to keep a bond, as a disk may that others use.
type slowStore struct{ bond.Store }

func (s slowStore) Put(bonds ...bond.Bond) error {
	time.Sleep(time.Second)
	return s.Store.Put(bonds...)
}

// TestSuccession has a central pair, and come again before the peripheral has kept
// the bond: its key has to be found all the same, also where the central has a
// private address that tells who it is only with that bond.
func TestSuccession(t *testing.T) {
	for _, private := range []bool{false, true} {
		t.Run(map[bool]string{false: "public", true: "private"}[private], func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, func(s *setup) {
					if private {
						if err := s.stores[0].PutIdentity(localIdentity(centralAddress, bt.Key{1})); err != nil {
							t.Fatal(err)
						}
						s.hosts[0] = hci.Options{Privacy: true, Resolver: bond.NewResolver(s.stores[0])}
					}
					s.stores[1] = slowStore{s.stores[1]}
				})
				defer w.close()
				w.connect()
				result := w.mustPair(smp.DefaultFeatures())
				for range 2 { // the second time on a link that has waited itself
					if w.bond(bt.Peripheral) != nil {
						t.Fatal("the store is not slow")
					}
					if err := w.central().session.Close(); err != nil {
						t.Fatal(err)
					}
					<-w.central().session.Done()
					w.connect()
				}
				if private != w.peripheral().session.Peer().IsResolvable() {
					t.Fatalf("the central is %v", w.peripheral().session.Peer())
				}
				level, err := w.central().session.Encrypt(t.Context())
				if err != nil || level != result.Level {
					t.Errorf("level %v, %v; want %v", level, err, result.Level)
				}
				if s := w.peripheral().session; s.PeerIdentity() != centralAddress || !s.Bonded() {
					t.Errorf("the peripheral knows %v, bonded %t", s.PeerIdentity(), s.Bonded())
				}
			})
		})
	}
}
