package smp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/smp"

	"github.com/google/go-cmp/cmp"
)

// TestSession_wrongRole makes each call of the other role.
func TestSession_wrongRole(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.connect()
		ctx := t.Context()
		if _, err := w.peripheral().session.Pair(ctx, smp.DefaultFeatures()); !errors.Is(err, smp.ErrWrongRole) {
			t.Errorf("Pair at the peripheral: %v", err)
		}
		if _, err := w.peripheral().session.Encrypt(ctx); !errors.Is(err, smp.ErrWrongRole) {
			t.Errorf("Encrypt at the peripheral: %v", err)
		}
		if err := w.central().session.RequestSecurity(ctx, smp.SecurityRequirements{}); !errors.Is(err, smp.ErrWrongRole) {
			t.Errorf("RequestSecurity at the central: %v", err)
		}
		for _, d := range w.sides {
			if d.session.Role() != d.role || d.session.Link() != bt.Link(d.conn) || d.session.State() != smp.StateIdle {
				t.Errorf("role %v, link %v, state %v", d.session.Role(), d.session.Link(), d.session.State())
			}
		}
	})
}

// TestSession_idle makes the calls that need something which is not there.
func TestSession_idle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.connect()
		c, p := w.central().session, w.peripheral().session
		if _, err := c.Encrypt(t.Context()); !errors.Is(err, smp.ErrNoLTK) {
			t.Errorf("Encrypt without a key: %v", err)
		}
		ended, cancel := context.WithCancelCause(t.Context())
		cancel(errBroken)
		if _, err := c.Pair(ended, smp.DefaultFeatures()); !errors.Is(err, errBroken) {
			t.Errorf("Pair with an ended context: %v", err)
		}
		if _, err := c.Encrypt(ended); !errors.Is(err, errBroken) {
			t.Errorf("Encrypt with an ended context: %v", err)
		}
		if err := p.RequestSecurity(ended, smp.SecurityRequirements{}); !errors.Is(err, errBroken) {
			t.Errorf("RequestSecurity with an ended context: %v", err)
		}
		for _, s := range []*smp.Session{c, p} {
			if err := s.Cancel(0); err != nil {
				t.Errorf("%v: Cancel: %v", s.Role(), err)
			}
			if err := s.NotifyKeypress(smp.PasskeyCleared); !errors.Is(err, smp.ErrNotPairing) {
				t.Errorf("%v: NotifyKeypress: %v", s.Role(), err)
			}
			if err := s.NotifyKeypress(5); err == nil || errors.Is(err, smp.ErrNotPairing) {
				t.Errorf("%v: NotifyKeypress(5): %v", s.Role(), err)
			}
			if _, ok := s.AvailableLevel(); ok || s.Bonded() {
				t.Errorf("%v: a key and a bond from nowhere", s.Role())
			}
		}
		for _, d := range w.sides {
			d.wants()
			if sent := d.tap.pdus(); sent != "" {
				t.Errorf("%v sent %s", d.role, sent)
			}
		}
		w.disconnect()
		if _, err := c.Pair(t.Context(), smp.DefaultFeatures()); !errors.Is(err, smp.ErrClosed) {
			t.Errorf("Pair on a link that is gone: %v", err)
		}
		if err := p.RequestSecurity(t.Context(), smp.SecurityRequirements{}); !errors.Is(err, smp.ErrClosed) {
			t.Errorf("RequestSecurity on a link that is gone: %v", err)
		}
	})
}

// TestPair_refusedFeatures offers what nobody can keep: nothing is sent.
func TestPair_refusedFeatures(t *testing.T) {
	other := bt.TypedAddress{Address: bt.Address{9}}
	c16 := &[16]byte{1}
	tests := []struct {
		name     string
		features smp.Features
		want     string
	}{
		{"bare literal", smp.Features{}, "start from DefaultFeatures"},
		{"key size 6", with(func(f *smp.Features) { f.MaxKeySize = 6 }), "MaxKeySize is 6"},
		{"key size 17", with(func(f *smp.Features) { f.MaxKeySize = 17 }), "MaxKeySize is 17"},
		{"key size below the policy", with(func(f *smp.Features) { f.MaxKeySize = 15 }), "Policy.MinKeySize"},
		{"IO capability", with(func(f *smp.Features) { f.IOCapability = 5 }), "IOCapability"},
		{"display", with(func(f *smp.Features) { f.IOCapability = smp.DisplayOnly }), "Prompter.DisplayPasskey"},
		{"keyboard", with(func(f *smp.Features) { f.IOCapability = smp.KeyboardOnly }), "Prompter.EnterPasskey"},
		{"yes and no", with(func(f *smp.Features) { f.IOCapability = smp.DisplayYesNo }), "Prompter.DisplayPasskey"},
		{"link key", with(func(f *smp.Features) { f.InitiatorKeys |= smp.KeyDistributionLinkKey }), "Options.CTKD"},
		{"data of another", with(func(f *smp.Features) { f.PeerOOB = &smp.PeerOOB{Address: other, Confirm: c16, Random: c16} }), other.String()},
		{"no data", with(func(f *smp.Features) { f.PeerOOB = &smp.PeerOOB{Address: peripheralAddress} }), "neither"},
		{"half of the data", with(func(f *smp.Features) { f.PeerOOB = &smp.PeerOOB{Address: peripheralAddress, Confirm: c16} }), "only one"},
	}
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.connect()
		for _, test := range tests {
			if _, err := w.central().session.Pair(t.Context(), test.features); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: error %q, want it to name %q", test.name, err, test.want)
			}
		}
		if sent := w.central().tap.pdus(); sent != "" {
			t.Errorf("sent %s", sent)
		}
	})
}

// TestSetLTK encrypts with keys that come from elsewhere, cut ones included.
func TestSetLTK(t *testing.T) {
	whole := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	tests := []struct {
		name     string
		ltk      []byte
		mitm, sc bool
		policy   smp.Policy
		want     string
	}{
		{name: "16 octets", ltk: whole, mitm: true, sc: true},
		{name: "7 octets", ltk: whole[9:], policy: smp.Policy{MinKeySize: 7}},
		{name: "12 octets", ltk: whole[4:], mitm: true, policy: smp.Policy{MinKeySize: 12}},
		{name: "6 octets", ltk: whole[10:], policy: smp.Policy{MinKeySize: 7}, want: "6 octets"},
		{name: "17 octets", ltk: append([]byte{1}, whole...), want: "17 octets"},
		{name: "below the policy", ltk: whole[1:], want: "Policy.MinKeySize"},
		{name: "zeros", ltk: make([]byte, 16), want: "zeros"},
		{name: "legacy in SC only", ltk: whole, policy: smp.Policy{SCOnly: true}, want: "Policy.SCOnly"},
		{name: "no MITM where it is a must", ltk: whole, sc: true, policy: smp.Policy{RequireMITM: true}, want: "Policy.RequireMITM"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, func(s *setup) {
					for i := range s.options {
						s.options[i].Policy = test.policy
						s.options[i].Policy.Backoff.Off = true
						s.options[i].Features = with(func(f *smp.Features) { f.IOCapability = smp.NoInputNoOutput })
					}
				})
				defer w.close()
				w.connect()
				for _, d := range w.sides {
					err := d.session.SetLTK(test.ltk, 0x1122334455667788, 0x99aa, test.mitm, test.sc)
					if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
						t.Errorf("%v: error %v, want %q", d.role, err, test.want)
					}
				}
				if test.want != "" {
					return
				}
				want := smp.Level{MITM: test.mitm, SC: test.sc, KeySize: len(test.ltk)}
				if level, ok := w.central().session.AvailableLevel(); !ok || level != want {
					t.Errorf("AvailableLevel: %v %t, want %v", level, ok, want)
				}
				got, err := w.central().session.Encrypt(t.Context())
				if err != nil || got != want {
					t.Errorf("Encrypt: %v, %v, want %v", got, err, want)
				}
				synctest.Wait()
				for _, d := range w.sides {
					if level, encrypted := d.session.Level(); !encrypted || level != want {
						t.Errorf("%v: level %v %t", d.role, level, encrypted)
					}
					if d.session.Bonded() {
						t.Errorf("%v: a given key makes no bond", d.role)
					}
				}
			})
		})
	}
}

// TestSetLTK_different gives the two sides different keys: a MIC failure, which
// Encrypt reports as the end of the link.
func TestSetLTK_different(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.connect()
		for i, d := range w.sides {
			ltk := make([]byte, 16)
			ltk[0] = byte(i + 1)
			if err := d.session.SetLTK(ltk, 0, 0, false, true); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.central().session.Encrypt(t.Context()); !errors.Is(err, smp.ErrClosed) {
			t.Errorf("Encrypt: %v, want ErrClosed", err)
		}
		w.central().wants("disconnected: " + bt.MICFailure.String())
	})
}

// TestRequestSecurity_flags looks at the wire for all sixteen combinations.
func TestRequestSecurity_flags(t *testing.T) {
	for n := range 16 {
		r := smp.SecurityRequirements{Bonding: n&1 != 0, MITM: n&2 != 0, SC: n&4 != 0, Keypress: n&8 != 0}
		bubble(t, func(t *testing.T) {
			w := newWorld(t, func(s *setup) { s.puppets[0] = true })
			defer w.close()
			w.connect()
			if err := w.peripheral().session.RequestSecurity(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			auth := n & 1
			if r.MITM {
				auth |= 0x04
			}
			if r.SC {
				auth |= 0x08
			}
			if r.Keypress {
				auth |= 0x10
			}
			if diff := cmp.Diff([]string{fmt.Sprintf("0b%02x", auth)}, w.central().got()); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", r, diff)
			}
			if err := w.peripheral().session.RequestSecurity(t.Context(), r); !errors.Is(err, smp.ErrBusy) {
				t.Errorf("a second request: %v, want ErrBusy", err)
			}
			if err := w.peripheral().session.Cancel(0); err != nil {
				t.Errorf("Cancel: %v", err)
			}
			w.peripheral().wants("failed: cancelled")
		})
	}
}

// TestPair_offer looks at the Pairing Request for every bit of the features.
func TestPair_offer(t *testing.T) {
	tests := []struct {
		name   string
		change func(*smp.Features)
		want   string
	}{
		{"defaults", func(*smp.Features) {}, "01 03 00 09 10 03 03"},
		{"no bonding", func(f *smp.Features) { f.Bonding = false }, "01 03 00 08 10 03 03"},
		{"MITM", func(f *smp.Features) { f.MITM = true }, "01 03 00 0d 10 03 03"},
		{"legacy", func(f *smp.Features) { f.SC = false }, "01 03 00 01 10 03 03"},
		{"keypress", func(f *smp.Features) { f.Keypress = true }, "01 03 00 19 10 03 03"},
		{"CT2", func(f *smp.Features) { f.CT2 = true }, "01 03 00 29 10 03 03"},
		{"display only", func(f *smp.Features) { f.IOCapability = smp.DisplayOnly }, "01 00 00 09 10 03 03"},
		{"7 octets", func(f *smp.Features) { f.MaxKeySize = 7 }, "01 03 00 09 07 03 03"},
		{"keys", func(f *smp.Features) { f.InitiatorKeys, f.ResponderKeys = 0x07, 0x0c }, "01 03 00 09 10 07 0c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, people, func(s *setup) {
					s.puppets[1] = true
					s.options[0].CTKD, s.options[0].Policy.MinKeySize = true, 7
				})
				defer w.close()
				w.connect()
				done := make(chan error, 1)
				go func() {
					_, err := w.central().session.Pair(t.Context(), with(test.change))
					done <- err
				}()
				if diff := cmp.Diff([]string{strings.ReplaceAll(test.want, " ", "")}, w.peripheral().got()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				w.peripheral().send(0x05, 0x05)
				if err := <-done; !errors.Is(err, smp.PairingNotSupported) {
					t.Errorf("Pair: %v", err)
				}
			})
		})
	}
}

// TestErrBusy makes calls while a pairing waits for the user at the peripheral.
func TestErrBusy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asked, answer := make(chan struct{}), make(chan struct{})
		w := newWorld(t, func(s *setup) {
			s.options[1].Prompter.Consent = func(context.Context, *smp.Question) error {
				close(asked)
				<-answer
				return nil
			}
		})
		defer w.close()
		w.connect()
		c, p := w.central().session, w.peripheral().session
		done := make(chan error, 1)
		go func() {
			_, err := c.Pair(t.Context(), smp.DefaultFeatures())
			done <- err
		}()
		<-asked
		if _, err := c.Pair(t.Context(), smp.DefaultFeatures()); !errors.Is(err, smp.ErrBusy) {
			t.Errorf("Pair: %v", err)
		}
		if _, err := c.Encrypt(t.Context()); !errors.Is(err, smp.ErrBusy) {
			t.Errorf("Encrypt: %v", err)
		}
		if err := p.RequestSecurity(t.Context(), smp.SecurityRequirements{}); !errors.Is(err, smp.ErrBusy) {
			t.Errorf("RequestSecurity: %v", err)
		}
		for _, s := range []*smp.Session{c, p} {
			if err := s.NotifyKeypress(smp.PasskeyCleared); !errors.Is(err, smp.ErrKeypressNotAgreed) {
				t.Errorf("%v: NotifyKeypress: %v", s.Role(), err)
			}
		}
		close(answer)
		if err := <-done; err != nil {
			t.Errorf("the pairing itself: %v", err)
		}
	})
}

// TestNotifyKeypress types at the central, with and without the agreement.
func TestNotifyKeypress(t *testing.T) {
	for _, agreed := range []bool{true, false} {
		t.Run(fmt.Sprint(agreed), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var told []string
				w := newWorld(t, people, func(s *setup) {
					s.options[1].Features = with(func(f *smp.Features) { f.IOCapability, f.MITM, f.Keypress = smp.DisplayOnly, true, agreed })
					s.options[1].Prompter.Keypress = func(q *smp.Question, k smp.KeypressType) {
						told = append(told, fmt.Sprintf("%v %v", q.Level.Model, k))
					}
					enter := s.options[0].Prompter.EnterPasskey
					s.options[0].Prompter.EnterPasskey = func(ctx context.Context, q *smp.Question) (smp.Passkey, error) {
						for k := smp.PasskeyEntryStarted; k <= smp.PasskeyEntryCompleted; k++ {
							if err := q.Session.NotifyKeypress(k); agreed && err != nil || !agreed && !errors.Is(err, smp.ErrKeypressNotAgreed) {
								t.Errorf("%v: %v", k, err)
							}
						}
						return enter(ctx, q)
					}
				})
				defer w.close()
				w.connect()
				w.mustPair(with(func(f *smp.Features) { f.IOCapability, f.MITM, f.Keypress = smp.KeyboardOnly, true, true }))
				var events, calls []string
				if agreed {
					for k := smp.PasskeyEntryStarted; k <= smp.PasskeyEntryCompleted; k++ {
						events = append(events, "keypress: "+k.String())
						calls = append(calls, "passkey, initiator types "+k.String())
					}
				}
				w.peripheral().wants(append(events, "encrypted: passkey, initiator types", "complete: passkey, initiator types, bonded")...)
				if diff := cmp.Diff(calls, told); diff != "" {
					t.Errorf("Prompter.Keypress (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestPair_concurrent has many callers; one pairs, the others are told.
func TestPair_concurrent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) { s.air.Delay = time.Millisecond })
		defer w.close()
		w.connect()
		results := make(chan error, 10)
		for range cap(results) {
			go func() {
				_, err := w.central().session.Pair(t.Context(), smp.DefaultFeatures())
				results <- err
			}()
		}
		paired := 0
		for range cap(results) {
			if err := <-results; err == nil {
				paired++
			} else if !errors.Is(err, smp.ErrBusy) {
				t.Error(err)
			}
		}
		if paired != 1 {
			t.Errorf("%d calls paired, want 1", paired)
		}
	})
}
