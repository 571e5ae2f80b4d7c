package table_test

import (
	"bytes"
	"slices"
	"testing"

	"blesmp/gen/table"
)

// TestReverse compares with the octet by octet way, for all lengths that take
// another path.
func TestReverse(t *testing.T) {
	for length := range 70 {
		value := make([]byte, length)
		for i := range value {
			value[i] = byte(i*7 + 1)
		}
		want := slices.Clone(value)
		slices.Reverse(want)
		if got := table.AppendReversed([]byte{0xee}, value); !bytes.Equal(got[1:], want) || got[0] != 0xee {
			t.Errorf("%d octets: % x, want ee % x", length, got, want)
		}
		table.Reverse(value)
		if !bytes.Equal(value, want) {
			t.Errorf("%d octets: % x, want % x", length, value, want)
		}
	}
}
