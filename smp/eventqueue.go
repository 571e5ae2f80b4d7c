package smp

import "sync"

// eventQueue hands events on in order, on one goroutine at a time that lives
// while there are any.
type eventQueue struct {
	deliver func(Event)  // nil where nobody listens
	start   func(func()) // has the goroutine run

	mu      sync.Mutex
	events  []Event
	ended   func() // called after the last event; nil until there is none to come
	running bool
}

// maxWaitingKeypresses is how many events may wait before keypresses are left
// out.
const maxWaitingKeypresses = 64

// put queues an event.
func (q *eventQueue) put(e Event) {
	if q.deliver == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events = append(q.events, e)
	q.run()
}

// putOrDrop queues a keypress, unless too much waits already: the peer decides
// how many there are.
func (q *eventQueue) putOrDrop(e Event) {
	if q.deliver == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) >= maxWaitingKeypresses {
		return
	}
	q.events = append(q.events, e)
	q.run()
}

// askedKeypress is a keypress for Prompter.Keypress.
type askedKeypress struct {
	question *Question
	kind     KeypressType
}

func (askedKeypress) event() {}

// end has last called once all events are delivered, at once where none are
// left.
func (q *eventQueue) end(last func()) {
	q.mu.Lock()
	busy := q.running
	if busy {
		q.ended = last
	}
	q.mu.Unlock()
	if !busy {
		last()
	}
}

// run starts the goroutine where none runs; q.mu is held.
func (q *eventQueue) run() {
	if q.running {
		return
	}
	q.running = true
	q.start(q.drain)
}

func (q *eventQueue) drain() {
	for {
		q.mu.Lock()
		if len(q.events) == 0 {
			ended := q.ended
			q.ended, q.running = nil, false
			q.mu.Unlock()
			if ended != nil {
				ended()
			}
			return
		}
		e := q.events[0]
		q.events = q.events[1:]
		q.mu.Unlock()
		q.deliver(e)
	}
}
