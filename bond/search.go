package bond

import (
	"runtime"
	"sync"
	"sync/atomic"

	"blesmp/bt"
)

const (
	// stretch is how many keys a search tries before it looks up: whether
	// another processor has found the peer, or somebody wants to change the
	// list. It takes some 25 microseconds with AES instructions, in which the
	// scheduler cannot interrupt it, and a millisecond without.
	stretch = 2048

	// sharedSearch is the number of keys from which a search is worth more than
	// one processor. Another one takes some 50 microseconds to begin: with half
	// as many keys two are no faster than one.
	sharedSearch = 16 * stretch
)

// search looks for the key that made a private address, at the positions from
// next to end of an irkList.
type search struct {
	list  *irkList
	rpa   bt.Address
	round int // of the list
	end   int

	next  atomic.Int64 // the first position that nobody has taken
	found atomic.Int64 // the lowest position that fits, or end
}

// newSearch wants the list's lock.
func newSearch(l *irkList, rpa bt.Address, start, end int) *search {
	s := &search{list: l, rpa: rpa, round: l.round, end: end}
	s.next.Store(int64(start))
	s.found.Store(int64(end))
	return s
}

// result says where the search found a key.
func (s *search) result() (position int, found bool) {
	position = int(s.found.Load())
	return position, position < s.end
}

// run searches, on all processors if there is much to do.
func (s *search) run() {
	if keys := s.end - int(s.next.Load()); keys >= sharedSearch {
		s.share(min(runtime.GOMAXPROCS(0), keys/stretch))
		return
	}
	s.work()
}

func (s *search) share(workers int) {
	var wg sync.WaitGroup
	for range workers - 1 {
		wg.Go(s.work)
	}
	s.work()
	wg.Wait()
}

// work takes one stretch after the other, in order, so that it is the lowest
// position that is found.
func (s *search) work() {
	for {
		start := s.next.Add(stretch) - stretch
		if start >= s.found.Load() {
			return
		}
		end := min(int(start)+stretch, s.end)
		position, ok := s.list.try(s.round, int(start), end, s.rpa)
		if !ok {
			return // whoever concludes sees it, too
		}
		if position == end {
			continue
		}
		for found := s.found.Load(); int64(position) < found; found = s.found.Load() {
			s.found.CompareAndSwap(found, int64(position))
		}
		return
	}
}
