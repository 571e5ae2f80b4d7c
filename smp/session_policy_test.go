package smp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// TestPolicy refuses in either role what the policy does not allow: the error
// names the field, and no response goes out.
func TestPolicy(t *testing.T) {
	legacy := with(func(f *smp.Features) { f.SC = false })
	short := with(func(f *smp.Features) { f.MaxKeySize = 7 })
	none := smp.DefaultFeatures()
	tests := []struct {
		policy   smp.Policy
		features [2]smp.Features // ours, the peer's
		want     smp.Reason
		names    string
	}{
		{smp.Policy{MinKeySize: 8}, [2]smp.Features{none, short}, smp.EncryptionKeySize, "Policy.MinKeySize"},
		{smp.Policy{SCOnly: true}, [2]smp.Features{none, legacy}, smp.AuthenticationRequirements, "Policy.SCOnly"},
		{smp.Policy{RequireMITM: true}, [2]smp.Features{none, none}, smp.AuthenticationRequirements, "Policy.RequireMITM"},
		{smp.Policy{RefuseAsInitiator: smp.Models(smp.JustWorks), RefuseAsResponder: smp.Models(smp.JustWorks)},
			[2]smp.Features{none, none}, smp.AuthenticationRequirements, "Policy.RefuseAs"},
		{smp.Policy{LegacyPasskey: smp.LegacyPasskeyRefused},
			[2]smp.Features{withMITM(smp.KeyboardOnly), with(func(f *smp.Features) { f.SC, f.IOCapability = false, smp.DisplayOnly })},
			smp.AuthenticationRequirements, "Policy.LegacyPasskey"},
	}
	for _, test := range tests {
		for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
			t.Run(test.names+"/"+who.String(), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					var failure *smp.PairingError
					w := newWorld(t, people, func(s *setup) {
						for i := range s.options {
							s.options[i].Policy.MinKeySize = 7
						}
						s.options[who].Policy = test.policy
						s.options[who].Policy.Backoff.Off = true
						s.options[who].Features, s.options[1-who].Features = test.features[0], test.features[1]
						s.options[who].OnEvent = func(_ *smp.Session, e smp.Event) {
							if failed, ok := e.(smp.PairingFailedEvent); ok {
								failure = failed.Err
							}
						}
					})
					defer w.close()
					w.connect()
					ours := test.features[0]
					if who == bt.Peripheral {
						ours = test.features[1]
					}
					if _, err := w.central().session.Pair(t.Context(), ours); !errors.Is(err, test.want) {
						t.Errorf("Pair: %v, want %v", err, test.want)
					}
					synctest.Wait()
					var policy *smp.PolicyError
					if !errors.As(failure, &policy) || !strings.HasPrefix(policy.Field, test.names) || !strings.Contains(failure.Error(), test.names) {
						t.Errorf("%v says %v, want it to name %s", who, failure, test.names)
					}
					if sent := w.peripheral().tap.pdus(); who == bt.Peripheral && strings.HasPrefix(sent, "02") {
						t.Errorf("a response went out before the refusal: %s", sent)
					}
				})
			})
		}
	}
}

// TestPolicy_notPairable turns requests down before anything begins.
func TestPolicy_notPairable(t *testing.T) {
	for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
		bubble(t, func(t *testing.T) {
			var refused *smp.PairingError
			w := newWorld(t, func(s *setup) {
				s.options[who].Policy.NotPairable = true
				s.options[who].OnEvent = func(_ *smp.Session, e smp.Event) {
					if event, ok := e.(smp.RequestRefusedEvent); ok {
						refused = event.Err
					}
				}
			})
			defer w.close()
			w.connect()
			var err error
			if who == bt.Peripheral {
				_, err = w.central().session.Pair(t.Context(), smp.DefaultFeatures())
			} else {
				_, err = w.peripheral().session.Secure(t.Context(), smp.Level{})
			}
			if !errors.Is(err, smp.PairingNotSupported) {
				t.Errorf("the other side: %v", err)
			}
			var policy *smp.PolicyError
			if synctest.Wait(); !errors.As(refused, &policy) || policy.Field != "Policy.NotPairable" || refused.Reason != smp.PairingNotSupported {
				t.Errorf("RequestRefusedEvent: %v", refused)
			}
			if who == bt.Central {
				// Our own wish is another matter.
				if _, err := w.central().session.Pair(t.Context(), smp.DefaultFeatures()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestPolicy_repairing pairs again over a bond: the old and the new level, the
// policy, whether the bond encrypts the link, and what the user says.
func TestPolicy_repairing(t *testing.T) {
	const nobody, agrees, refuses = 0, 1, 2
	type pairing struct{ sc, mitm bool }
	weak, strong, legacy := pairing{sc: true}, pairing{true, true}, pairing{}
	tests := []struct {
		policy    smp.Repairing
		old, new  pairing
		encrypted bool
		user      int
		want      bool
	}{
		{smp.RepairStrongerOrEqual, weak, weak, false, nobody, false},
		{smp.RepairStrongerOrEqual, weak, weak, false, refuses, false},
		{smp.RepairStrongerOrEqual, weak, weak, false, agrees, true},
		{smp.RepairStrongerOrEqual, weak, weak, true, nobody, true},
		{smp.RepairStrongerOrEqual, weak, strong, false, nobody, true},
		{smp.RepairStrongerOrEqual, strong, strong, false, nobody, true},
		{smp.RepairStrongerOrEqual, strong, weak, true, nobody, false},
		{smp.RepairStrongerOrEqual, strong, weak, true, agrees, false},
		{smp.RepairStrongerOrEqual, weak, legacy, true, agrees, false},
		{smp.RepairStrongerOrEqual, legacy, weak, true, nobody, true},
		{smp.RepairStrongerOrEqual, legacy, weak, false, nobody, false},
		{smp.RepairNever, weak, strong, true, agrees, false},
		{smp.RepairAsk, strong, weak, false, nobody, false},
		{smp.RepairAsk, strong, weak, false, refuses, false},
		{smp.RepairAsk, strong, weak, false, agrees, true},
		{smp.RepairAsk, weak, strong, false, nobody, true},
		{smp.RepairAlways, strong, legacy, false, nobody, true},
		{smp.RepairAlways, weak, weak, false, nobody, true},
	}
	names := map[smp.Repairing]string{
		smp.RepairStrongerOrEqual: "stronger or equal", smp.RepairNever: "never", smp.RepairAsk: "ask", smp.RepairAlways: "always",
	}
	for _, test := range tests {
		for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
			name := fmt.Sprintf("%s/%v over %v/encrypted=%t/user=%d/%v", names[test.policy], test.new, test.old, test.encrypted, test.user, who)
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					ours := func(p pairing) smp.Features {
						return with(func(f *smp.Features) {
							f.SC, f.MITM = p.sc, p.mitm
							if p.mitm {
								f.IOCapability = smp.DisplayYesNo
							}
						})
					}
					asked := 0
					var failure *smp.PairingError
					w := newWorld(t, people, func(s *setup) {
						s.options[1-who].Policy.Repairing = smp.RepairAlways
						s.options[who].Policy.Repairing = test.policy
						s.options[1].Features = with(func(f *smp.Features) { f.IOCapability = smp.DisplayYesNo })
						if test.user != nobody {
							s.options[who].Prompter.ReplaceBond = func(_ context.Context, q *smp.Question) error {
								if asked++; !q.Bonded {
									t.Error("the question says that there is no bond")
								}
								if test.user == refuses {
									return errBroken
								}
								return nil
							}
						}
						s.options[who].OnEvent = func(_ *smp.Session, e smp.Event) {
							if failed, ok := e.(smp.PairingFailedEvent); ok {
								failure = failed.Err
							}
						}
					})
					defer w.close()
					w.connect()
					w.mustPair(ours(test.old))
					before := plainBond(w.bond(who))
					w.reconnect()
					if test.encrypted {
						if _, err := w.central().session.Encrypt(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					_, err := w.central().session.Pair(t.Context(), ours(test.new))
					synctest.Wait()
					if (err == nil) != test.want {
						t.Errorf("Pair: %v, want success: %t", err, test.want)
					}
					after := plainBond(w.bond(who))
					if (before != after) != test.want {
						t.Errorf("replaced: %t, want %t", before != after, test.want)
					}
					if err == nil {
						w.agree()
						return
					}
					if !errors.Is(err, smp.AuthenticationRequirements) {
						t.Errorf("Pair: %v", err)
					}
					if test.user != refuses && !strings.Contains(fmt.Sprint(failure), "Policy.Repairing") {
						t.Errorf("%v says %v", who, failure)
					}
				})
			})
		}
	}
}

// TestPolicy_repairingAlias pairs again with a peer that is known by two
// addresses: under either of them it is the same bond.
func TestPolicy_repairingAlias(t *testing.T) {
	bubble(t, func(t *testing.T) {
		identity := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc0, 1, 2, 3, 4, 5}}
		w := newWorld(t)
		defer w.close()
		ltk := &bond.LongTermKey{Key: bt.Key{1}}
		known := bond.Bond{Local: centralAddress, Peer: identity, OnAir: peripheralAddress, KeySize: 16, SC: true, LocalLTK: ltk, PeerLTK: ltk}
		if err := w.central().store.Put(known); err != nil {
			t.Fatal(err)
		}
		w.connect()
		s := w.central().session
		if s.PeerIdentity() != identity || s.Peer() != peripheralAddress || !s.Bonded() {
			t.Errorf("identity %v, on air %v, bonded %t", s.PeerIdentity(), s.Peer(), s.Bonded())
		}
		if err := w.peripheral().session.SetLTK(ltk.Key[:], 0, 0, false, true); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Encrypt(t.Context()); err != nil {
			t.Fatal(err)
		}
		// The peripheral distributes the address that it has on the air.
		if _, err := s.Pair(t.Context(), smp.DefaultFeatures()); err != nil {
			t.Error(err)
		}
		if s.PeerIdentity() != peripheralAddress {
			t.Errorf("identity %v", s.PeerIdentity())
		}
	})
}

// TestBondLost has the peripheral forget its bond: the central is told, the bond
// stays, nothing is paired again unasked, and the link stays or goes.
func TestBondLost(t *testing.T) {
	for _, policy := range []smp.LostBond{smp.LostBondReport, smp.LostBondDisconnect} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := paired(t, smp.DefaultFeatures(), func(s *setup) { s.options[0].Policy.LostBond = policy })
				defer w.close()
				before := plainBond(w.bond(bt.Central))
				if err := w.peripheral().store.Delete(peripheralAddress, centralAddress); err != nil {
					t.Fatal(err)
				}
				w.reconnect()
				w.central().tap.pdus()
				if _, err := w.central().session.Secure(t.Context(), smp.Level{}); !errors.Is(err, bt.PINOrKeyMissing) {
					t.Errorf("Secure: %v", err)
				}
				want := []string{"encryption failed: " + bt.PINOrKeyMissing.String(), "bond lost: " + peripheralAddress.String()}
				if policy == smp.LostBondDisconnect {
					want = append(want, "disconnected: "+bt.LocalHostTerminated.String())
				}
				w.central().wants(want...)
				if atPeripheral := w.peripheral().events(); atPeripheral[0] != want[0] {
					t.Errorf("the peripheral reports %q", atPeripheral)
				}
				if sent := w.central().tap.pdus(); sent != "" {
					t.Errorf("the central sent %s by itself", sent)
				}
				if after := plainBond(w.bond(bt.Central)); after != before {
					t.Errorf("the bond has changed:\n%s\n%s", before, after)
				}
			})
		})
	}
}

// TestBondLost_pairing has the peer refuse the key of a pairing that would
// replace the bond: that says nothing about the bond.
func TestBondLost_pairing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		lost := false
		link, session, done := held(t, smp.Options{OnEvent: func(_ *smp.Session, e smp.Event) {
			if _, ok := e.(smp.BondLostEvent); ok {
				lost = true
			}
		}})
		link.handler.HandleDelivered(link.sent)
		synctest.Wait()
		link.encrypt(false)
		synctest.Wait()
		link.handler.HandleDelivered(link.sent)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		done = pairHeld(t, session)
		link.handler.HandleDelivered(link.sent)
		synctest.Wait()
		link.handler.HandleEncryption(bt.PINOrKeyMissing, false, false)
		if err := <-done; !errors.Is(err, bt.PINOrKeyMissing) {
			t.Errorf("Pair: %v", err)
		}
		synctest.Wait()
		if lost {
			t.Error("the bond is reported lost")
		}
	})
}
