package toolbox_test

import (
	"errors"
	"fmt"
	"testing"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// TestPoint has Shared give what DH gives, and refuse what is no point.
func TestPoint(t *testing.T) {
	t.Parallel()
	var pairs [2]*toolbox.KeyPair
	for i := range pairs {
		pair, err := toolbox.KeyPairFromPrivate([32]byte{31: byte(i + 5)})
		if err != nil {
			t.Fatal(err)
		}
		pairs[i] = pair
	}
	point, err := pairs[1].Public().Point()
	if err != nil {
		t.Fatal(err)
	}
	shared, err := pairs[0].Shared(point)
	if err != nil {
		t.Fatal(err)
	}
	if direct, err := pairs[0].DH(pairs[1].Public()); err != nil || direct != shared {
		t.Errorf("DH and Shared differ: %v", err)
	}
	if _, err := pairs[0].Shared(toolbox.Point{}); !errors.Is(err, toolbox.ErrInvalidPublicKey) {
		t.Errorf("Shared of the zero Point: error %v, want %v", err, toolbox.ErrInvalidPublicKey)
	}
	off := pairs[1].Public()
	off.X[31] ^= 1
	if _, err := off.Point(); !errors.Is(err, toolbox.ErrInvalidPublicKey) {
		t.Errorf("Point of a key off the curve: error %v, want %v", err, toolbox.ErrInvalidPublicKey)
	}
}

// TestCipherIsHidden prints a Cipher in every way.
func TestCipherIsHidden(t *testing.T) {
	t.Parallel()
	cipher := toolbox.NewCipher(bt.Key{1, 2, 3})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, cipher); got != "[hidden]" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}
