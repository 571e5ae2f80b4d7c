package smp

import "sync"

// job is one thing for a session's worker to do: a step, or what delivered or
// run say instead.
type job struct {
	input Input

	// encryption says that the input is what came of one.
	encryption bool

	// delivered says that more PDUs are acknowledged, for which somebody waits.
	delivered bool

	// run, where it is set, is called.
	run func()
}

// jobs are those that wait.
type jobs struct {
	waiting []job
	first   int    // of waiting, that was not begun
	pdus    []byte // of those that wait, and of the one that is being done
}

// put puts a job behind the others, and copies its PDU.
func (q *jobs) put(j *job) {
	q.waiting = append(q.waiting, *j)
	if j.input.PDU != nil {
		begin := len(q.pdus)
		q.pdus = append(q.pdus, j.input.PDU...)
		q.waiting[len(q.waiting)-1].input.PDU = q.pdus[begin:len(q.pdus):len(q.pdus)]
	}
}

func (q *jobs) empty() bool { return q.first == len(q.waiting) }

// take moves the next one to j when the last is done; false where there is none.
func (q *jobs) take(j *job) bool {
	if q.empty() {
		clear(q.pdus) // they may have held keys
		q.waiting, q.first, q.pdus = q.waiting[:0], 0, q.pdus[:0]
		return false
	}
	*j, q.waiting[q.first] = q.waiting[q.first], job{}
	q.first++
	return true
}

// workspace is what a session needs while there is something to do. Sessions at
// rest have none, and share those that there are.
type workspace struct {
	jobs  jobs  // under the session's lock
	timer timer // used by the worker alone
	desk  *desk // the worker's, while it works

	// What jobs begin with.
	firstJobs [fewJobs]job
	firstPDUs [fewPDUs]byte //vet:secret
}

// What a workspace has room for from the start. One with room for more than the
// most is not kept.
const (
	fewJobs, mostJobs = 2, 64
	fewPDUs, mostPDUs = longestPDU, 4096 // octets
)

var workspaces = sync.Pool{New: func() any {
	w := &workspace{}
	w.jobs.waiting, w.jobs.pdus = w.firstJobs[:0], w.firstPDUs[:0]
	return w
}}

// desk is what one of the staff has for the session at which it works: few are
// enough for all sessions.
type desk struct {
	job     job
	effects []Effect // of one step
	scratch Scratch
}

// fewEffects is how many effects nearly all steps have at most.
const fewEffects = 8

var desks = sync.Pool{New: func() any { return &desk{effects: make([]Effect, 0, fewEffects)} }}

// clear forgets what a step has left, keys among it.
func (d *desk) clear() {
	clear(d.effects)
	d.scratch.Wipe()
}

// post gives the session a job, of which it copies the PDU, and has somebody of
// the staff work where nobody does. A session at rest has no goroutine.
func (s *Session) post(j *job) {
	s.mu.Lock()
	if s.workspace == nil {
		s.workspace = workspaces.Get().(*workspace)
	}
	s.workspace.jobs.put(j)
	start := !s.working && s.held == 0
	s.working = s.working || start
	s.mu.Unlock()
	if start {
		s.manager.staff.take(s)
	}
}

// jobsAtOnce is how many jobs a session has done before others have their turn.
const jobsAtOnce = 8

// work does jobs until there are none, or others have their turn: then it has to
// be called again.
func (s *Session) work(d *desk) (again bool) {
	w, j := s.workspace, &d.job
	w.desk = d
	for range jobsAtOnce {
		s.mu.Lock()
		if !w.jobs.take(j) {
			s.rest()
			s.mu.Unlock()
			return false
		}
		s.mu.Unlock()
		switch {
		case j.run != nil:
			j.run()
		case j.encryption:
			s.encryptionChanged(&j.input)
		case j.delivered:
			s.delivered()
		default:
			s.step(&j.input)
		}
	}
	return true
}

// rest ends the work; s.mu is held.
func (s *Session) rest() {
	s.working = false
	w := s.workspace
	w.desk = nil
	if !s.procedure.Idle() || w.timer.running {
		return
	}
	s.workspace = nil
	w.timer = timer{} // a timer may not serve two synctest bubbles
	if cap(w.jobs.waiting) <= mostJobs && cap(w.jobs.pdus) <= mostPDUs {
		workspaces.Put(w)
	}
}
