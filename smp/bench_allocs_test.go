//go:build !race

package smp_test

import (
	"errors"
	"runtime"
	"testing"

	"blesmp/internal/floor"
	"blesmp/internal/load"
)

// TestPairingAllocs has two Procedures, each with its Scratch, allocate what their
// cryptography does, as much as the floor's, and nothing more. Under the race detector sync.Pool drops some of what it is given.
func TestPairingAllocs(t *testing.T) {
	for _, m := range load.Models() {
		base, subject := engine(t, m)
		const runs = 50
		if err := subject.Prepare(2 * runs); err != nil {
			t.Fatal(err)
		}
		crypto := allocs(t, runs, base)
		want := crypto
		if m.Cryptography == floor.Passkey || m.Cryptography == floor.LegacyPasskey {
			want++ // where a random passkey is drawn
		}
		if m.Cryptography == floor.LegacyJustWorks {
			want -= crypto // the TK is zero in every pairing, and its key schedule is there
		}
		if got := allocs(t, runs, subject); got != want {
			t.Errorf("%s: %v allocations, want %v, of which cryptography %v", m.Name, got, want, crypto)
		}
	}
}

func allocs(t *testing.T, runs int, w floor.Work) float64 {
	t.Helper()
	return testing.AllocsPerRun(runs, func() {
		if err := w.Run(1); err != nil {
			t.Fatal(err)
		}
	})
}

// stackAllocs is what a pairing through two whole devices allocates at most, its
// cryptography and that of the virtual link included.
var stackAllocs = map[floor.Model]float64{floor.JustWorks: 115, floor.LegacyJustWorks: 75}

// TestStackAllocs counts from the call of Pair until both sides are done, and takes
// the mean: key pairs are made ahead on the way, several at a time.
func TestStackAllocs(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, m := range load.Models() {
		most, counts := stackAllocs[m.Cryptography]
		if !counts {
			continue
		}
		stacks := connected(t, m)
		const runs = 200
		var total uint64
		for i := range runs {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if err := stacks.Pair(t.Context()); err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			if i >= runs/2 { // pools and queues are filled by then
				total += after.Mallocs - before.Mallocs
			}
			if err := errors.Join(stacks.Disconnect(t.Context()), stacks.Forget(), stacks.Connect(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
		if got := float64(total) / (runs / 2); got > most {
			t.Errorf("%s: %v allocations, want %v at most", m.Name, got, most)
		}
	}
}
