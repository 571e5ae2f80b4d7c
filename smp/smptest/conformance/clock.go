package conformance

import (
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
	Sleep(d time.Duration)

	// leave says that a goroutine of Go waits for the scenario from now on, and
	// enter, before it is woken, that it does no longer.
	leave()
	enter()
}

// wallClock is package time: for foreign devices, and for a testing/synctest
// bubble, in which time passes when everything is at rest.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }
func (wallClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}
func (wallClock) Go(f func())           { go f() }
func (wallClock) Sleep(d time.Duration) { time.Sleep(d) }
func (wallClock) leave()                {}
func (wallClock) enter()                {}

// manualClock moves only when told to. It counts the goroutines that it has
// started, so that it knows when they are at rest.
type manualClock struct {
	// flush carries out what waits between the controller and the host.
	flush func()

	mu      sync.Mutex
	rest    sync.Cond
	running int
	started uint64
	now     time.Time
	timers  []*manualTimer
}

type manualTimer struct {
	due time.Time
	run func()
}

func newManualClock() *manualClock {
	c := &manualClock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), flush: func() {}}
	c.rest.L = &c.mu
	return c
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
	c.started++
}

func (c *manualClock) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	c.rest.Broadcast()
}

// settle waits until nothing is going on: no goroutine runs, and flushing the
// host has started none.
func (c *manualClock) settle() {
	for {
		before := c.idle()
		c.flush()
		c.mu.Lock()
		done := c.running == 0 && c.started == before
		c.mu.Unlock()
		if done {
			return
		}
	}
}

func (c *manualClock) idle() (started uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.running > 0 {
		c.rest.Wait()
	}
	return c.started
}

func (c *manualClock) Sleep(d time.Duration) {
	c.settle()
	end := c.Now().Add(d)
	for {
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
		c.now = end
		return nil
	}
	c.now = first.due
	c.remove(first)
	return first
}
