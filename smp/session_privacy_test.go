package smp_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/smp"
)

// TestPrivacy pairs two devices that have IRKs, and lets them meet again under
// private addresses that rotate. The bond is found by the controller, by the
// host's resolver or by the session itself; on air and identity address are both
// known, and enter what they belong to: a second pairing works too.
func TestPrivacy(t *testing.T) {
	for _, who := range []string{"controller", "host", "session"} {
		t.Run(who, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				type seen struct{ onAir, identity bt.TypedAddress }
				var told []seen
				w := newWorld(t, func(s *setup) {
					for i := range s.stores {
						identity := []bt.TypedAddress{centralAddress, peripheralAddress}[i]
						if err := s.stores[i].PutIdentity(localIdentity(identity, bt.Key{byte(i + 1), 1})); err != nil {
							t.Fatal(err)
						}
						s.options[i].EncryptBonded = i == 0
						s.hosts[i].Resolver = bond.NewResolver(s.stores[i])
						s.hosts[i].Privacy = i == 1 || who == "controller"
					}
					if who == "session" {
						s.hosts[0].Resolver = nil
					}
					s.options[0].OnEvent = func(s *smp.Session, e smp.Event) {
						if _, ok := e.(smp.EncryptionEvent); ok {
							told = append(told, seen{s.Peer(), s.PeerIdentity()})
						}
					}
				})
				defer w.close()
				w.meet()
				w.mustPair(smp.DefaultFeatures())
				w.agree()
				before := w.central().session.Peer()
				if identity := w.central().session.PeerIdentity(); !before.IsResolvable() || identity != peripheralAddress {
					t.Errorf("on air %v, identity %v", before, identity)
				}
				for meeting := range 3 {
					w.disconnect()
					told = nil
					time.Sleep(901 * time.Second) // a private address lives for 900
					for _, d := range w.sides {
						if d.role == bt.Peripheral || who == "controller" {
							if err := d.host.LoadResolvingList(t.Context()); err != nil {
								t.Fatal(err)
							}
						}
					}
					w.meet()
					s := w.central().session
					synctest.Wait()
					if !s.Peer().IsResolvable() || s.Peer() == before || s.PeerIdentity() != peripheralAddress || !s.Bonded() {
						t.Errorf("meeting %d: on air %v after %v, identity %v, bonded %t", meeting, s.Peer(), before, s.PeerIdentity(), s.Bonded())
					}
					if own := w.central().conn.LocalAddress(); own.IsResolvable() != (who == "controller") {
						t.Errorf("our own address is %v", own)
					}
					if len(told) != 1 || told[0] != (seen{s.Peer(), peripheralAddress}) {
						t.Errorf("meeting %d: events tell %v", meeting, told)
					}
					for _, d := range w.sides {
						if _, encrypted := d.session.Level(); !encrypted {
							t.Errorf("meeting %d: %v is not encrypted with the bond", meeting, d.role)
						}
					}
					if _, err := s.Pair(t.Context(), smp.DefaultFeatures()); err != nil {
						t.Errorf("meeting %d: a new pairing: %v", meeting, err)
					}
					synctest.Wait()
					w.agree()
					before = s.Peer()
				}
			})
		})
	}
}

// meet connects to whoever advertises.
func (w *world) meet() {
	w.t.Helper()
	c, p := w.central(), w.peripheral()
	if err := p.host.Advertise(w.t.Context(), hci.AdvertisingParameters{Peer: centralAddress}); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if c.conn, err = c.host.Connect(w.t.Context(), scan(w.t, c.host)); err != nil {
		w.t.Fatal(err)
	}
	if p.conn, err = p.host.Accept(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for _, d := range w.sides {
		d.session = d.manager.Session(d.conn)
	}
}

// scan gives the address of the first advertiser.
func scan(t *testing.T, host *hci.Host) bt.TypedAddress {
	t.Helper()
	for report, err := range host.Scan(t.Context(), hci.ScanParameters{}) {
		if err != nil {
			t.Fatal(err)
		}
		return report.Address
	}
	t.Fatal("nobody advertises")
	return bt.TypedAddress{}
}

// TestPrivacy_noIdentity pairs with private addresses that nobody can resolve
// and whose owner distributes no identity: there is no bond.
func TestPrivacy_noIdentity(t *testing.T) {
	for _, distributes := range []bool{true, false} {
		t.Run(fmt.Sprint(distributes), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				private := resolvable(bt.Key{9})
				config := smp.Config{Role: bt.Peripheral, Local: private, Peer: centralAddress, LocalIRK: bt.Key{9}}
				if config.LocalIdentity = peripheralAddress; !distributes {
					config.LocalIdentity = private // which is none: the keys are not asked for
				}
				far, err := smp.NewProcedure(config)
				if err != nil {
					t.Fatal(err)
				}
				store := bond.NewMemory()
				link := &privateLink{heldLink: heldLink{t: t, far: far}, peer: private}
				f := with(func(f *smp.Features) {
					if !distributes {
						f.InitiatorKeys, f.ResponderKeys = 0, 0
					}
				})
				session, err := smp.NewManager(store, smp.Options{}).Attach(link)
				if err != nil {
					t.Fatal(err)
				}
				link.handler = session.Handler()
				type answer struct {
					result *smp.Result
					err    error
				}
				done := make(chan answer, 1)
				go func() {
					result, err := session.Pair(t.Context(), f)
					done <- answer{result, err}
				}()
				synctest.Wait()
				link.handler.HandleDelivered(link.sent)
				synctest.Wait()
				link.encrypt(false)
				synctest.Wait()
				link.handler.HandleDelivered(link.sent)
				a := <-done
				if a.err != nil {
					t.Fatal(a.err)
				}
				if a.result.Bonded != distributes || session.Bonded() != distributes {
					t.Errorf("bonded %t and %t; want %t", a.result.Bonded, session.Bonded(), distributes)
				}
				want := private
				if distributes {
					want = peripheralAddress
				}
				if session.PeerIdentity() != want || session.Peer() != private {
					t.Errorf("identity %v, on air %v", session.PeerIdentity(), session.Peer())
				}
			})
		})
	}
}

// privateLink is a heldLink to a private address.
type privateLink struct {
	heldLink
	peer bt.TypedAddress
}

func (l *privateLink) PeerAddress() bt.TypedAddress  { return l.peer }
func (l *privateLink) PeerIdentity() bt.TypedAddress { return l.peer }
