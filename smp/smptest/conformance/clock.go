package conformance

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// clock is the time of a round.
type clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) (stop func() bool)
	Go(f func())

	// Sleep lets time pass after everything that is going on has come to rest.
	// Where Err is not nil it returns at once.
	Sleep(d time.Duration)

	// Err says why no more time passes: the context has ended, or our device does
	// not come to rest. It is nil until then, and stays after it.
	Err() error

	// leave says that a goroutine of Go waits for the scenario from now on, and
	// enter, before it is woken, that it does no longer.
	leave()
	enter()
}

// wallClock is package time: for foreign devices, and for a testing/synctest
// bubble, in which time passes when everything is at rest.
type wallClock struct{ ctx context.Context }

func (wallClock) Now() time.Time { return time.Now() }
func (wallClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}
func (wallClock) Go(f func()) { go f() }
func (wallClock) leave()      {}
func (wallClock) enter()      {}

func (c wallClock) Sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
}

func (c wallClock) Err() error { return context.Cause(c.ctx) }

// manualClock moves only when told to. It counts the goroutines that it has
// started, so that it knows when they are at rest.
type manualClock struct {
	ctx context.Context

	// flush carries out what waits between the controller and the host.
	flush func()

	mu      sync.Mutex
	rest    sync.Cond // that there is rest, or an Err
	running int
	started uint64
	moved   uint64 // what started was when the clock moved last
	now     time.Time
	timers  []*manualTimer
}

// restless is how many goroutines may start at one moment of a scenario: in those
// that come to rest seven do.
const restless = 1000

type manualTimer struct {
	due time.Time
	run func()
}

// newManualClock makes the clock of a round. The context has to end with the
// round: nobody is told of it afterwards.
func newManualClock(ctx context.Context) *manualClock {
	c := &manualClock{ctx: ctx, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), flush: func() {}}
	c.rest.L = &c.mu
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.rest.Broadcast()
	})
	return c
}

func (c *manualClock) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err()
}

// err is Err; c.mu is held.
func (c *manualClock) err() error {
	if c.started-c.moved > restless {
		return fmt.Errorf("our device does not come to rest: it has started %d goroutines while no time passed", restless)
	}
	return context.Cause(c.ctx)
}

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &manualTimer{due: c.now.Add(d), run: f}
	c.timers = append(c.timers, t)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.remove(t)
	}
}

func (c *manualClock) remove(t *manualTimer) bool {
	i := slices.Index(c.timers, t)
	if i >= 0 {
		c.timers = slices.Delete(c.timers, i, i+1)
	}
	return i >= 0
}

func (c *manualClock) Go(f func()) {
	c.enter()
	go func() {
		defer c.leave()
		f()
	}()
}

func (c *manualClock) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running++
	if c.started++; c.err() != nil {
		c.rest.Broadcast()
	}
}

func (c *manualClock) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	c.rest.Broadcast()
}

// settle waits until nothing is going on: no goroutine runs, and flushing the
// host has started none. An Err ends it too.
func (c *manualClock) settle() {
	for {
		before := c.idle()
		c.flush()
		c.mu.Lock()
		done := c.running == 0 && c.started == before || c.err() != nil
		c.mu.Unlock()
		if done {
			return
		}
	}
}

func (c *manualClock) idle() (started uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.running > 0 && c.err() == nil {
		c.rest.Wait()
	}
	return c.started
}

func (c *manualClock) Sleep(d time.Duration) {
	c.settle()
	for end := c.Now().Add(d); c.Err() == nil; {
		t := c.next(end)
		if t == nil {
			return
		}
		t.run()
		c.settle()
	}
}

// next takes the next timer until the end, and moves there; without one it
// moves to the end.
func (c *manualClock) next(end time.Time) *manualTimer {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first *manualTimer
	for _, t := range c.timers {
		if !t.due.After(end) && (first == nil || t.due.Before(first.due)) {
			first = t
		}
	}
	if first == nil {
		c.move(end)
		return nil
	}
	c.move(first.due)
	c.remove(first)
	return first
}

// move sets the time; c.mu is held.
func (c *manualClock) move(to time.Time) {
	if to.After(c.now) {
		c.moved = c.started
	}
	c.now = to
}
