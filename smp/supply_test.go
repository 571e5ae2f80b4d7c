package smp

import (
	"bytes"
	"testing"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// TestSupply draws more than is kept at once: no octets come twice, and what was
// handed out is wiped.
func TestSupply(t *testing.T) {
	var s supply
	var all []byte
	for _, n := range []int{16, 2, 8, 16, 64, 1, 200} {
		p := make([]byte, n)
		s.draw(p)
		all = append(all, p...)
		if used := s.octets[:len(s.octets)-s.left]; !bytes.Equal(used, make([]byte, len(used))) {
			t.Fatalf("after %d octets the supply still knows what it gave", len(all))
		}
	}
	for at := 0; at+16 < len(all); at++ {
		if bytes.Contains(all[at+1:], all[at:at+8]) {
			t.Fatalf("the octets at %d come twice", at)
		}
	}
}

// TestPairingTools asks in every order for the keys and points that are kept: the
// answers are those of the tools that keep nothing.
func TestPairingTools(t *testing.T) {
	kept, plain := new(pairingTools), realToolbox{}
	keys := []bt.Key{{}, {1}, {}, {2}, {2}, {1}}
	r, preq, pres := [16]byte{3}, [7]byte{4}, [7]byte{5}
	a, b := bt.TypedAddress{Address: bt.Address{6}}, bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{7}}
	for i, key := range keys {
		if got, want := kept.C1(key, r, preq, pres, a, b), plain.C1(key, r, preq, pres, a, b); got != want {
			t.Errorf("C1 %d differs", i)
		}
		if got, want := kept.S1(key, r, [16]byte{8}), plain.S1(key, r, [16]byte{8}); !got.Equal(want) {
			t.Errorf("S1 %d differs", i)
		}
		if got, want := kept.F6(key, r, r, r, [3]byte{9}, a, b), plain.F6(key, r, r, r, [3]byte{9}, a, b); got != want {
			t.Errorf("F6 %d differs", i)
		}
	}
	pairs := [3]*toolbox.KeyPair{}
	for i := range pairs {
		pair, err := toolbox.KeyPairFromPrivate([32]byte{31: byte(i + 1)})
		if err != nil {
			t.Fatal(err)
		}
		pairs[i] = pair
	}
	off := pairs[1].Public()
	off.Y[0] ^= 1
	if kept.ValidPublicKey(off) || !kept.ValidPublicKey(pairs[1].Public()) {
		t.Error("ValidPublicKey takes a point off the curve, or refuses one on it")
	}
	for i, peer := range pairs { // also keys other than the one that was asked for last
		if got, want := kept.DHKey(pairs[0], peer.Public()), plain.DHKey(pairs[0], peer.Public()); got != want {
			t.Errorf("DHKey %d differs", i)
		}
	}
	// A key that nobody has found valid gives a secret that nobody knows.
	first, second := kept.DHKey(pairs[0], off), kept.DHKey(pairs[0], off)
	if first == second {
		t.Error("a point off the curve gives the same DHKey twice")
	}
}
