package toolbox_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

func TestShorten(t *testing.T) {
	t.Parallel()
	key := bt.Key(unhex(t, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
	tests := []struct {
		size int
		want string
		err  error
	}{
		{-1, "00000000000000000000000000000000", toolbox.ErrKeySize},
		{0, "00000000000000000000000000000000", toolbox.ErrKeySize},
		{6, "00000000000000000000000000000000", toolbox.ErrKeySize},
		{7, "000000000000000000f9fafbfcfdfeff", nil},
		{8, "0000000000000000f8f9fafbfcfdfeff", nil},
		{9, "00000000000000f7f8f9fafbfcfdfeff", nil},
		{10, "000000000000f6f7f8f9fafbfcfdfeff", nil},
		{11, "0000000000f5f6f7f8f9fafbfcfdfeff", nil},
		{12, "00000000f4f5f6f7f8f9fafbfcfdfeff", nil},
		{13, "000000f3f4f5f6f7f8f9fafbfcfdfeff", nil},
		{14, "0000f2f3f4f5f6f7f8f9fafbfcfdfeff", nil},
		{15, "00f1f2f3f4f5f6f7f8f9fafbfcfdfeff", nil},
		{16, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", nil},
		{17, "00000000000000000000000000000000", toolbox.ErrKeySize},
		{255, "00000000000000000000000000000000", toolbox.ErrKeySize},
	}
	for _, test := range tests {
		got, err := toolbox.Shorten(key, test.size)
		if !errors.Is(err, test.err) {
			t.Errorf("Shorten to %d: %v, want %v", test.size, err, test.err)
		}
		if diff := cmp.Diff(test.want, got.Reveal()); diff != "" {
			t.Errorf("Shorten to %d (-want +got):\n%s", test.size, diff)
		}
	}
	if key.Reveal() != "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff" {
		t.Error("Shorten changed the key of its caller")
	}
}

func TestIsSampleLTK(t *testing.T) {
	t.Parallel()
	sample := bt.Key(unhex(t, "4c68384139f574d836bcf34e9dfb01bf"))
	if !toolbox.IsSampleLTK(sample) {
		t.Error("IsSampleLTK = false for the sample")
	}
	for i := range sample {
		other := sample
		other[i] ^= 0x01
		if toolbox.IsSampleLTK(other) {
			t.Errorf("IsSampleLTK = true with octet %d changed", i)
		}
	}
}
