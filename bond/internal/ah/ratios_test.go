//go:build amd64 && !purego && !race

package ah

import (
	"math/rand/v2"
	"testing"

	"blesmp/internal/floor"
)

// TestFind_ratios holds the assembly to four times the AES instructions that it
// has: for each key those of two blocks, one to expand it and one to encrypt.
// A processor without them has no assembly to hold to anything.
func TestFind_ratios(t *testing.T) {
	if !hasAES {
		t.Skip("this processor has no AES instructions")
	}
	const count, limit = 20_000, 4
	keys := row(rand.New(rand.NewPCG(13, 14)), count)
	search := floor.Each(func() error { Find(keys, [3]byte{1}, [3]byte{2}); return nil })
	c, err := floor.Compare(floor.Blocks(2*count), search, floor.Options{Rounds: floor.MinRounds, Clock: floor.CPUTime})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d keys: %v", count, c)
	if got := c.Pairwise(); got > limit {
		t.Errorf("a search takes %.2f times the AES in it, want at most %d", got, limit)
	}
}
