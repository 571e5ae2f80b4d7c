package toolbox_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"
)

// unhex decodes a literal of the tests.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	octets, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// reversed turns octets as sent into a value, or back.
func reversed(octets []byte) []byte {
	octets = slices.Clone(octets)
	slices.Reverse(octets)
	return octets
}

// counting is n octets that all differ, up to 256 of them.
func counting(n int) []byte {
	octets := make([]byte, n)
	for i := range octets {
		octets[i] = byte(i)
	}
	return octets
}

// checkBits flips every bit of size octets of input. The output has to change for
// each bit that counts says enters, and for no other.
func checkBits(t *testing.T, name string, size int, counts func(octet, bit int) bool, compute func(input []byte) []byte) {
	t.Helper()
	original := compute(counting(size))
	for octet := range size {
		for bit := range 8 {
			input := counting(size)
			input[octet] ^= 1 << bit
			if got, want := !bytes.Equal(compute(input), original), counts(octet, bit); got != want {
				t.Errorf("%s: flipping bit %d of octet %d changed the output: %v, want %v", name, bit, octet, got, want)
			}
		}
	}
}

func everyBit(int, int) bool { return true }
