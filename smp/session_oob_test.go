package smp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// newOOB makes data at one device, as the other one holds it.
func (d *device) newOOB() *smp.PeerOOB {
	d.t.Helper()
	oob, err := d.manager.NewOOB(d.host.Identity())
	if err != nil {
		d.t.Fatal(err)
	}
	return &smp.PeerOOB{Address: oob.Address, Confirm: &oob.Confirm, Random: &oob.Random}
}

func withOOB(oob *smp.PeerOOB) smp.Features {
	return with(func(f *smp.Features) { f.PeerOOB = oob })
}

// TestNewOOB pairs with data of one or both sides. It serves once.
func TestNewOOB(t *testing.T) {
	for _, has := range [][2]bool{{true, false}, {false, true}, {true, true}} { // who holds the other's data
		t.Run(fmt.Sprint(has), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var held smp.Features
				w := newWorld(t, func(s *setup) {
					for i := range s.options {
						s.options[i].Policy.Repairing = smp.RepairAlways
					}
					s.options[1].Prompter.PairingRequested = func(context.Context, *smp.Question) (smp.Features, error) { return held, nil }
				})
				defer w.close()
				w.connect()
				ours := smp.DefaultFeatures()
				held = smp.DefaultFeatures()
				if has[0] {
					ours.PeerOOB = w.peripheral().newOOB()
				}
				if has[1] {
					held.PeerOOB = w.central().newOOB()
				}
				result := w.mustPair(ours)
				if want := (smp.Level{MITM: true, SC: true, KeySize: 16, Model: smp.OutOfBand}); result.Level != want {
					t.Errorf("level %v", result.Level)
				}
				w.agree()
				_, err := w.central().session.Pair(t.Context(), ours)
				if !errors.Is(err, smp.OOBNotAvailable) {
					t.Errorf("the same data again: %v, want OOBNotAvailable", err)
				}
			})
		})
	}
}

// TestNewOOB_dropped uses data after a failed pairing, and data that newer data
// has replaced.
func TestNewOOB_dropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.connect()
		older, newer := w.peripheral().newOOB(), w.peripheral().newOOB()
		fails := func(oob *smp.PeerOOB, want smp.Reason) {
			t.Helper()
			if _, err := w.central().session.Pair(t.Context(), withOOB(oob)); !errors.Is(err, want) {
				t.Errorf("Pair: %v, want %v", err, want)
			}
			synctest.Wait()
		}
		fails(older, smp.ConfirmValueFailed)
		fails(newer, smp.OOBNotAvailable) // it was used for a pairing that failed
		w.mustPair(withOOB(w.peripheral().newOOB()))
	})
}

// TestNewOOB_kept lets pairings come to an end that do not use the data: they do
// not use it up.
func TestNewOOB_kept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.connect()
		oob := w.peripheral().newOOB()
		if _, err := w.central().session.Pair(t.Context(), with(func(f *smp.Features) { f.MITM = true })); !errors.Is(err, smp.AuthenticationRequirements) {
			t.Errorf("Pair: %v", err)
		}
		w.mustPair(smp.DefaultFeatures())
		w.mustPair(withOOB(oob)) // stronger than the bond
	})
}

// TestNewOOB_twoLinks has two centrals use the same data at the same time: one
// gets it.
func TestNewOOB_twoLinks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		proceed := make(chan struct{})
		var asked int
		manager := smp.NewManager(bond.NewMemory(), smp.Options{
			Prompter: smp.Prompter{ConfirmFeatures: func(context.Context, *smp.Question) error {
				asked++
				<-proceed
				return nil
			}},
		})
		if _, err := manager.NewOOB(peripheralAddress); err != nil {
			t.Fatal(err)
		}
		var links [2]*answeringLink
		var sessions [2]*smp.Session
		for i := range links {
			links[i] = &answeringLink{peer: bt.TypedAddress{Address: bt.Address{byte(i + 1)}}}
			var err error
			if sessions[i], err = manager.Attach(links[i]); err != nil {
				t.Fatal(err)
			}
			sessions[i].Handler().HandleSMP([]byte{0x01, 3, 1, 9, 16, 0, 0})
			synctest.Wait()
		}
		close(proceed)
		synctest.Wait()
		if links[0].sent[0] != byte(smp.CodePairingResponse) || fmt.Sprintf("%x", links[1].sent) != "0502" || asked != 1 {
			t.Errorf("answers %x and %x, asked %d times", links[0].sent, links[1].sent, asked)
		}
		for _, s := range sessions {
			s.Handler().HandleDisconnected(bt.RemoteUserTerminated)
			<-s.Done()
		}
	})
}

// TestNewOOB_twoRequests has a central offer the same data in two pairings, before
// it knows which peer holds it: the second one to say so is refused.
func TestNewOOB_twoRequests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		manager := smp.NewManager(bond.NewMemory(), smp.Options{})
		if _, err := manager.NewOOB(peripheralAddress); err != nil { // the address of these links
			t.Fatal(err)
		}
		results := make(chan error, 2)
		var links [2]*answeringLink
		var sessions [2]*smp.Session
		for i := range links {
			links[i] = &answeringLink{central: true, peer: bt.TypedAddress{Address: bt.Address{byte(i + 1)}}}
			var err error
			if sessions[i], err = manager.Attach(links[i]); err != nil {
				t.Fatal(err)
			}
			go func() {
				_, err := sessions[i].Pair(t.Context(), smp.DefaultFeatures())
				results <- err
			}()
		}
		synctest.Wait()
		for _, s := range sessions {
			s.Handler().HandleSMP([]byte{0x02, 3, 1, 9, 16, 0, 0})
			synctest.Wait()
		}
		if links[0].sent[0] != byte(smp.CodePublicKey) || fmt.Sprintf("%x", links[1].sent) != "0502" {
			t.Errorf("sent %x and %x", links[0].sent, links[1].sent)
		}
		for _, s := range sessions {
			s.Handler().HandleDisconnected(bt.RemoteUserTerminated)
			<-s.Done()
			if err := <-results; err == nil {
				t.Error("paired")
			}
		}
	})
}

// TestNewOOB_address refuses data for what is no identity.
func TestNewOOB_address(t *testing.T) {
	manager := smp.NewManager(bond.NewMemory(), smp.Options{})
	private := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x40}}
	if oob, err := manager.NewOOB(private); err == nil || oob != nil {
		t.Errorf("NewOOB(%v): %v, %v", private, oob, err)
	}
}

// TestOptions_peerOOB has data of one peer in Options.Features: other peers are
// answered without it.
func TestOptions_peerOOB(t *testing.T) {
	for _, mine := range []bool{true, false} {
		bubble(t, func(t *testing.T) {
			oob := &smp.PeerOOB{Address: bt.TypedAddress{Address: bt.Address{7}}, TK: &bt.Key{1}}
			if mine {
				oob.Address = centralAddress
			}
			w := newWorld(t, func(s *setup) { s.options[1].Features = withOOB(oob) })
			defer w.close()
			w.connect()
			_, err := w.central().session.Pair(t.Context(), smp.DefaultFeatures())
			if (err == nil) != !mine {
				t.Errorf("data of this peer %t: %v", mine, err)
			}
		})
	}
}

// TestLegacyOOB pairs with a TK that both sides hold.
func TestLegacyOOB(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tk := &bt.Key{1, 2, 3}
		w := newWorld(t, func(s *setup) {
			s.options[1].Features = with(func(f *smp.Features) {
				f.SC, f.PeerOOB = false, &smp.PeerOOB{Address: centralAddress, TK: tk}
			})
		})
		defer w.close()
		w.connect()
		result := w.mustPair(with(func(f *smp.Features) {
			f.SC, f.PeerOOB = false, &smp.PeerOOB{Address: peripheralAddress, TK: tk}
		}))
		if want := (smp.Level{MITM: true, KeySize: 16, Model: smp.OutOfBand}); result.Level != want {
			t.Errorf("level %v", result.Level)
		}
	})
}
