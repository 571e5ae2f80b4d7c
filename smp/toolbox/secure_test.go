package toolbox_test

import (
	"testing"

	"blesmp/smp/toolbox"
)

func TestDigits(t *testing.T) {
	t.Parallel()
	tests := []struct{ value, want uint32 }{
		{0, 0},
		{999_999, 999_999},
		{1_000_000, 0},
		{1_000_001, 1},
		{0xffffffff, 967_295},
	}
	for _, test := range tests {
		if got := toolbox.Digits(test.value); got != test.want {
			t.Errorf("Digits(%d) = %d, want %d", test.value, got, test.want)
		}
	}
}
