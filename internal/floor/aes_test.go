package floor_test

import (
	"testing"

	"blesmp/internal/floor"
)

// TestBlocks wants the time to grow with the number of blocks.
func TestBlocks(t *testing.T) {
	o := floor.Options{Rounds: floor.MinRounds, Clock: floor.CPUTime}
	for _, count := range []int{1_000, 4_000} {
		c, err := floor.Compare(floor.Blocks(count), floor.Blocks(10*count), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d and %d blocks: %v", count, 10*count, c)
		if got := c.Pairwise(); got < 7 || got > 14 {
			t.Errorf("%d blocks take %.1f times as long as %d, want 10", 10*count, got, count)
		}
	}
}
