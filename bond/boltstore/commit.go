package boltstore

import (
	"runtime"
	"slices"
	"sync"

	"go.etcd.io/bbolt"
)

// queue gathers the changes that come while another is on its way to the disk,
// so that they go there together. One of the callers that wait leads: it makes
// the changes of all of them in one transaction. Nobody waits for others to
// come.
type queue struct {
	mu      sync.Mutex
	led     bool // somebody leads, and will call on those that wait
	waiting []*change
}

// change is what one caller wants.
type change struct {
	run  func(*bbolt.Tx) error
	err  error
	turn chan turn // of a caller that has to wait
}

// turn is what a caller waits for.
type turn int

const (
	done turn = iota // its change is on disk, or has failed
	lead
)

// update makes a change, which is on disk when it returns nil; when it returns
// an error, nothing has changed. The function run makes it in a transaction
// that it may share with the changes of others, before or behind it. It can be
// called several times; only what the last call did counts.
func (s *Store) update(run func(*bbolt.Tx) error) error {
	c := &change{run: run}
	if s.queue.enter(c) && <-c.turn == done {
		return c.err
	}
	batch := s.queue.take(c)
	s.commit(batch)
	for _, other := range batch[1:] {
		other.turn <- done
	}
	s.queue.pass()
	return c.err
}

// enter says whether the caller has to wait; it leads otherwise.
func (q *queue) enter(c *change) (wait bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.led {
		c.turn = make(chan turn, 1)
		q.waiting = append(q.waiting, c)
		return true
	}
	q.led = true
	return false
}

// take gives the leader all the changes that wait, its own in front.
func (q *queue) take(own *change) []*change {
	if own.turn != nil {
		// The callers whose changes have just been made may want the next ones.
		runtime.Gosched()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := append([]*change{own}, q.waiting...)
	q.waiting = nil
	return batch
}

// pass has the next one lead.
func (q *queue) pass() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.led = false
		return
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	next.turn <- lead
}

// commit makes changes in their order, those that can be made, in one
// transaction, and sets the error of each.
func (s *Store) commit(batch []*change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.sound.wait(); err != nil {
		fail(batch, err)
		return
	}
	for again := true; again; {
		again = false
		s.writes, s.way = 0, nil
		s.irks.forget()
		err := s.transaction(true, func(tx *bbolt.Tx) error {
			for i, c := range batch {
				before := s.writes
				if c.err = c.run(tx); c.err != nil && s.writes != before {
					// Only a transaction as a whole can be undone. The others
					// make their changes again, without this one.
					batch, again = slices.Delete(slices.Clone(batch), i, i+1), true
					return errUndo
				}
			}
			if s.writes == 0 {
				return errUndo
			}
			return nil
		})
		if err != nil {
			// Also those that were told of an error: they saw changes that are
			// undone now.
			fail(batch, err)
			s.irks.forget()
			again = false
		}
	}
	s.irks.apply()
}

func fail(batch []*change, err error) {
	for _, c := range batch {
		c.err = err
	}
}
