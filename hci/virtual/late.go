package virtual

import (
	"bytes"
	"time"
)

// EventInterceptor decides which events reach their host late, as they do where
// events and data come by different ways, over USB for example: the events wait
// until the next ACL data for the host has overtaken them, or for 50 ms. Events
// do not overtake each other. It runs under the air's lock, so it must return at
// once and must not call the air, its controllers, their hosts or links.
type EventInterceptor interface {
	// HoldEvent takes an H4 packet, which it must not keep.
	HoldEvent(to *Controller, event []byte) bool
}

// lateLimit is how long events wait for data.
const lateLimit = 50 * time.Millisecond

// lateEvents are those that wait.
type lateEvents struct {
	events [][]byte
	stop   func() // of the time limit; nil while nothing waits
}

// holds keeps an event back, and reports false where it goes to the host at
// once.
func (c *Controller) holds(event []byte) bool {
	l := &c.late
	interceptor := c.air.options.EventInterceptor
	if interceptor == nil || len(l.events) == 0 && !interceptor.HoldEvent(c, event) {
		return false
	}
	l.events = append(l.events, bytes.Clone(event))
	if l.stop == nil {
		l.stop = c.air.after(lateLimit, c.deliverLate)
	}
	return true
}

// deliverLate gives the host the events that have waited.
func (c *Controller) deliverLate() {
	l := &c.late
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
	events := l.events
	l.events = nil
	for _, event := range events {
		c.enqueue(event)
	}
}
