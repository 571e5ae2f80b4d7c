package smp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/smp"
)

// refusals are the questions of a Prompter, each refused with an error.
func refusals(err error) []struct {
	name     string
	role     bt.Role // who is asked
	central  smp.IOCapability
	answers  smp.IOCapability // of the peripheral
	prompter smp.Prompter
	reason   smp.Reason // where the error names none
} {
	refuse := func(context.Context, *smp.Question) error { return err }
	none, display, yesNo, keyboard := smp.NoInputNoOutput, smp.DisplayOnly, smp.DisplayYesNo, smp.KeyboardOnly
	enter := func(context.Context, *smp.Question) (smp.Passkey, error) { return 0, err }
	compare := func(context.Context, *smp.Question) (bool, error) { return true, err }
	return []struct {
		name     string
		role     bt.Role
		central  smp.IOCapability
		answers  smp.IOCapability
		prompter smp.Prompter
		reason   smp.Reason
	}{
		{"PairingRequested", bt.Peripheral, none, none, smp.Prompter{
			PairingRequested: func(context.Context, *smp.Question) (smp.Features, error) { return smp.DefaultFeatures(), err },
		}, smp.PairingNotSupported},
		{"ConfirmFeatures", bt.Peripheral, none, none, smp.Prompter{ConfirmFeatures: refuse}, smp.AuthenticationRequirements},
		{"ConfirmFeatures", bt.Central, none, none, smp.Prompter{ConfirmFeatures: refuse}, smp.AuthenticationRequirements},
		{"Consent", bt.Peripheral, none, none, smp.Prompter{Consent: refuse}, smp.AuthenticationRequirements},
		{"Consent", bt.Central, none, none, smp.Prompter{Consent: refuse}, smp.AuthenticationRequirements},
		{"DisplayPasskey", bt.Peripheral, keyboard, display, smp.Prompter{DisplayPasskey: refuse}, smp.PasskeyEntryFailed},
		{"DisplayPasskey", bt.Central, display, keyboard, smp.Prompter{DisplayPasskey: refuse}, smp.PasskeyEntryFailed},
		{"EnterPasskey", bt.Peripheral, display, keyboard, smp.Prompter{EnterPasskey: enter}, smp.PasskeyEntryFailed},
		{"EnterPasskey", bt.Central, keyboard, display, smp.Prompter{EnterPasskey: enter}, smp.PasskeyEntryFailed},
		{"CompareNumber", bt.Peripheral, yesNo, yesNo, smp.Prompter{CompareNumber: compare}, smp.NumericComparisonFailed},
		{"CompareNumber", bt.Central, yesNo, yesNo, smp.Prompter{CompareNumber: compare}, smp.NumericComparisonFailed},
	}
}

// override puts the functions that are set in one Prompter into another.
func override(p *smp.Prompter, by smp.Prompter) {
	if by.PairingRequested != nil {
		p.PairingRequested = by.PairingRequested
	}
	if by.ConfirmFeatures != nil {
		p.ConfirmFeatures = by.ConfirmFeatures
	}
	if by.Consent != nil {
		p.Consent = by.Consent
	}
	if by.DisplayPasskey != nil {
		p.DisplayPasskey = by.DisplayPasskey
	}
	if by.EnterPasskey != nil {
		p.EnterPasskey = by.EnterPasskey
	}
	if by.CompareNumber != nil {
		p.CompareNumber = by.CompareNumber
	}
}

// TestPrompter_refuses has every question refused: with a plain error, and with
// one that wraps a Reason. Both sides report the reason, the one that refused the
// error too.
func TestPrompter_refuses(t *testing.T) {
	plain := errors.New("the user went home")
	wrapped := fmt.Errorf("sold out: %w", smp.Busy)
	for _, err := range []error{plain, wrapped} {
		for _, sc := range []bool{true, false} {
			for _, test := range refusals(err) {
				if test.name == "CompareNumber" && !sc {
					continue
				}
				t.Run(fmt.Sprintf("%s/%v/sc=%t/%v", test.name, test.role, sc, err), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						want := test.reason
						if errors.Is(err, smp.Busy) {
							want = smp.Busy
						}
						ours := func(io smp.IOCapability) smp.Features {
							return with(func(f *smp.Features) { f.SC, f.IOCapability, f.MITM = sc, io, io != smp.NoInputNoOutput })
						}
						var atPeripheral *smp.PairingError
						w := newWorld(t, people, func(s *setup) {
							s.options[1].Features = ours(test.answers)
							override(&s.options[test.role].Prompter, test.prompter)
							s.options[1].OnEvent = func(_ *smp.Session, e smp.Event) {
								if failed, ok := e.(smp.PairingFailedEvent); ok {
									atPeripheral = failed.Err
								}
							}
						})
						defer w.close()
						w.connect()
						_, got := w.central().session.Pair(t.Context(), ours(test.central))
						if !errors.Is(got, want) {
							t.Errorf("Pair: %v, want %v", got, want)
						}
						w.sides[test.role].wants("failed: " + want.String())
						w.sides[1-test.role].wants("failed: peer: " + want.String())
						if test.role == bt.Peripheral {
							got = atPeripheral
						}
						if !errors.Is(got, err) {
							t.Errorf("the error of the user is lost: %v", got)
						}
					})
				})
			}
		}
	}
}

// TestPrompter_questions looks at what the questions say.
func TestPrompter_questions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked []string
		note := func(name string, q *smp.Question) {
			asked = append(asked, fmt.Sprintf("%s %v %v %v bonded=%t %v %v", name, q.Role, q.Peer, q.Offer.IOCapability, q.Bonded, q.Level.Model, q.Offer.MaxKeySize))
			if q.Session == nil || q.Session.Peer() != q.Peer || q.PeerIdentity != q.Peer {
				t.Errorf("%s: session %v, peer %v, identity %v", name, q.Session, q.Peer, q.PeerIdentity)
			}
		}
		numbers := make(chan smp.Passkey, 2)
		w := newWorld(t, people, func(s *setup) {
			s.options[1].Features = withMITM(smp.DisplayYesNo)
			p := &s.options[1].Prompter
			p.PairingRequested = func(_ context.Context, q *smp.Question) (smp.Features, error) {
				note("PairingRequested", q)
				if !q.Offer.AuthReq.MITM() || !q.Offer.AuthReq.SC() {
					t.Errorf("offer %v", q.Offer.AuthReq)
				}
				return withMITM(smp.DisplayYesNo), nil
			}
			p.ConfirmFeatures = func(_ context.Context, q *smp.Question) error {
				note("ConfirmFeatures", q)
				return nil
			}
			p.Consent = func(context.Context, *smp.Question) error {
				t.Error("consent is for Just Works alone")
				return nil
			}
			for i := range s.options {
				s.options[i].Prompter.CompareNumber = func(_ context.Context, q *smp.Question) (bool, error) {
					numbers <- q.Passkey
					return true, nil
				}
			}
		})
		defer w.close()
		w.connect()
		w.mustPair(withMITM(smp.KeyboardDisplay))
		if a, b := <-numbers, <-numbers; a != b || len(a.String()) != 6 {
			t.Errorf("numbers %v and %v", a, b)
		}
		want := []string{
			"PairingRequested peripheral 00:11:22:33:44:55/public KeyboardDisplay bonded=false just works 16",
			"ConfirmFeatures peripheral 00:11:22:33:44:55/public KeyboardDisplay bonded=false numeric comparison 16",
		}
		if got := strings.Join(asked, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("asked:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
		}
	})
}

// TestPrompter_contextEnds blocks in each question until its context ends, which
// it does when the peer gives up, and answers late: the next pairing is not
// touched by it.
func TestPrompter_contextEnds(t *testing.T) {
	for _, model := range []string{"PairingRequested", "ConfirmFeatures", "Consent", "EnterPasskey", "DisplayPasskey", "CompareNumber"} {
		t.Run(model, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var late, first = make(chan struct{}), true
				asked := make(chan struct{}, 8)
				block := func(ctx context.Context) {
					asked <- struct{}{}
					if first {
						first = false
						<-ctx.Done()
						<-late
					}
				}
				io := map[string][2]smp.IOCapability{
					"EnterPasskey":   {smp.DisplayOnly, smp.KeyboardOnly},
					"DisplayPasskey": {smp.KeyboardOnly, smp.DisplayOnly},
					"CompareNumber":  {smp.DisplayYesNo, smp.DisplayYesNo},
				}[model]
				ours := func(i int) smp.Features {
					return with(func(f *smp.Features) {
						if f.IOCapability = io[i]; io[0] == io[1] && io[0] != smp.DisplayYesNo {
							f.IOCapability = smp.NoInputNoOutput
						}
						f.MITM = f.IOCapability != smp.NoInputNoOutput
					})
				}
				w := newWorld(t, people, func(s *setup) {
					s.options[1].Features = ours(1)
					person := s.options[1].Prompter
					p := &s.options[1].Prompter
					*p = smp.Prompter{
						DisplayPasskey: func(ctx context.Context, q *smp.Question) error {
							if model == "DisplayPasskey" {
								block(ctx)
								if ctx.Err() != nil {
									return errors.New("a late failure to display")
								}
							}
							return person.DisplayPasskey(ctx, q)
						},
						EnterPasskey: func(ctx context.Context, q *smp.Question) (smp.Passkey, error) {
							passkey, err := person.EnterPasskey(ctx, q)
							block(ctx)
							if ctx.Err() != nil {
								return 1, nil
							}
							return passkey, err
						},
						CompareNumber: func(ctx context.Context, _ *smp.Question) (bool, error) {
							block(ctx)
							return ctx.Err() == nil, nil
						},
					}
					switch model {
					case "PairingRequested":
						p.PairingRequested = func(ctx context.Context, _ *smp.Question) (smp.Features, error) {
							block(ctx)
							return ours(1), ctx.Err()
						}
					case "ConfirmFeatures":
						p.ConfirmFeatures = func(ctx context.Context, _ *smp.Question) error {
							block(ctx)
							return ctx.Err()
						}
					case "Consent":
						p.Consent = func(ctx context.Context, _ *smp.Question) error {
							block(ctx)
							return ctx.Err()
						}
					}
				})
				defer w.close()
				w.connect()
				ctx, cancel := context.WithCancel(t.Context())
				failed := make(chan error, 1)
				go func() {
					_, err := w.central().session.Pair(ctx, ours(0))
					failed <- err
				}()
				<-asked
				cancel()
				if err := <-failed; !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				w.peripheral().wants("failed: peer: unspecified reason")

				// The late answer comes in the middle of the second pairing.
				done := make(chan error, 1)
				go func() {
					_, err := w.central().session.Pair(t.Context(), ours(0))
					done <- err
				}()
				<-asked
				close(late)
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestPrompter_displayStays shows a passkey until the context ends, which it does
// with a success too.
func TestPrompter_displayStays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gone := false
		w := newWorld(t, people, func(s *setup) {
			s.options[1].Features = withMITM(smp.DisplayOnly)
			show := s.options[1].Prompter.DisplayPasskey
			s.options[1].Prompter.DisplayPasskey = func(ctx context.Context, q *smp.Question) error {
				err := show(ctx, q)
				<-ctx.Done()
				gone = true
				return err
			}
		})
		defer w.close()
		w.connect()
		w.mustPair(withMITM(smp.KeyboardOnly))
		if !gone {
			t.Error("the passkey is still shown")
		}
	})
}

// TestPrompter_lateAnswer lets the second question wait while the answer to the
// first one arrives: it is not taken for the second's.
func TestPrompter_lateAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		answers := []chan bool{make(chan bool), make(chan bool)}
		asked := make(chan struct{}, 2)
		n := 0
		w := newWorld(t, people, func(s *setup) {
			s.options[1].Features = withMITM(smp.DisplayYesNo)
			s.options[1].Prompter.CompareNumber = func(context.Context, *smp.Question) (bool, error) {
				answer := answers[n]
				n++
				asked <- struct{}{}
				return <-answer, nil
			}
		})
		defer w.close()
		w.connect()
		pair := func(ctx context.Context) <-chan error {
			done := make(chan error, 1)
			go func() {
				_, err := w.central().session.Pair(ctx, withMITM(smp.DisplayYesNo))
				done <- err
			}()
			<-asked
			synctest.Wait()
			return done
		}
		ctx, cancel := context.WithCancel(t.Context())
		first := pair(ctx)
		cancel()
		<-first
		second := pair(t.Context())
		answers[0] <- true // the first number was the same, says a slow user
		synctest.Wait()
		if state := w.peripheral().session.State(); state != smp.StateCompareHoldCheck {
			t.Errorf("state %v: the late yes was taken", state)
		}
		answers[1] <- false
		if err := <-second; !errors.Is(err, smp.NumericComparisonFailed) {
			t.Errorf("Pair: %v", err)
		}
	})
}

// TestPrompter_badAnswers gives what cannot be used: the pairing ends.
func TestPrompter_badAnswers(t *testing.T) {
	tests := []struct {
		name     string
		features smp.Features
		prompter smp.Prompter
		want     smp.Reason
		says     string
	}{
		{"seven digits", withMITM(smp.KeyboardOnly), smp.Prompter{
			EnterPasskey: func(context.Context, *smp.Question) (smp.Passkey, error) { return 1_000_000, nil },
		}, smp.PasskeyEntryFailed, "six digits"},
		{"bare features", smp.DefaultFeatures(), smp.Prompter{
			PairingRequested: func(context.Context, *smp.Question) (smp.Features, error) { return smp.Features{}, nil },
		}, smp.PairingNotSupported, "DefaultFeatures"},
		{"not the same", withMITM(smp.DisplayYesNo), smp.Prompter{
			CompareNumber: func(context.Context, *smp.Question) (bool, error) { return false, nil },
		}, smp.NumericComparisonFailed, "numeric comparison failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var says error
				w := newWorld(t, people, func(s *setup) {
					s.options[1].Features = test.features
					override(&s.options[1].Prompter, test.prompter)
					s.options[1].OnEvent = func(_ *smp.Session, e smp.Event) {
						if failed, ok := e.(smp.PairingFailedEvent); ok {
							says = failed.Err
						}
					}
				})
				defer w.close()
				w.connect()
				if _, err := w.central().session.Pair(t.Context(), withMITM(smp.KeyboardDisplay)); !errors.Is(err, test.want) {
					t.Errorf("Pair: %v, want %v", err, test.want)
				}
				synctest.Wait()
				if says == nil || !strings.Contains(says.Error(), test.says) || strings.Contains(says.Error(), "\n") {
					t.Errorf("the peripheral says %q, want it to say %q", says, test.says)
				}
			})
		})
	}
}

// TestPrompter_keypressBlocks has Prompter.Keypress block: the pairing goes on.
func TestPrompter_keypressBlocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWorld(t, people, func(s *setup) {
			s.options[1].Features = with(func(f *smp.Features) { f.IOCapability, f.MITM, f.Keypress = smp.DisplayOnly, true, true })
			s.options[1].Prompter.Keypress = func(*smp.Question, smp.KeypressType) { <-release }
			enter := s.options[0].Prompter.EnterPasskey
			s.options[0].Prompter.EnterPasskey = func(ctx context.Context, q *smp.Question) (smp.Passkey, error) {
				for range 200 {
					if err := q.Session.NotifyKeypress(smp.PasskeyDigitEntered); err != nil {
						t.Error(err)
					}
				}
				return enter(ctx, q)
			}
		})
		defer w.close()
		w.connect()
		w.mustPair(with(func(f *smp.Features) { f.IOCapability, f.MITM, f.Keypress = smp.KeyboardOnly, true, true }))
		close(release)
	})
}

// TestUnsafeFixedPasskey shows the fixed passkey.
func TestUnsafeFixedPasskey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var shown smp.Passkey
		w := newWorld(t, people, func(s *setup) {
			s.options[1].UnsafeFixedPasskey = new(smp.Passkey(42))
			s.options[1].Features = withMITM(smp.DisplayOnly)
			show := s.options[1].Prompter.DisplayPasskey
			s.options[1].Prompter.DisplayPasskey = func(ctx context.Context, q *smp.Question) error {
				shown = q.Passkey
				return show(ctx, q)
			}
		})
		defer w.close()
		w.connect()
		w.mustPair(withMITM(smp.KeyboardOnly))
		if shown.String() != "000042" {
			t.Errorf("shown %v", shown)
		}
	})
}
