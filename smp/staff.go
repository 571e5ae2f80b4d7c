package smp

import (
	"runtime"
	"slices"
	"sync"
)

// staff are the goroutines that work for the sessions of a Manager: each for one
// session at a time, and a session has one at most. They are few, so that what
// they need stays in the caches of the processors however many sessions pair at
// the same time, and sessions take turns in the order in which something came
// for them. While procedures run, or a host is served, goroutines wait for more to
// do; else there is none.
type staff struct {
	start func(func()) // has a goroutine run
	run   func()       // is work
	stay  bool         // goroutines may wait: not where Options.Go has to see them end
	rest  func()       // called when the last procedure has ended; nil for nothing
	most  int          // goroutines that work at the same time

	mu         sync.Mutex
	come       sync.Cond  // for who waits: there is a session, or no procedure runs any more
	due        []*Session // that have something to do and nobody who does it
	first      int        // of due, that is still due
	all        int        // goroutines
	waiting    int        // of them, in come
	away       int        // of them, in the store
	procedures int        // whose timers run
	hosts      int        // that are served
}

// perProcessor is how many goroutines work for each processor. It is more than
// one because a function of the program's, such as Options.Trace, may be slow.
const perProcessor = 4

func newStaff(start func(func()), stay bool) *staff {
	f := &staff{start: start, stay: stay, most: perProcessor * runtime.GOMAXPROCS(0)}
	f.run, f.come.L = f.work, &f.mu
	return f
}

// take has somebody work for a session.
func (f *staff) take(s *Session) {
	f.mu.Lock()
	f.due = append(f.due, s)
	f.unlock()
}

// unlock gives up f.mu when there is more to do, or one less who does it.
func (f *staff) unlock() {
	due := len(f.due) - f.first
	start := due > f.waiting && f.all-f.waiting-f.away < f.most
	if start {
		f.all++
	} else if due > 0 && f.waiting > 0 {
		f.come.Signal()
	}
	f.mu.Unlock()
	if start {
		f.start(f.run)
	}
}

// next gives the session whose turn it is, nil where there is none; f.mu is held.
func (f *staff) next() *Session {
	if f.first == len(f.due) {
		f.due, f.first = f.due[:0], 0
		return nil
	}
	s := f.due[f.first]
	f.due[f.first] = nil
	if f.first++; f.first > len(f.due)/2 {
		f.due, f.first = slices.Delete(f.due, 0, f.first), 0
	}
	return s
}

// work works for sessions until there is nothing to do.
func (f *staff) work() {
	growStack()
	d := desks.Get().(*desk)
	defer desks.Put(d)
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		if s := f.next(); s != nil {
			f.mu.Unlock()
			again := s.work(d)
			f.mu.Lock()
			if again {
				f.due = append(f.due, s)
			}
			continue
		}
		if !f.stay || f.procedures+f.hosts == 0 {
			f.all--
			return
		}
		f.waiting++
		f.come.Wait()
		f.waiting--
	}
}

// leave lets somebody else work while one of the staff waits for the store; back
// ends that.
func (f *staff) leave() {
	f.mu.Lock()
	f.away++
	f.unlock()
}

func (f *staff) back() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away--
}

// began and ended count the procedures that run.
func (f *staff) began() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.procedures++
}

func (f *staff) ended() {
	f.mu.Lock()
	f.procedures--
	last := f.procedures == 0
	f.dismiss()
	f.mu.Unlock()
	if last && f.rest != nil {
		f.rest()
	}
}

// serve has goroutines wait until a host is done.
func (f *staff) serve(done <-chan struct{}) {
	if !f.stay {
		return
	}
	f.mu.Lock()
	f.hosts++
	f.mu.Unlock()
	f.start(func() {
		<-done
		f.mu.Lock()
		defer f.mu.Unlock()
		f.hosts--
		f.dismiss()
	})
}

// dismiss has goroutines end where they have nothing to wait for; f.mu is held.
func (f *staff) dismiss() {
	if f.procedures+f.hosts == 0 {
		f.come.Broadcast()
	}
}

// busy reports whether a procedure runs.
func (f *staff) busy() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.procedures > 0
}

// growStack has the stack of a goroutine grow while it is shallow. Elliptic curves
// take 10 kB of it: to get there step by step, each time with a whole calculation
// to move, takes a good part of the time of the curves.
//
//go:noinline
func growStack() {
	var frame [7 << 10]byte
	use(&frame)
}

// use has growStack keep what it has no use for.
//
//go:noinline
func use(*[7 << 10]byte) {}
