//go:build (amd64 || arm64) && !purego

package ah

import (
	"math/rand/v2"
	"testing"
)

// TestFind_assembly wants the processor of whoever runs the tests to have AES
// instructions, since the other tests would pass without the assembly. Where it
// has none there is nothing to want: those tests then try the portable way.
func TestFind_assembly(t *testing.T) {
	if !hasAES {
		t.Skip("this processor has no AES instructions that the package knows of")
	}
	keys := row(rand.New(rand.NewPCG(9, 10)), 41)
	if n := testing.AllocsPerRun(10, func() { Find(keys, [3]byte{1}, [3]byte{2}) }); n != 0 {
		t.Errorf("%v allocations, want none: of crypto/aes there is one a key", n)
	}
}
