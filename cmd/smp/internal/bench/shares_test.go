//go:build !race

package bench

import (
	"strings"
	"testing"
	"time"
)

// TestShares has the go command read real profiles. Under the race detector the
// samples are of the detector.
func TestShares(t *testing.T) {
	for _, what := range []Workload{EngineProfile, StackProfile} {
		parts, top, err := shares(t.Context(), what, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if parts[0].count == 0 || !strings.HasPrefix(top, "Showing nodes") {
			t.Errorf("profile %d: %v\n%s", what, parts, top)
		}
	}
}
