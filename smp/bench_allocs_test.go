//go:build !race

package smp_test

import (
	"testing"

	"blesmp/internal/floor"
)

// ownAllocs is what a pairing of two Procedures allocates beside its
// cryptography: a Result and a bond at each side.
const ownAllocs = 4

// TestPairingAllocs counts what crypto/* allocates apart: it is as much as the
// floor's. Under the race detector sync.Pool drops some of what it is given.
func TestPairingAllocs(t *testing.T) {
	for _, s := range scenes() {
		base, subject := s.engine(t)
		const runs = 50
		if subject.Prepare != nil {
			if err := subject.Prepare(2 * runs); err != nil {
				t.Fatal(err)
			}
		}
		crypto := allocs(t, runs, base)
		want := crypto + ownAllocs
		if s.floor == floor.Passkey || s.floor == floor.LegacyPasskey {
			want++ // where a random passkey is drawn
		}
		if got := allocs(t, runs, subject); got != want {
			t.Errorf("%s: %v allocations, want %v, of which cryptography %v", s.name, got, want, crypto)
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
