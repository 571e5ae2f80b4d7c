//go:build !race

package toolbox_test

import (
	"testing"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// TestAllocations holds every function to what crypto/aes allocates: one cipher a
// key. Under the race detector sync.Pool drops some of what it is given, so that
// counting has no meaning there.
func TestAllocations(t *testing.T) {
	var (
		key        bt.Key
		w          toolbox.DHKey
		x, y       [16]byte
		u, v       [32]byte
		a, b       bt.TypedAddress
		preq, pres [7]byte
		data       = make([]byte, 100)
		signature  toolbox.Signature
	)
	cipher := toolbox.NewCipher(bt.Key{15: 2})
	irk := bt.Key{15: 1}
	rpa := bt.Address{0: 0x40}
	tests := []struct {
		name    string
		ciphers float64
		call    func()
	}{
		{"E", 1, func() { x = toolbox.E(key, x) }},
		{"CMAC", 1, func() { x = toolbox.CMAC(key, data) }},
		{"C1", 1, func() { x = toolbox.C1(key, x, preq, pres, a, b) }},
		{"S1", 1, func() { key = toolbox.S1(key, x, y) }},
		{"F4", 1, func() { x = toolbox.F4(u, v, x, 0) }},
		{"F5", 1, func() { key, _ = toolbox.F5(w, x, y, a, b) }},
		{"F6", 1, func() { x = toolbox.F6(key, x, y, x, [3]byte{}, a, b) }},
		{"Cipher.C1 and S1", 0, func() { key = cipher.S1(cipher.C1(x, preq, pres, a, b), y) }},
		{"Cipher.F6", 0, func() { x = cipher.F6(x, y, x, [3]byte{}, a, b) }},
		{"G2", 1, func() { x[0] = byte(toolbox.G2(u, v, x, y)) }},
		{"H6", 1, func() { key = toolbox.H6(key, toolbox.LEBR) }},
		{"H7", 1, func() { key = toolbox.H7(x, key) }},
		{"LinkKeyFromLTK", 2, func() { key = toolbox.LinkKeyFromLTK(key, true) }},
		{"LTKFromLinkKey", 2, func() { key = toolbox.LTKFromLinkKey(key, false) }},
		{"D1", 1, func() { key = toolbox.D1(key, 1, 2) }},
		{"AH", 1, func() { x[0] = toolbox.AH(key, [3]byte{})[0] }},
		{"Resolve", 1, func() { toolbox.Resolve(irk, rpa) }},
		{"Sign", 1, func() { signature = toolbox.Sign(key, data, 1) }},
		{"Verify", 1, func() { toolbox.Verify(key, data, signature) }},
		{"Shorten", 0, func() { key, _ = toolbox.Shorten(key, 7) }},
	}
	for _, test := range tests {
		if got := testing.AllocsPerRun(100, test.call); got != test.ciphers {
			t.Errorf("%s: %v allocations, want %v", test.name, got, test.ciphers)
		}
	}
}
