package conformance_test

import (
	"testing"
	"testing/synctest"

	"blesmp/smp/smptest/conformance"

	"github.com/google/go-cmp/cmp"
)

// play plays scenarios as subtests, each in a bubble.
func play(t *testing.T, scenarios []conformance.Scenario) {
	for _, s := range scenarios {
		t.Run(s.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if r := s.Run(t.Context(), conformance.Options{WallClock: true}); r.Err != nil {
					t.Error(r.Err)
				}
			})
		})
	}
}

func TestCases(t *testing.T) { play(t, conformance.Cases()) }

func TestAttacks(t *testing.T) { play(t, conformance.Attacks()) }

// TestManualClock plays everything as the command does.
func TestManualClock(t *testing.T) {
	for _, s := range conformance.All() {
		if r := s.Run(t.Context(), conformance.Options{}); r.Err != nil {
			t.Errorf("%s: %v", s.ID, r.Err)
		}
	}
}

func TestCounts(t *testing.T) {
	if diff := cmp.Diff(88, len(conformance.Cases())); diff != "" {
		t.Errorf("test cases (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(37, len(conformance.Attacks())); diff != "" {
		t.Errorf("attacks (-want +got):\n%s", diff)
	}
}
