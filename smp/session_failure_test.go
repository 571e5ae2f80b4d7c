package smp_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// TestPair_transportBreaks breaks the way to the controller at every PDU that a
// side sends, in a second pairing over a bond: that side reports one failure, and
// its old bond stays octet for octet.
func TestPair_transportBreaks(t *testing.T) {
	for _, c := range courses() {
		for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
			t.Run(c.name+"/"+who.String(), func(t *testing.T) {
				for n := 1; ; n++ {
					reached := false
					bubble(t, func(t *testing.T) {
						w := newWorld(t, people, func(s *setup) {
							s.air.Delay = time.Millisecond
							s.options[1].Features = c.features[1]
							for i := range s.options {
								s.options[i].Policy.Repairing = smp.RepairAlways
							}
						})
						defer w.close()
						w.connect()
						w.mustPair(c.features[0])
						old := plainBond(w.bond(who))
						w.reconnect()
						d := w.sides[who]
						d.tap.pdus()
						d.tap.intercept(func(number int, _ []byte) error {
							if number != n {
								return nil
							}
							reached = true
							return errBroken
						})
						_, err := w.central().session.Pair(t.Context(), c.features[0])
						time.Sleep(10 * time.Second) // the other side's supervision timeout
						if !reached {
							if err != nil {
								t.Error(err)
							}
							return
						}
						complete, failed, lines := d.outcome()
						if last := lines[len(lines)-1]; last != "disconnected: "+bt.HardwareFailure.String() {
							t.Errorf("PDU %d: the last event is %q", n, last)
						}
						if complete != 0 || failed != 1 {
							t.Errorf("PDU %d: %v reports %q", n, who, lines)
						}
						if who == bt.Central && !errors.Is(err, bt.HardwareFailure) {
							t.Errorf("PDU %d: Pair gave %v", n, err)
						}
						if now := plainBond(w.bond(who)); now != old {
							t.Errorf("PDU %d: the old bond has changed:\n%s\n%s", n, old, now)
						}
						<-d.session.Done()
						if !errors.Is(d.session.Err(), bt.HardwareFailure) {
							t.Errorf("PDU %d: Err: %v", n, d.session.Err())
						}
					})
					if !reached {
						return
					}
				}
			})
		}
	}
}

// TestTimeout has the peer fall silent at every step: the pairing times out 30 s
// after our last PDU, nothing is sent from then on, and the link goes or stays.
func TestTimeout(t *testing.T) {
	for _, c := range courses() {
		for _, keep := range []bool{false, true} {
			name := c.name
			if keep {
				name += "/keep link"
			}
			t.Run(name, func(t *testing.T) {
				timeouts := 0
				for n := 1; ; n++ {
					reached := c.timeout(t, n, keep, &timeouts)
					if !reached {
						break
					}
				}
				if timeouts < 3 {
					t.Errorf("%d timeouts", timeouts)
				}
			})
		}
	}
}

// timeout loses all SMP PDUs from the n-th on.
func (c course) timeout(t *testing.T, n int, keep bool, timeouts *int) (reached bool) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, people, func(s *setup) {
			s.air.Interceptor = &frames{fate: func(k int, _ bt.Role) virtual.Fate {
				reached = reached || k >= n
				return virtual.Fate{Drop: k >= n}
			}}
			s.options[1].Features = c.features[1]
			// The peripheral may time out in the same instant.
			s.options[0].KeepLinkOnTimeout, s.options[1].KeepLinkOnTimeout = keep, true
		})
		defer w.close()
		w.connect()
		start := time.Now()
		_, err := w.central().session.Pair(t.Context(), c.features[0])
		took := time.Since(start)
		if err == nil {
			// Only keys of ours were lost: the peripheral waits for them alone.
			time.Sleep(31 * time.Second)
			return
		}
		*timeouts++
		var pairing *smp.PairingError
		if !errors.Is(err, smp.ErrTimedOut) || !errors.As(err, &pairing) || took != 30*time.Second {
			t.Errorf("PDU %d: after %v: %v", n, took, err)
		}
		w.central().tap.pdus()
		synctest.Wait()
		_, failed, lines := w.central().outcome()
		if failed != 1 {
			t.Errorf("PDU %d: the central reports %q", n, lines)
		}
		if gone := strings.HasPrefix(lines[len(lines)-1], "disconnected"); gone == keep {
			t.Errorf("PDU %d: disconnected: %t, events %q", n, gone, lines)
		}
		if !keep {
			return
		}
		s := w.central().session
		if s.State() != smp.StateMute {
			t.Errorf("PDU %d: state %v", n, s.State())
		}
		if _, err := s.Pair(t.Context(), c.features[0]); !errors.Is(err, smp.ErrTimedOut) {
			t.Errorf("PDU %d: a second pairing on the link: %v", n, err)
		}
		if err := s.Cancel(0); !errors.Is(err, smp.ErrTimedOut) {
			t.Errorf("PDU %d: Cancel: %v", n, err)
		}
		if sent := w.central().tap.pdus(); sent != "" {
			t.Errorf("PDU %d: sent %s after the timeout", n, sent)
		}
	})
	return reached
}

// TestTimeout_securityRequest has the central ignore a Security Request.
func TestTimeout_securityRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) { s.puppets[0] = true })
		defer w.close()
		w.connect()
		if _, err := w.peripheral().session.Secure(t.Context(), smp.Level{}); !errors.Is(err, smp.ErrTimedOut) {
			t.Errorf("Secure: %v", err)
		}
		w.peripheral().wants("timeout", "disconnected: "+bt.LocalHostTerminated.String())
	})
}

// failingStore refuses to keep bonds.
type failingStore struct {
	bond.Store
	fails bool
}

var errDisk = errors.New("the disk is full")

func (s *failingStore) Put(bonds ...bond.Bond) error {
	if s.fails {
		return errDisk
	}
	return s.Store.Put(bonds...)
}

// TestPair_storeFails pairs where the bond cannot be kept: the link is encrypted,
// the result says that there is no bond, and the old bond stays.
func TestPair_storeFails(t *testing.T) {
	for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
		t.Run(who.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				store := &failingStore{Store: bond.NewMemory()}
				w := paired(t, smp.DefaultFeatures(), func(s *setup) {
					s.stores[who] = store
					for i := range s.options {
						s.options[i].Policy.Repairing = smp.RepairAlways
					}
				})
				defer w.close()
				old := plainBond(w.bond(who))
				w.reconnect()
				store.fails = true
				result, err := w.central().session.Pair(t.Context(), smp.DefaultFeatures())
				if who == bt.Central {
					if !errors.Is(err, errDisk) || result == nil || result.Bonded {
						t.Errorf("Pair: %+v, %v", result, err)
					}
				} else if err != nil {
					t.Error(err)
				}
				w.sides[who].wants("encrypted: just works", "complete: just works, not stored")
				w.sides[1-who].wants("encrypted: just works", "complete: just works, bonded")
				if now := plainBond(w.bond(who)); now != old {
					t.Errorf("the old bond has changed:\n%s\n%s", old, now)
				}
			})
		})
	}
}

// TestSession_bondRemoved removes the bond while sessions use it: nothing breaks.
func TestSession_bondRemoved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := paired(t, smp.DefaultFeatures())
		defer w.close()
		w.reconnect()
		c := w.central()
		if err := c.store.Delete(centralAddress, peripheralAddress); err != nil {
			t.Fatal(err)
		}
		if c.session.Bonded() {
			t.Error("still bonded")
		}
		if _, err := c.session.Encrypt(t.Context()); !errors.Is(err, smp.ErrNoLTK) {
			t.Error(err)
		}
	})
}

// vanishingStore gives a bond once, then it is gone.
type vanishingStore struct {
	bond.Store
	left int
}

func (s *vanishingStore) Get(local, peer bt.TypedAddress) (bond.Bond, error) {
	if s.left--; s.left < 0 {
		return bond.Bond{}, bond.ErrNotFound
	}
	return s.Store.Get(local, peer)
}

// TestSession_bondRemovedInAStep removes the bond between the look at it and its
// use.
func TestSession_bondRemovedInAStep(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store := &vanishingStore{Store: bond.NewMemory(), left: 100}
		w := paired(t, smp.DefaultFeatures(), func(s *setup) { s.stores[0] = store })
		defer w.close()
		w.reconnect()
		store.left = 1
		if _, err := w.central().session.Encrypt(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestSession_close closes a session in mid-pairing: one failure, then the end.
func TestSession_close(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) { s.puppets[1] = true })
		defer w.close()
		w.connect()
		s := w.central().session
		if s.Err() != nil {
			t.Errorf("Err of a link that is up: %v", s.Err())
		}
		done := make(chan error, 1)
		go func() {
			_, err := s.Pair(t.Context(), smp.DefaultFeatures())
			done <- err
		}()
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		<-s.Done()
		if err := <-done; !errors.Is(err, bt.LocalHostTerminated) {
			t.Errorf("Pair: %v", err)
		}
		if !errors.Is(s.Err(), bt.LocalHostTerminated) {
			t.Errorf("Err: %v", s.Err())
		}
		if w.central().manager.Session(w.central().conn) != nil || len(w.central().manager.Sessions()) != 0 {
			t.Error("the manager keeps a session whose link is gone")
		}
		w.central().wants("failed: the link was lost", "disconnected: "+bt.LocalHostTerminated.String())
	})
}
