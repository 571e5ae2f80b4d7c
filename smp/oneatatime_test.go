package smp_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/smp"
)

// TestOneAtATime pairs four sensors at once with one person: no two questions
// overlap, and a question within a question does not wait for itself.
func TestOneAtATime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asking, most, questions := 0, 0, 0
		ask := func() {
			asking++
			most = max(most, asking)
			questions++
			time.Sleep(time.Second) // a person needs time
			asking--
		}
		passkeys := map[bt.TypedAddress]chan smp.Passkey{}
		g := newGarden(t, 4, smp.Options{
			Features: withMITM(smp.KeyboardOnly),
			Prompter: smp.OneAtATime(smp.Prompter{
				SecurityRequested: func(ctx context.Context, q *smp.Question) error {
					ask()
					_, err := q.Session.Pair(ctx, withMITM(smp.KeyboardOnly))
					return err
				},
				EnterPasskey: func(ctx context.Context, q *smp.Question) (smp.Passkey, error) {
					ask()
					return <-passkeys[q.Peer], nil
				},
			}),
		}, func(address bt.TypedAddress) smp.Options {
			shown := make(chan smp.Passkey, 1)
			passkeys[address] = shown
			return smp.Options{Features: withMITM(smp.DisplayOnly), Prompter: person(shown)}
		})
		defer g.close()
		g.connect()
		results := make(chan error, len(g.sensors))
		for i, d := range g.sensors {
			go func() {
				if i%2 == 0 {
					_, err := d.session.Secure(t.Context(), smp.Level{MITM: true})
					results <- err
					return
				}
				_, err := g.central.manager.Session(d.conn).Secure(t.Context(), smp.Level{MITM: true})
				results <- err
			}()
		}
		for range g.sensors {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if most != 1 || questions != 6 {
			t.Errorf("%d questions, up to %d at once; want 6, one at a time", questions, most)
		}
	})
}

// TestOneAtATime_contextEnds takes a question back that waits for its turn.
func TestOneAtATime_contextEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		p := smp.OneAtATime(smp.Prompter{
			CompareNumber: func(context.Context, *smp.Question) (bool, error) {
				<-release
				return true, nil
			},
			Consent: func(context.Context, *smp.Question) error {
				t.Error("asked out of turn")
				return nil
			},
		})
		done := make(chan error, 1)
		go func() {
			_, err := p.CompareNumber(t.Context(), &smp.Question{})
			done <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Consent(ctx, &smp.Question{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Consent: %v", err)
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if p.EnterPasskey != nil || p.PairingRequested != nil {
			t.Error("a question that nobody takes became one")
		}
	})
}
