package toolbox_test

import (
	"encoding/binary"
	"testing"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// address reads a type and six octets.
func address(octets []byte) bt.TypedAddress {
	return bt.TypedAddress{Type: bt.AddressType(octets[0]), Address: bt.Address(octets[1:7])}
}

// TestEveryBitCounts changes each bit of the input of each function: no argument
// may be left out, or taken twice for another. Of an address type only the lowest
// bit counts, and of the random numbers in s1 only the lower half.
func TestEveryBitCounts(t *testing.T) {
	t.Parallel()
	typeAt := func(types ...int) func(int, int) bool {
		return func(octet, bit int) bool {
			for _, at := range types {
				if octet == at && bit != 0 {
					return false
				}
			}
			return true
		}
	}
	checkBits(t, "C1", 60, typeAt(46, 53), func(in []byte) []byte {
		out := toolbox.C1(bt.Key(in), [16]byte(in[16:]), [7]byte(in[32:]), [7]byte(in[39:]), address(in[46:]), address(in[53:]))
		return out[:]
	})
	lowHalves := func(octet, _ int) bool { return octet < 16 || octet%16 >= 8 }
	checkBits(t, "S1", 48, lowHalves, func(in []byte) []byte {
		out := toolbox.S1(bt.Key(in), [16]byte(in[16:]), [16]byte(in[32:]))
		return out[:]
	})
	checkBits(t, "F4", 81, everyBit, func(in []byte) []byte {
		out := toolbox.F4([32]byte(in), [32]byte(in[32:]), [16]byte(in[64:]), in[80])
		return out[:]
	})
	checkBits(t, "F5 MacKey", 78, typeAt(64, 71), func(in []byte) []byte {
		out, _ := toolbox.F5(toolbox.DHKey(in), [16]byte(in[32:]), [16]byte(in[48:]), address(in[64:]), address(in[71:]))
		return out[:]
	})
	checkBits(t, "F5 LTK", 78, typeAt(64, 71), func(in []byte) []byte {
		_, out := toolbox.F5(toolbox.DHKey(in), [16]byte(in[32:]), [16]byte(in[48:]), address(in[64:]), address(in[71:]))
		return out[:]
	})
	checkBits(t, "F6", 81, typeAt(67, 74), func(in []byte) []byte {
		out := toolbox.F6(bt.Key(in), [16]byte(in[16:]), [16]byte(in[32:]), [16]byte(in[48:]), [3]byte(in[64:]),
			address(in[67:]), address(in[74:]))
		return out[:]
	})
	checkBits(t, "G2", 96, everyBit, func(in []byte) []byte {
		value := toolbox.G2([32]byte(in), [32]byte(in[32:]), [16]byte(in[64:]), [16]byte(in[80:]))
		return binary.BigEndian.AppendUint32(nil, value)
	})
	checkBits(t, "H6", 20, everyBit, func(in []byte) []byte {
		out := toolbox.H6(bt.Key(in), toolbox.KeyID(binary.BigEndian.Uint32(in[16:])))
		return out[:]
	})
	checkBits(t, "H7", 32, everyBit, func(in []byte) []byte {
		out := toolbox.H7([16]byte(in), bt.Key(in[16:]))
		return out[:]
	})
	checkBits(t, "AH", 19, everyBit, func(in []byte) []byte {
		out := toolbox.AH(bt.Key(in), [3]byte(in[16:]))
		return out[:]
	})
	checkBits(t, "D1", 20, everyBit, func(in []byte) []byte {
		out := toolbox.D1(bt.Key(in), binary.BigEndian.Uint16(in[16:]), binary.BigEndian.Uint16(in[18:]))
		return out[:]
	})
	checkBits(t, "Sign", 57, everyBit, func(in []byte) []byte {
		out := toolbox.Sign(bt.Key(in), in[16:53], binary.BigEndian.Uint32(in[53:]))
		return out[4:]
	})
}
