package smp

import "sync"

// job is one thing for a session's worker to do: a step, or what delivered or
// run say instead.
type job struct {
	input Input

	// delivered, where it is not 0, is the number up to which all PDUs are
	// acknowledged.
	delivered uint64

	// run, where it is set, is called.
	run func()

	// done, where it is set, is told whether the command was refused, before
	// its effects are waited for.
	done func(error)
}

// jobs are those that wait. The memory is kept while there is something to do.
type jobs struct {
	waiting []job
	first   int // of waiting, that was not begun
}

func (q *jobs) put(j job) { q.waiting = append(q.waiting, j) }

// take gives the next one; false where there is none.
func (q *jobs) take() (j job, ok bool) {
	if q.first == len(q.waiting) {
		q.waiting, q.first = q.waiting[:0], 0
		return job{}, false
	}
	j, q.waiting[q.first] = q.waiting[q.first], job{}
	q.first++
	return j, true
}

// workspace is what a step needs, and sessions at rest share.
type workspace struct {
	effects []Effect
	scratch [160]byte
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// post gives the worker a job, and starts it where it is not at work. An idle
// session has no goroutine.
func (s *Session) post(j job) {
	s.mu.Lock()
	s.jobs.put(j)
	start := !s.working
	s.working = true
	s.mu.Unlock()
	if start {
		s.manager.options.Go(s.worker)
	}
}

// work does jobs until there are none.
func (s *Session) work() {
	growStack(int(s.link.Role()))
	s.worked = workspaces.Get().(*workspace)
	for {
		s.mu.Lock()
		j, ok := s.jobs.take()
		if !ok {
			s.rest()
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		switch {
		case j.run != nil:
			j.run()
		case j.delivered != 0:
			s.delivered(j.delivered)
		default:
			s.step(&j)
		}
	}
}

// rest ends the work; s.mu is held. A session that has nothing to go on with
// keeps no memory for it.
func (s *Session) rest() {
	workspaces.Put(s.worked)
	s.worked, s.working = nil, false
	if s.procedure.Idle() {
		s.jobs = jobs{}
	}
}

// growStack has the stack of a new goroutine grow while it is shallow. Every event
// gets a goroutine, and elliptic curves take 10 kB of stack: to get there in three
// steps, each of them in the depth of a calculation, costs more than all the rest
// of the goroutine. What it returns has no meaning.
//
//go:noinline
func growStack(n int) byte {
	var frame [7 << 10]byte
	frame[n%len(frame)] = 1
	return frame[(n+1)%len(frame)]
}
