package bond

import (
	"testing"

	"blesmp/bt"
)

// TestIRKList_wiped wants no key to be left where it was: when its peer is
// deleted or has another key, when the list grows, and when the positions are
// given out anew.
func TestIRKList_wiped(t *testing.T) {
	const count = 200
	address := func(n int) bt.TypedAddress { return bt.TypedAddress{Address: bt.Address{5: byte(n)}} }
	l := newIRKList()
	memory := make(map[*bt.Key][]bt.Key) // all that the list has ever had
	see := func() {
		if all := l.keys[:cap(l.keys)]; len(all) > 0 {
			memory[&all[0]] = all
		}
	}
	for n := range count {
		l.put(address(n), bt.Key{1, byte(n)})
		see()
	}
	if len(memory) < 3 {
		t.Fatalf("the list had %d places in memory, want some", len(memory))
	}
	grown := len(memory)
	for n := range count {
		if n%2 == 0 {
			l.put(address(n), bt.Key{2, byte(n)})
		} else if n%3 == 0 {
			l.delete(address(n))
		}
		see()
	}
	if len(memory) == grown || l.round == 0 {
		t.Fatal("the positions were not given out anew")
	}
	want := make(map[bt.Key]bool) // what may be there, once
	for n := range count {
		if n%2 == 0 {
			want[bt.Key{2, byte(n)}] = true
		} else if n%3 != 0 {
			want[bt.Key{1, byte(n)}] = true
		}
	}
	if got := l.len(); got != len(want) {
		t.Fatalf("%d peers are left, want %d", got, len(want))
	}
	for _, place := range memory {
		for i, key := range place {
			if key.IsZero() {
				continue
			}
			if &place[0] != &l.keys[0] || !want[key] {
				t.Errorf("key %d of a place with %d is still there", i, len(place))
			}
			delete(want, key)
		}
	}
	if len(want) > 0 {
		t.Errorf("%d keys are not in the list", len(want))
	}
}
