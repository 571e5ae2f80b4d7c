package conformance

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/smp"
)

// TestManualClock_restless has goroutines start one another without end: time
// does not pass, and the clock says why.
func TestManualClock_restless(t *testing.T) {
	c := newManualClock(t.Context())
	begin := c.Now()
	left := 10 * restless
	var work func()
	work = func() {
		if left--; left > 0 {
			c.Go(work)
		}
	}
	c.Go(work)
	c.Sleep(1)
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "does not come to rest") {
		t.Errorf("Err is %v", err)
	}
	if !c.Now().Equal(begin) {
		t.Errorf("%v have passed", c.Now().Sub(begin))
	}
}

// TestContextEnds ends the context of a round while our device is at work for
// ever: the round ends, and tells where it was. One that waited would be a
// deadlock of the bubble.
func TestContextEnds(t *testing.T) {
	why := errors.New("enough")
	for name, options := range map[string]Options{"manual clock": {}, "wall clock": {WallClock: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				working := make(chan struct{})
				defer close(working)
				r := round{"", func(s *Stage) error {
					if err := s.prepare(newCourse(bt.Peripheral, true, smp.JustWorks)); err != nil {
						return err
					}
					s.clock.Go(func() { <-working })
					go cancel(why)
					return s.peer.ReceiveFailed()
				}}
				_, err := r.run(ctx, options)
				if !errors.Is(err, why) || !strings.Contains(err.Error(), "want Pairing Failed: nothing arrived") {
					t.Errorf("got %v, want %v and what was expected", err, why)
				}
			})
		})
	}
}
