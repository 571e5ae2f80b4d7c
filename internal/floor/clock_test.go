package floor_test

import (
	"testing"
	"time"

	"blesmp/internal/floor"
)

// TestClocks works until both clocks have seen it.
func TestClocks(t *testing.T) {
	for name, clock := range map[string]floor.Clock{"Elapsed": floor.Elapsed, "Busy": floor.Busy} {
		p, err := floor.New(floor.JustWorks, true)
		if err != nil {
			t.Fatal(err)
		}
		start := clock()
		for last := start; last < start+time.Millisecond; {
			if err := p.Run(); err != nil {
				t.Fatal(err)
			}
			now := clock()
			if now < last {
				t.Fatalf("%s went from %v back to %v", name, last, now)
			}
			last = now
		}
	}
}
