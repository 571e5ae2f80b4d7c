// Package bondtest tests a bond.Store against what the interface promises.
// Whoever writes a Store runs it in a test of its own:
//
//	func TestStore(t *testing.T) {
//		bondtest.Run(t, func(t *testing.T) bond.Store { return mystore.New(t.TempDir()) })
//	}
package bondtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bt"
)

// Option changes what Run does.
type Option func(*suite)

// Reopen makes Run test that the store is durable: the function closes the
// store and opens what it has kept.
func Reopen(reopen func(t *testing.T, s bond.Store) bond.Store) Option {
	return func(s *suite) { s.reopen = reopen }
}

type suite struct {
	open   func(t *testing.T) bond.Store
	reopen func(t *testing.T, s bond.Store) bond.Store
}

// Run runs every test on a fresh, empty store each, which open makes; open
// itself arranges for closing it with t.Cleanup where that is needed. It is
// best run with the race detector too.
func Run(t *testing.T, open func(t *testing.T) bond.Store, options ...Option) {
	t.Helper()
	s := &suite{open: open, reopen: func(_ *testing.T, s bond.Store) bond.Store { return s }}
	for _, option := range options {
		option(s)
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"Empty", testEmpty},
		{"RoundTrip", testRoundTrip},
		{"Invalid", testInvalid},
		{"BothAddresses", testBothAddresses},
		{"OneBondAnAddress", testOneBondAnAddress},
		{"Replace", testReplace},
		{"PutIsOneStep", testPutIsOneStep},
		{"Delete", testDelete},
		{"All", testAll},
		{"AllMayCallStore", testAllMayCallStore},
		{"LocalIdentitiesApart", testLocalIdentitiesApart},
		{"Copies", testCopies},
		{"Resolve", testResolve},
		{"SignCounters", testSignCounters},
		{"SignCountersEnd", testSignCountersEnd},
		{"SignCountersKept", testSignCountersKept},
		{"Identities", testIdentities},
		{"Attempts", testAttempts},
		{"AttemptsBounded", testAttemptsBounded},
		{"ConcurrentCounters", testConcurrentCounters},
		{"ConcurrentReplace", testConcurrentReplace},
		{"ConcurrentMix", testConcurrentMix},
		{"ConcurrentBadPut", testConcurrentBadPut},
		{"ConcurrentResolve", testConcurrentResolve},
		{"ResolveAgain", testResolveAgain},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, s) })
	}
}

func put(t *testing.T, s bond.Store, bonds ...bond.Bond) {
	t.Helper()
	if err := s.Put(bonds...); err != nil {
		t.Fatalf("Put: %v", err)
	}
}

// wantBond wants Get to find exactly want.
func wantBond(t *testing.T, s bond.Store, local, peer bt.TypedAddress, want bond.Bond) {
	t.Helper()
	got, err := s.Get(local, peer)
	if err != nil {
		t.Fatalf("Get(%v, %v): %v", local, peer, err)
	}
	if diff := diffBonds(want, got); diff != "" {
		t.Fatalf("Get(%v, %v) (-want +got):\n%s", local, peer, diff)
	}
}

// wantAll wants All to give exactly want, in this order.
func wantAll(t *testing.T, s bond.Store, want ...bond.Bond) {
	t.Helper()
	var got []bond.Bond
	for b, err := range s.All() {
		if err != nil {
			t.Fatalf("All: %v", err)
		}
		got = append(got, b)
	}
	if diff := diffBonds(want, got); diff != "" {
		t.Fatalf("All (-want +got):\n%s", diff)
	}
}

// diffBonds is cmp.Diff with keys compared by their own Equal.
func diffBonds(want, got any) string { return cmp.Diff(want, got) }
