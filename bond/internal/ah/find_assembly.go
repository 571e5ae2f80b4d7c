//go:build (amd64 || arm64) && !purego

package ah

import (
	"encoding/binary"
	"math/bits"

	"blesmp/bt"
)

func find(keys []bt.Key, prand, hash [3]byte) int {
	if !hasAES {
		return portable(keys, prand, hash)
	}
	return assembly(keys, prand, hash)
}

// lanes is how many keys the assembly tries at a time.
const lanes = 4

// assembly is Find with AES instructions.
func assembly(keys []bt.Key, prand, hash [3]byte) int {
	// The last four octets of the block that is encrypted: the last one of
	// padding, and prand.
	p := binary.LittleEndian.Uint32([]byte{0, prand[0], prand[1], prand[2]})
	h := binary.LittleEndian.Uint32([]byte{hash[0], hash[1], hash[2], 0})
	for start := 0; start < len(keys); {
		rest := keys[start:]
		var last [lanes]bt.Key // what is left in the end, and holes
		if len(rest) < lanes {
			copy(last[:], rest)
			rest = last[:]
		}
		group, fits := try(&rest[0], len(rest)/lanes, p, h)
		for ; fits != 0; fits &= fits - 1 {
			if i := group*lanes + bits.TrailingZeros32(fits); !rest[i].IsZero() {
				clear(last[:])
				return start + i
			}
		}
		clear(last[:])
		start += (group + 1) * lanes
	}
	return -1
}

// try tries groups of four keys each, at least one, up to a group in which a key
// fits, holes included. It gives the number of the group that was tried last, and
// which of its keys fit: bit 0 for the first one.
//
// prand and hash are the words in which the assembly has them: the last four
// octets of the block, the first of them as the least significant one, and the
// hash likewise with nothing after it.
//
//go:noescape
func try(keys *bt.Key, groups int, prand, hash uint32) (group int, fits uint32)
