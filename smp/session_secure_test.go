package smp_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"

	"github.com/google/go-cmp/cmp"
)

// TestSecure walks through the ways to a secure link, from either role.
func TestSecure(t *testing.T) {
	for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
		t.Run(who.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, people, features(func(f *smp.Features) { f.IOCapability = smp.DisplayYesNo }))
				defer w.close()
				w.connect()
				d := w.sides[who]
				secure := func(want smp.Level, sent [2]string, model smp.AssociationModel) {
					t.Helper()
					level, err := d.session.Secure(t.Context(), want)
					if err != nil || level.Model != model || !level.Satisfies(want) {
						t.Errorf("Secure(%v): %v, %v", want, level, err)
					}
					synctest.Wait()
					if got := [2]string{w.central().tap.pdus(), w.peripheral().tap.pdus()}; got != sent {
						t.Errorf("Secure(%v): PDUs %q, want %q", want, got, sent)
					}
				}
				request := ""
				if who == bt.Peripheral {
					request = "0b"
				}
				prefix := func(rest string) string { return strings.TrimSpace(request + " " + rest) }

				// A pairing; then nothing to do; then the bond; then a better pairing.
				secure(smp.Level{}, [2]string{"01 0c 04 0d 08 09", prefix("02 0c 03 04 0d 08 09")}, smp.JustWorks)
				secure(smp.Level{}, [2]string{}, smp.JustWorks)
				w.reconnect()
				secure(smp.Level{SC: true, KeySize: 16}, [2]string{"", request}, smp.JustWorks)
				if who == bt.Central {
					secure(smp.Level{MITM: true}, [2]string{"01 0c 04 0d 08 09", "02 0c 03 04 0d 08 09"}, smp.NumericComparison)
				} else {
					secure(smp.Level{MITM: true}, [2]string{"01 0c 04 0d 08 09", "0b 02 0c 03 04 0d 08 09"}, smp.NumericComparison)
				}
				w.agree()
				w.reconnect()
				secure(smp.Level{MITM: true}, [2]string{"", request}, smp.NumericComparison)
			})
		})
	}
}

// TestSecure_busy calls Secure while another procedure runs: it waits for it.
func TestSecure_busy(t *testing.T) {
	for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
		t.Run(who.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, func(s *setup) {
					s.air.Delay = time.Millisecond
					s.options[0].EncryptBonded, s.options[1].EncryptBonded = true, true
				})
				defer w.close()
				w.connect()
				results := make(chan error, 4)
				for range cap(results) {
					go func() {
						_, err := w.sides[who].session.Secure(t.Context(), smp.Level{})
						results <- err
					}()
				}
				for range cap(results) {
					if err := <-results; err != nil {
						t.Error(err)
					}
				}
				time.Sleep(time.Second)
				if complete, failed, lines := w.central().outcome(); complete != 1 || failed != 0 {
					t.Errorf("events %q, want one pairing", lines)
				}
				w.reconnect() // which encrypts by itself
				if _, err := w.sides[who].session.Secure(t.Context(), smp.Level{}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestSecure_contextEnds ends the context while Secure waits.
func TestSecure_contextEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) { s.puppets[0] = true })
		defer w.close()
		w.connect()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 2 { // the second one finds the first's request still out
			if _, err := w.peripheral().session.Secure(ctx, smp.Level{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Secure: %v", err)
			}
		}
	})
}

// TestSecure_linkLost loses the link while a peripheral waits for its central.
func TestSecure_linkLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) { s.puppets[0] = true })
		defer w.close()
		w.connect()
		time.AfterFunc(time.Second, func() { w.air.Links()[0].Drop() })
		if _, err := w.peripheral().session.Secure(t.Context(), smp.Level{}); !errors.Is(err, smp.ErrClosed) || !errors.Is(err, bt.ConnectionTimeout) {
			t.Errorf("Secure: %v", err)
		}
	})
}

// TestSecure_notEnough wants what the two devices cannot have: nothing is kept.
func TestSecure_notEnough(t *testing.T) {
	legacy := func(s *setup) { s.options[1].Features = with(func(f *smp.Features) { f.SC = false }) }
	tests := []struct {
		name  string
		who   bt.Role
		want  smp.Level
		setup func(*setup)
		says  string
	}{
		{"SC", bt.Central, smp.Level{SC: true}, legacy, "less than was wanted"},
		{"MITM", bt.Central, smp.Level{MITM: true}, func(*setup) {}, "Features.MITM"},
		{"key size", bt.Central, smp.Level{KeySize: 16}, func(s *setup) {
			for i := range s.options {
				s.options[i].Policy.MinKeySize = 7
			}
			s.options[1].Features = with(func(f *smp.Features) { f.MaxKeySize = 15 })
		}, "less than was wanted"},
		{"peripheral", bt.Peripheral, smp.Level{MITM: true}, func(*setup) {}, "did not"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, test.setup)
				defer w.close()
				w.connect()
				level, err := w.sides[test.who].session.Secure(t.Context(), test.want)
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Errorf("Secure: %v, %v, want an error with %q", level, err, test.says)
				}
				synctest.Wait()
				for _, d := range w.sides {
					if w.bond(d.role) != nil {
						t.Errorf("%v keeps a bond", d.role)
					}
				}
			})
		})
	}
}

// What a scripted peripheral asks for.
const requestBonding, requestMITM = 0x01, 0x05

// TestSecurityRequest_nobodyAsked is the answer of a central without a
// SecurityRequested function, with and without a bond.
func TestSecurityRequest_nobodyAsked(t *testing.T) {
	justWorks := smp.Level{SC: true, KeySize: 16}
	mitm := smp.Level{SC: true, MITM: true, KeySize: 16, Model: smp.NumericComparison}
	tests := []struct {
		name      string
		bond      *smp.Level
		encrypted bool // with the bond, before the request
		short     bool // the policy no longer accepts the bond's key
		io        smp.IOCapability
		request   byte
		want      string // what the central sends
	}{
		{name: "no bond, MITM not asked", request: requestBonding, want: "01"},
		{name: "no bond, MITM asked", request: requestMITM, want: "01"},
		{name: "bond suffices", bond: &justWorks, request: requestBonding, want: ""},
		{name: "bond with MITM suffices", bond: &mitm, request: requestMITM, want: ""},
		{name: "bond suffices, encrypted already", bond: &justWorks, encrypted: true, request: requestBonding, want: ""},
		{name: "no MITM in the request", bond: &justWorks, short: true, request: requestBonding, want: "05:03"},
		{name: "link not encrypted", bond: &justWorks, request: requestMITM, io: smp.DisplayYesNo, want: "05:03"},
		{name: "would be just works", bond: &justWorks, encrypted: true, request: requestMITM, io: smp.NoInputNoOutput, want: "01 05:03"},
		{name: "better, over the bond's encryption", bond: &justWorks, encrypted: true, request: requestMITM, io: smp.DisplayYesNo, want: "01 0c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				key := bt.Key{0: 1, 15: 1}
				w := newWorld(t, people, func(s *setup) {
					s.puppets[1] = true
					s.options[0].Features = with(func(f *smp.Features) { f.IOCapability = smp.DisplayYesNo })
					s.options[0].Policy.MinKeySize = 7
					if test.short {
						s.options[0].Policy.MinKeySize = 16
					}
				})
				defer w.close()
				if test.bond != nil {
					size := test.bond.KeySize
					if test.short {
						size, key[0] = 15, 0
					}
					ltk := &bond.LongTermKey{Key: key}
					err := w.central().store.Put(bond.Bond{
						Local: centralAddress, Peer: peripheralAddress, SC: test.bond.SC, MITM: test.bond.MITM,
						KeySize: size, Model: uint8(test.bond.Model), LocalLTK: ltk, PeerLTK: ltk,
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				w.connect()
				w.peripheral().puppet.ltk = &key
				if test.encrypted {
					if _, err := w.central().session.Encrypt(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				before := plainBond(w.bond(bt.Central))
				w.central().tap.pdus()
				w.peripheral().send(0x0b, test.request)
				synctest.Wait()
				if w.central().session.State() == smp.StateAwaitResponse {
					w.peripheral().send(0x02, byte(test.io), 0, 0x0d, 16, 0, 0)
					synctest.Wait()
				}
				got := w.central().tap.pdus()
				if test.bond == nil {
					got = strings.Fields(got)[0]
				}
				if got != test.want {
					t.Errorf("the central sends %q, want %q", got, test.want)
				}
				_, encrypted := w.central().session.Level()
				if suffices := test.bond != nil && test.want == ""; suffices && !encrypted {
					t.Error("the link is not encrypted with the bond")
				}
				if diff := cmp.Diff(before, plainBond(w.bond(bt.Central))); diff != "" {
					t.Errorf("the bond has changed (-before +after):\n%s", diff)
				}
			})
		})
	}
}

// TestSecurityRequest_otherEncryption has a bond with no key for the central, on a
// link that a pairing without a bond has encrypted: a request without MITM is not
// a reason to replace the bond.
func TestSecurityRequest_otherEncryption(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) { s.options[0].Policy.Repairing = smp.RepairAlways })
		defer w.close()
		err := w.central().store.Put(bond.Bond{
			Local: centralAddress, Peer: peripheralAddress, KeySize: 16, LocalLTK: &bond.LongTermKey{Key: bt.Key{1}},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.connect()
		w.mustPair(with(func(f *smp.Features) { f.Bonding = false }))
		before := plainBond(w.bond(bt.Central))
		w.central().tap.pdus()
		if err := w.peripheral().session.RequestSecurity(t.Context(), smp.SecurityRequirements{Bonding: true}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if sent := w.central().tap.pdus(); sent != "05:03" {
			t.Errorf("the central sends %q, want 05:03", sent)
		}
		if after := plainBond(w.bond(bt.Central)); after != before {
			t.Errorf("the bond has changed:\n%s\n%s", before, after)
		}
	})
}

// TestSecurityRequested answers with Pair, with nil, with Cancel and with an
// error.
func TestSecurityRequested(t *testing.T) {
	tests := []struct {
		name   string
		answer func(ctx context.Context, q *smp.Question) error
		want   string // the first PDU of the central
	}{
		{"Pair", func(ctx context.Context, q *smp.Question) error {
			_, err := q.Session.Pair(ctx, with(func(f *smp.Features) { f.Keypress = true }))
			return err
		}, "01 03 00 19 10 03 03"},
		{"nil", func(context.Context, *smp.Question) error { return nil }, "01 03 00 09 10 03 03"},
		{"Cancel", func(_ context.Context, q *smp.Question) error { return q.Session.Cancel(smp.Busy) }, "05 10"},
		{"error", func(context.Context, *smp.Question) error { return errBroken }, "05 05"},
		{"reason", func(context.Context, *smp.Question) error { return smp.RepeatedAttempts }, "05 09"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				asked, both := 0, make(chan struct{})
				w := newWorld(t, func(s *setup) {
					s.puppets[1] = true
					s.options[0].Prompter.SecurityRequested = func(ctx context.Context, q *smp.Question) error {
						asked++
						<-both
						a := q.Offer.AuthReq
						if q.Role != bt.Central || a.Bonding() != 1 || !a.MITM() || !a.SC() || !a.Keypress() || q.Offer.MaxKeySize != 0 {
							t.Errorf("question %+v", q)
						}
						return test.answer(ctx, q)
					}
				})
				defer w.close()
				w.connect()
				w.peripheral().send(0x0b, 0x1d)
				w.peripheral().send(0x0b, 0x1d) // ignored: the first one is not answered yet
				synctest.Wait()
				close(both)
				got := w.peripheral().got()
				if diff := cmp.Diff([]string{strings.ReplaceAll(test.want, " ", "")}, got); diff != "" || asked != 1 {
					t.Errorf("asked %d times (-want +got):\n%s", asked, diff)
				}
				if w.central().session.State() == smp.StateAwaitResponse {
					w.peripheral().send(0x05, 0x08)
					synctest.Wait()
				}
				if state := w.central().session.State(); state != smp.StateIdle {
					t.Errorf("state %v", state)
				}
			})
		})
	}
}

// TestEncryptBonded encrypts new links of bonded peers by itself, at either or
// both sides, and leaves others alone.
func TestEncryptBonded(t *testing.T) {
	for _, on := range [][2]bool{{true, false}, {false, true}, {true, true}} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				// What the peripheral would offer now is more than the bond has.
				s.options[1].Features = with(func(f *smp.Features) { f.MITM = false })
				s.options[0].EncryptBonded, s.options[1].EncryptBonded = on[0], on[1]
			})
			defer w.close()
			w.connect()
			for _, d := range w.sides {
				d.wants()
			}
			w.mustPair(smp.DefaultFeatures())
			w.reconnect()
			synctest.Wait()
			for _, d := range w.sides {
				if _, encrypted := d.session.Level(); !encrypted {
					t.Errorf("%v: the link is not encrypted", d.role)
				}
			}
			// Where both begin, the request may come after the encryption: a refresh.
			for _, line := range w.central().events() {
				if line != "encrypted: just works" {
					t.Errorf("%v: event %q", on, line)
				}
			}
		})
	}
}

// TestEncryptBonded_level asks for what the bond has, though the features have
// come to ask for more.
func TestEncryptBonded_level(t *testing.T) {
	bubble(t, func(t *testing.T) {
		stores := [2]bond.Store{bond.NewMemory(), bond.NewMemory()}
		w := paired(t, smp.DefaultFeatures(), func(s *setup) { s.stores = stores })
		w.disconnect()
		w.close()
		w = newWorld(t, people, func(s *setup) {
			s.stores = stores
			s.options[1].EncryptBonded, s.options[1].Features = true, withMITM(smp.DisplayYesNo)
		})
		defer w.close()
		w.connect()
		w.central().wants("encrypted: just works")
	})
}

// TestPolicy_stored keeps keys unused that the policy no longer accepts.
func TestPolicy_stored(t *testing.T) {
	tests := []struct {
		name   string
		policy smp.Policy
		change func(*bond.Bond)
	}{
		{"SC only", smp.Policy{SCOnly: true}, func(b *bond.Bond) { b.SC = false }},
		{"MITM", smp.Policy{RequireMITM: true}, func(*bond.Bond) {}},
		{"key size", smp.Policy{}, func(b *bond.Bond) {
			b.KeySize, b.LocalLTK.Key[0] = 15, 0
			b.PeerLTK = b.LocalLTK
		}},
		{"debug key", smp.Policy{}, func(b *bond.Bond) { b.Debug = true }},
		{"legacy passkey", smp.Policy{LegacyPasskey: smp.LegacyPasskeyRefused}, func(b *bond.Bond) {
			b.SC, b.MITM, b.Model = false, true, uint8(smp.InitiatorTypes)
		}},
	}
	for _, test := range tests {
		for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
			t.Run(test.name+"/"+who.String(), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					stores := [2]bond.Store{bond.NewMemory(), bond.NewMemory()}
					w := paired(t, smp.DefaultFeatures(), func(s *setup) { s.stores = stores })
					b := w.bond(who)
					test.change(b)
					if err := stores[who].Put(*b); err != nil {
						t.Fatal(err)
					}
					w.disconnect()
					w.close()
					w = newWorld(t, func(s *setup) {
						s.stores = stores
						s.options[who].Policy = test.policy
						s.options[who].EncryptBonded = true
					})
					defer w.close()
					w.connect()
					if level, ok := w.sides[who].session.AvailableLevel(); ok || !w.sides[who].session.Bonded() {
						t.Errorf("available: %v", level)
					}
					want := smp.ErrNoLTK
					if who == bt.Peripheral {
						want = error(bt.PINOrKeyMissing)
					}
					if _, err := w.central().session.Encrypt(t.Context()); !errors.Is(err, want) {
						t.Errorf("Encrypt: %v, want %v", err, want)
					}
				})
			})
		}
	}
}
