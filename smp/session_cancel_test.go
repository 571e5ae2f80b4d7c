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
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// course is a pairing that is worth ending at each of its steps.
type course struct {
	name     string
	features [2]smp.Features // by role
}

// courses are a short and a long pairing, legacy and LE Secure Connections.
func courses() []course {
	all := smp.KeyDistributionEncKey | smp.KeyDistributionIdKey | smp.KeyDistributionSignKey
	ours := func(sc bool, io smp.IOCapability) smp.Features {
		return with(func(f *smp.Features) {
			f.SC, f.IOCapability, f.MITM, f.InitiatorKeys, f.ResponderKeys = sc, io, io != smp.NoInputNoOutput, all, all
		})
	}
	pair := func(name string, sc bool, central, peripheral smp.IOCapability) course {
		return course{name, [2]smp.Features{ours(sc, central), ours(sc, peripheral)}}
	}
	return []course{
		pair("just works", true, smp.NoInputNoOutput, smp.NoInputNoOutput),
		pair("numeric", true, smp.DisplayYesNo, smp.DisplayYesNo),
		pair("passkey", true, smp.KeyboardOnly, smp.DisplayOnly),
		pair("legacy just works", false, smp.NoInputNoOutput, smp.NoInputNoOutput),
		pair("legacy passkey", false, smp.DisplayOnly, smp.KeyboardOnly),
	}
}

// run pairs in a new world and ends it at the n-th SMP PDU on the air, in the
// way that the test wants. It reports whether there was an n-th.
func (c course) run(t *testing.T, n int, end func(w *world, from bt.Role) virtual.Fate, check func(w *world, result *smp.Result, err error)) (reached bool) {
	bubble(t, func(t *testing.T) {
		var w *world
		at := &frames{fate: func(k int, from bt.Role) virtual.Fate {
			if k != n || w == nil {
				return virtual.Fate{}
			}
			reached = true
			return end(w, from)
		}}
		w = newWorld(t, people, func(s *setup) {
			s.air.Interceptor, s.air.Delay = at, time.Millisecond
			s.options[1].Features = c.features[1]
		})
		defer w.close()
		w.connect()
		result, err := w.central().session.Pair(t.Context(), c.features[0])
		check(w, result, err)
	})
	return reached
}

// outcome counts how often each kind of event was reported.
func (d *device) outcome() (complete, failed int, lines []string) {
	lines = d.events()
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "complete"):
			complete++
		case strings.HasPrefix(line, "failed"), line == "timeout":
			failed++
		}
	}
	return complete, failed, lines
}

// TestPair_linkLost loses the link at every step: one outcome at each side, and
// never two bonds that differ.
func TestPair_linkLost(t *testing.T) {
	for _, c := range courses() {
		t.Run(c.name, func(t *testing.T) {
			for n := 1; ; n++ {
				reached := c.run(t, n, func(*world, bt.Role) virtual.Fate { return virtual.Fate{Lose: true} },
					func(w *world, result *smp.Result, err error) {
						var pairing *smp.PairingError
						switch {
						case err == nil && result.Bonded:
						case !errors.As(err, &pairing), pairing.Cause != smp.LinkLost, !errors.Is(err, bt.ConnectionTimeout):
							t.Errorf("PDU %d: Pair gave %v", n, err)
						}
						bonds := 0
						for _, d := range w.sides {
							complete, failed, lines := d.outcome()
							unaware := d.role == bt.Peripheral && n == 1
							if complete+failed != 1 && !unaware {
								t.Errorf("PDU %d: %v reports %q", n, d.role, lines)
							}
							if stored := w.bond(d.role) != nil; stored != (complete == 1) {
								t.Errorf("PDU %d: %v has a bond: %t, reports %q", n, d.role, stored, lines)
							} else if stored {
								bonds++
							}
						}
						if bonds == 2 {
							w.agree()
						}
					})
				if !reached {
					if n < 8 {
						t.Errorf("a pairing of %d PDUs", n-1)
					}
					return
				}
			}
		})
	}
}

// TestCancel cancels at every step, on either side: both sides end it for the
// same reason, or it was too late and both finish.
func TestCancel(t *testing.T) {
	for _, c := range courses() {
		for _, who := range []bt.Role{bt.Central, bt.Peripheral} {
			t.Run(fmt.Sprintf("%s/%v", c.name, who), func(t *testing.T) {
				early, late := 0, 0
				for n := 1; ; n++ {
					var cancelled error
					ready := make(chan struct{})
					reached := c.run(t, n, func(w *world, _ bt.Role) virtual.Fate {
						go func() { // not under the air's lock
							cancelled = w.sides[who].session.Cancel(smp.OOBNotAvailable)
							close(ready)
						}()
						return virtual.Fate{}
					}, func(w *world, result *smp.Result, err error) {
						time.Sleep(time.Second) // what is on the air arrives
						synctest.Wait()
						select {
						case <-ready:
						default:
							return // never reached
						}
						other := w.sides[1-who]
						switch {
						case errors.Is(cancelled, smp.ErrTooLate):
							late++
							if err != nil {
								t.Errorf("PDU %d: too late to cancel, but %v", n, err)
							}
							w.agree()
						case cancelled != nil:
							t.Errorf("PDU %d: %v", n, cancelled)
						case who == bt.Peripheral && err == nil:
							// Nothing was known of the pairing yet, or it was over.
							w.agree()
						default:
							early++
							w.sides[who].wants("failed: " + smp.OOBNotAvailable.String())
							if n == 1 && who == bt.Central {
								// The Pairing Failed follows on the heels of the request.
								if complete, failed, lines := other.outcome(); complete+failed > 1 {
									t.Errorf("PDU %d: the other side reports %q", n, lines)
								}
							} else {
								other.wants("failed: peer: " + smp.OOBNotAvailable.String())
							}
							if !errors.Is(err, smp.OOBNotAvailable) {
								t.Errorf("PDU %d: Pair gave %v", n, err)
							}
						}
					})
					if !reached {
						break
					}
				}
				if early == 0 || late == 0 {
					t.Errorf("%d cancelled, %d too late; want some of both", early, late)
				}
			})
		}
	}
}

// TestPair_contextEnds ends the context at every step. Pair then comes back
// after the Pairing Failed has arrived, or with the result.
func TestPair_contextEnds(t *testing.T) {
	for _, c := range courses() {
		t.Run(c.name, func(t *testing.T) {
			early, late := 0, 0
			for n := 1; ; n++ {
				reached := false
				bubble(t, func(t *testing.T) {
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					failedArrived := false
					at := &frames{}
					w := newWorld(t, people, func(s *setup) {
						s.air.Interceptor, s.air.Delay = at, time.Millisecond
						s.options[1].Features = c.features[1]
						s.options[1].Trace = func(_ *smp.Session, tr smp.Trace) {
							failedArrived = failedArrived || tr.Event == smp.EventPairingFailed
						}
					})
					defer w.close()
					at.fate = func(k int, _ bt.Role) virtual.Fate {
						if k == n {
							reached = true
							cancel(errBroken)
						}
						return virtual.Fate{}
					}
					w.connect()
					w.central().tap.pdus()
					result, err := w.central().session.Pair(ctx, c.features[0])
					sent := w.central().tap.pdus()
					switch {
					case !reached:
						if err != nil {
							t.Error(err)
						}
					case err == nil:
						late++
						if strings.Contains(sent, "05:") || !result.Bonded {
							t.Errorf("PDU %d: sent %s, bonded %t", n, sent, result.Bonded)
						}
					default:
						early++
						if !errors.Is(err, errBroken) || !errors.Is(err, smp.UnspecifiedReason) {
							t.Errorf("PDU %d: %v", n, err)
						}
						if !strings.HasSuffix(sent, "05:08") {
							t.Errorf("PDU %d: sent %s, want 05:08 at the end", n, sent)
						}
						synctest.Wait()
						if !failedArrived {
							t.Errorf("PDU %d: Pair came back before the peer had the Pairing Failed", n)
						}
					}
				})
				if !reached {
					break
				}
			}
			if early == 0 || late == 0 {
				t.Errorf("%d cancelled, %d too late; want some of both", early, late)
			}
		})
	}
}

// TestPair_contextEnds_acknowledged has the air take a second for each PDU: Pair
// waits until the Pairing Failed is there, and the link can then be closed.
func TestPair_contextEnds_acknowledged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) { s.air.Delay = time.Second })
		defer w.close()
		w.connect()
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := w.central().session.Pair(ctx, smp.DefaultFeatures())
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) < 3500*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		w.disconnect()
		if _, _, lines := w.peripheral().outcome(); len(lines) == 0 || lines[0] != "failed: peer: unspecified reason" {
			t.Errorf("the peripheral reports %q", lines)
		}
	})
}

// TestPair_contextEnds_linkLost loses the link before the Pairing Failed can be
// acknowledged: Pair does not wait for ever.
func TestPair_contextEnds_linkLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) { s.air.Delay = time.Second })
		defer w.close()
		w.connect()
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		time.AfterFunc(3*time.Second, func() { w.air.Links()[0].Drop() })
		if _, err := w.central().session.Pair(ctx, smp.DefaultFeatures()); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
