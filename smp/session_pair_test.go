package smp_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/smp"

	"github.com/google/go-cmp/cmp"
)

// TestPair pairs two hosts in every association model, and encrypts the next
// link with the bond.
func TestPair(t *testing.T) {
	none, display, yesNo, keyboard := smp.NoInputNoOutput, smp.DisplayOnly, smp.DisplayYesNo, smp.KeyboardOnly
	tests := []struct {
		sc                  bool
		central, peripheral smp.IOCapability
		want                smp.AssociationModel
	}{
		{true, none, none, smp.JustWorks},
		{true, keyboard, display, smp.InitiatorTypes},
		{true, display, keyboard, smp.ResponderTypes},
		{true, yesNo, yesNo, smp.NumericComparison},
		{false, none, none, smp.JustWorks},
		{false, keyboard, display, smp.InitiatorTypes},
		{false, display, keyboard, smp.ResponderTypes},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%v/sc=%t", test.want, test.sc), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ours := func(io smp.IOCapability) smp.Features {
					return with(func(f *smp.Features) {
						f.IOCapability, f.SC, f.MITM = io, test.sc, io != none
						f.InitiatorKeys |= smp.KeyDistributionSignKey
						f.ResponderKeys |= smp.KeyDistributionSignKey
					})
				}
				w := newWorld(t, people, func(s *setup) { s.options[1].Features = ours(test.peripheral) })
				defer w.close()
				w.connect()
				result := w.mustPair(ours(test.central))

				level := smp.Level{MITM: test.want != smp.JustWorks, SC: test.sc, KeySize: 16, Model: test.want}
				if diff := cmp.Diff(level, result.Level); diff != "" || !result.Bonded {
					t.Errorf("bonded %t, level (-want +got):\n%s", result.Bonded, diff)
				}
				w.agree()
				for _, d := range w.sides {
					at, encrypted := d.session.Level()
					available, stored := d.session.AvailableLevel()
					if !encrypted || at != level || !stored || available != level || !d.session.Bonded() {
						t.Errorf("%v: level %v %t, available %v %t, bonded %t", d.role, at, encrypted, available, stored, d.session.Bonded())
					}
					d.wants(fmt.Sprintf("encrypted: %v", test.want), fmt.Sprintf("complete: %v, bonded", test.want))
				}

				w.reconnect()
				for _, d := range w.sides {
					if _, encrypted := d.session.Level(); encrypted {
						t.Errorf("%v: a new link is encrypted", d.role)
					}
				}
				got, err := w.central().session.Encrypt(t.Context())
				if err != nil || got != level {
					t.Errorf("Encrypt: %v, %v", got, err)
				}
				for _, d := range w.sides {
					d.wants(fmt.Sprintf("encrypted: %v", test.want))
				}
			})
		})
	}
}

// TestPair_result compares what both sides say of the same keys.
func TestPair_result(t *testing.T) {
	for _, sc := range []bool{true, false} {
		t.Run(fmt.Sprintf("sc=%t", sc), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var atPeripheral *smp.Result
				all := smp.KeyDistributionEncKey | smp.KeyDistributionIdKey | smp.KeyDistributionSignKey
				change := func(f *smp.Features) { f.SC, f.InitiatorKeys, f.ResponderKeys = sc, all, all }
				w := newWorld(t, features(change), func(s *setup) {
					s.options[1].OnEvent = func(_ *smp.Session, e smp.Event) {
						if done, ok := e.(smp.PairingCompleteEvent); ok {
							atPeripheral = done.Result
						}
					}
				})
				defer w.close()
				irk := smp.NewIRK()
				if err := w.central().store.PutIdentity(localIdentity(centralAddress, irk)); err != nil {
					t.Fatal(err)
				}
				w.connect()
				r := w.mustPair(with(change))
				synctest.Wait()
				if diff := cmp.Diff(plainResult(r), plainResult(atPeripheral)); diff != "" {
					t.Errorf("results differ (-central +peripheral):\n%s", diff)
				}
				if r.Initiator.LTK == nil || r.Responder.LTK == nil || r.Initiator.CSRK == nil || r.Responder.CSRK == nil {
					t.Fatalf("keys are missing: %v", plainResult(r))
				}
				if r.Initiator.IRK == nil || !r.Initiator.IRK.Equal(irk) || r.Responder.IRK != nil {
					t.Errorf("IRKs: the central has one, the peripheral none: %v", plainResult(r))
				}
				if *r.Initiator.Identity != centralAddress || *r.Responder.Identity != peripheralAddress {
					t.Errorf("identities %v and %v", r.Initiator.Identity, r.Responder.Identity)
				}
				if same := *r.Initiator.LTK == *r.Responder.LTK; same != sc {
					t.Errorf("one LTK for both: %t, want %t", same, sc)
				}
				if sc && (r.Initiator.LTK.EDIV != 0 || r.Initiator.LTK.Rand != 0) {
					t.Errorf("EDIV and Rand are not 0")
				}
			})
		})
	}
}

func plainResult(r *smp.Result) string {
	side := func(k smp.Keys) string {
		var s string
		if k.LTK != nil {
			s += fmt.Sprintf("ltk %s %x %x ", k.LTK.Key.Reveal(), k.LTK.EDIV, k.LTK.Rand)
		}
		for _, key := range []*bt.Key{k.IRK, k.CSRK} {
			if key != nil {
				s += key.Reveal()
			}
			s += "|"
		}
		return s + fmt.Sprint(k.Identity)
	}
	return fmt.Sprintf("%v %t\n%s\n%s", r.Level, r.Bonded, side(r.Initiator), side(r.Responder))
}

// TestPair_distribution asks for single keys, and for no bond.
func TestPair_distribution(t *testing.T) {
	tests := []struct {
		name                 string
		sc, bonding          bool
		initiator, responder smp.KeyDistribution
		// want has what the bonds of central and peripheral hold.
		want [2]string
	}{
		{"nothing", true, true, 0, 0, [2]string{"ltk ltk", "ltk ltk"}},
		{"not bonded", true, false, 0, 0, [2]string{"none", "none"}},
		{"legacy, peripheral's LTK", false, true, 0, smp.KeyDistributionEncKey, [2]string{"- ltk", "ltk -"}},
		{"legacy, central's LTK", false, true, smp.KeyDistributionEncKey, 0, [2]string{"ltk -", "- ltk"}},
		{"legacy, central's CSRK", false, true, smp.KeyDistributionSignKey, 0, [2]string{"- - csrk", "- - peer csrk"}},
		{"peripheral's CSRK", true, true, 0, smp.KeyDistributionSignKey, [2]string{"ltk ltk peer csrk", "ltk ltk csrk"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				change := func(f *smp.Features) {
					f.SC, f.Bonding, f.InitiatorKeys, f.ResponderKeys = test.sc, test.bonding, test.initiator, test.responder
				}
				w := paired(t, with(change), features(change))
				defer w.close()
				for i, d := range w.sides {
					b := w.bond(d.role)
					got := "none"
					if b != nil {
						words := [2]string{"-", "-"}
						if b.LocalLTK != nil {
							words[0] = "ltk"
						}
						if b.PeerLTK != nil {
							words[1] = "ltk"
						}
						got = words[0] + " " + words[1]
						if b.LocalCSRK != nil {
							got += " csrk"
						}
						if b.PeerCSRK != nil {
							got += " peer csrk"
						}
					}
					if got != test.want[i] {
						t.Errorf("%v keeps %q, want %q", d.role, got, test.want[i])
					}
					if d.session.Bonded() != (b != nil) {
						t.Errorf("%v: Bonded() is %t", d.role, d.session.Bonded())
					}
				}
			})
		})
	}
}
