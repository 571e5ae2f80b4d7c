//go:build !race

package bond_test

import (
	"runtime"
	"testing"

	"blesmp/bond/internal/ah"
	"blesmp/bt"
	"blesmp/internal/floor"
)

// TestResolve_ratios holds a search to half more than it takes to try the keys,
// on one processor, and the answer to an address asked for again to a fiftieth of
// a search. The race detector slows one down and not the other.
func TestResolve_ratios(t *testing.T) {
	const count = 100_000
	l, keys := listOf(count), make([]bt.Key, count)
	for n := range keys {
		keys[n] = irkOf(n)
	}
	n := 0
	search := floor.Each(func() error { n++; l.Resolve(ours, stranger(n)); return nil })
	o := floor.Options{Rounds: floor.MinRounds, Clock: floor.CPUTime}
	c, err := floor.Compare(floor.Each(func() error {
		n++
		rpa := stranger(n).Address
		ah.Find(keys, [3]byte(rpa[:3]), [3]byte(rpa[3:]))
		return nil
	}), search, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a search over %d peers: %v", count, c)
	if got := c.Pairwise(); got > 1.5 {
		t.Errorf("a search takes %.2f times as long as to try the keys, want at most 1.5", got)
	}
	for name, rpa := range map[string]bt.TypedAddress{"peer": private(irkOf(count/2), 0), "stranger": stranger(0)} {
		c, err := floor.Compare(floor.Each(func() error { l.Resolve(ours, rpa); return nil }), search, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("a search against a %s again: %v", name, c)
		if got := c.Pairwise(); got < 50 {
			t.Errorf("a search takes %.0f times as long as the answer about a %s asked for again, want 50 or more", got, name)
		}
	}
}

// TestResolvingList_memory holds the list, with all that it remembers, to 100
// octets a peer.
func TestResolvingList_memory(t *testing.T) {
	const limit = 100
	for _, count := range []int{500, 1_000, 7_500, 30_000} {
		before := heap()
		l := listOf(count)
		for n := range 300 {
			l.Resolve(ours, stranger(n))
		}
		each := float64(heap()-before) / float64(count)
		t.Logf("%d peers: %.0f octets each", count, each)
		if each > limit {
			t.Errorf("%d peers: %.0f octets each, want at most %d", count, each, limit)
		}
		for n := range count {
			l.Delete(ours, peer(n))
		}
		if left := float64(heap()-before) / float64(count); left > limit/10 && count > 1000 {
			t.Errorf("%d peers: %.0f octets each are left after all were deleted", count, left)
		}
		runtime.KeepAlive(l)
	}
}

// heap is how many octets are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first left in pools
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
