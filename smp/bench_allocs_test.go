//go:build !race

package smp_test

import (
	"testing"

	"blesmp/internal/floor"
	"blesmp/internal/load"
)

// ownAllocs is what a pairing of two Procedures allocates beside its
// cryptography: a Result with its bond at each side.
const ownAllocs = 2

// TestPairingAllocs counts what crypto/* allocates apart: it is as much as the
// floor's. Under the race detector sync.Pool drops some of what it is given.
func TestPairingAllocs(t *testing.T) {
	for _, m := range load.Models() {
		base, subject := engine(t, m)
		const runs = 50
		if err := subject.Prepare(2 * runs); err != nil {
			t.Fatal(err)
		}
		crypto := allocs(t, runs, base)
		want := crypto + ownAllocs
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
