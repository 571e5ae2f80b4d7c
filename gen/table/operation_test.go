package table_test

import (
	"testing"

	"blesmp/gen/table"
)

func TestCombine(t *testing.T) {
	for _, test := range []struct {
		name string
		op   table.NodeOp
		a, b int
		want int
	}{
		{"Eq", table.Eq, 3, 3, 1},
		{"Eq, not", table.Eq, 3, 4, 0},
		{"Ne", table.Ne, 3, 4, 1},
		{"Ne, not", table.Ne, 3, 3, 0},
		{"Lt", table.Lt, 3, 4, 1},
		{"Lt, not", table.Lt, 3, 3, 0},
		{"Le", table.Le, 3, 3, 1},
		{"Le, not", table.Le, 4, 3, 0},
		{"Gt", table.Gt, 4, 3, 1},
		{"Gt, not", table.Gt, 3, 3, 0},
		{"Ge", table.Ge, 3, 3, 1},
		{"Ge, not", table.Ge, 3, 4, 0},
		{"Has", table.Has, 0b111, 0b101, 1},
		{"Has, not all", table.Has, 0b110, 0b101, 0},
		{"Add", table.Add, 19, 1, 20},
		{"Sub", table.Sub, 20, 1, 19},
		{"With", table.With, 0b110, 0b011, 0b111},
		{"Without", table.Without, 0b110, 0b011, 0b100},
		{"no operation of two sides", table.Ask, 1, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := table.Combine(test.op, test.a, test.b); got != test.want {
				t.Errorf("of int: %d, want %d", got, test.want)
			}
			if got := table.Combine(test.op, uint8(test.a), uint8(test.b)); int(got) != test.want {
				t.Errorf("of octets: %d, want %d", got, test.want)
			}
		})
	}
}

// TestCombine_outside leaves the octet: int shows it, an octet begins anew.
func TestCombine_outside(t *testing.T) {
	if got := table.Combine(table.Add, 255, 1); got != 256 {
		t.Errorf("255 + 1 of int: %d, want 256", got)
	}
	if got := table.Combine(table.Add, uint8(255), 1); got != 0 {
		t.Errorf("255 + 1 of octets: %d, want 0", got)
	}
}
