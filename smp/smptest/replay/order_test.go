package replay_test

import (
	"slices"
	"testing"

	"blesmp/smp/smptest/replay"
)

// The tests here write good records down in another order that says the same:
// what two hosts and their users do at one time has none.

// moved plays a record whose step i stands at place j.
func moved(t *testing.T, path string, i, j int) {
	t.Helper()
	root := load(t, path)
	steps := root["steps"].([]any)
	step := steps[i]
	steps = slices.Insert(slices.Delete(steps, i, i+1), j, step)
	root["steps"] = renumber(steps)
	mutant := parse(t, root)
	for _, role := range mutant.Roles() {
		if err := replay.Play(mutant, role); err != nil {
			t.Errorf("%s as %v: step %d as step %d: %v", mutant.ID, role, i+1, j+1, err)
		}
	}
}

func TestUserActsMove(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for i, s := range original.Steps {
			if s.Kind != replay.UserStep {
				continue
			}
			for _, j := range []int{0, i - 1, i + 1, i + 2} {
				moved(t, path, i, j)
			}
		}
	}
}

// TestEncryptionEventsMove lets each controller say that encryption has begun
// earlier or later than the other one, and than the first keys are sent.
func TestEncryptionEventsMove(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for i, s := range original.Steps {
			if s.Kind != replay.EventStep || s.Code != 0x08 {
				continue
			}
			for j := i + 1; j < min(i+4, len(original.Steps)); j++ {
				moved(t, path, i, j)
			}
		}
	}
}
