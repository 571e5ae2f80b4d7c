package hci

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQueue(t *testing.T) {
	var q queue[int]
	var want []int
	check := func() {
		t.Helper()
		if diff := cmp.Diff(want, append([]int(nil), q.all()...)); diff != "" || q.len() != len(want) {
			t.Fatalf("%d items (-want +got):\n%s", q.len(), diff)
		}
		if q.len() > 0 && q.oldest() != want[0] {
			t.Fatalf("oldest is %d, want %d", q.oldest(), want[0])
		}
	}
	next := 0
	for round := range 40 { // grows, shrinks, and wraps
		for range round % 7 * 3 {
			q.push(next)
			want = append(want, next)
			next++
			check()
		}
		for range min(len(want), round%5*4) {
			if got := q.pop(); got != want[0] {
				t.Fatalf("popped %d, want %d", got, want[0])
			}
			want = append([]int(nil), want[1:]...)
			check()
		}
	}
	q.drop(q.len())
	want = nil
	check()
	if cap(q.items) > keptCapacity {
		t.Errorf("an empty queue keeps room for %d", cap(q.items))
	}
}

// TestQueueAllocs sends one thing after the other, and a steady stream.
func TestQueueAllocs(t *testing.T) {
	var one, stream queue[*int]
	value := new(int)
	for range 3 {
		stream.push(value)
	}
	if allocs := testing.AllocsPerRun(1000, func() {
		one.push(value)
		one.pop()
		stream.push(value)
		stream.pop()
	}); allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}
