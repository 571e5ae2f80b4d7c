package toolbox

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"blesmp/bt"
)

// ErrZeroIRK is returned where a resolvable private address is to be made from
// an IRK of zeros, which stands for a device without one (Core Vol 3, Part H,
// 3.6.4).
var ErrZeroIRK = errors.New("toolbox: the IRK is zero")

// AH is the hash that ties a resolvable private address to an IRK. prand holds
// the three most significant octets of the address, the hash is the other three
// (Core Vol 3, Part H, 2.2.2).
func AH(irk bt.Key, prand [3]byte) [3]byte {
	var block [16]byte
	copy(block[13:], prand[:])
	block = E(irk, block)
	return [3]byte(block[13:])
}

// Resolve reports whether the random address a is a resolvable private address
// made with this IRK. A zero IRK resolves nothing: it is what devices without
// privacy distribute, and else they would all be one (Core Vol 6, Part B,
// 1.3.2.3; Vol 3, Part H, 3.6.4).
func Resolve(irk bt.Key, a bt.Address) bool {
	if irk.IsZero() || a[0]>>6 != 0b01 {
		return false
	}
	hash := AH(irk, [3]byte(a[:3]))
	return subtle.ConstantTimeCompare(hash[:], a[3:]) == 1
}

// NewResolvable makes a resolvable private address for the holders of this IRK.
// random is crypto/rand.Reader outside tests; three octets are read from it, and
// again three in the rare case that their 22 bits are all equal. It returns
// ErrZeroIRK, ErrNotRandom, or an error that wraps that of random (Core Vol 6,
// Part B, 1.3.2.2).
func NewResolvable(irk bt.Key, random io.Reader) (bt.Address, error) {
	if irk.IsZero() {
		return bt.Address{}, ErrZeroIRK
	}
	for range maxDraws {
		var a bt.Address
		if _, err := io.ReadFull(random, a[:3]); err != nil {
			return bt.Address{}, fmt.Errorf("toolbox: random part of an address: %w", err)
		}
		a[0] = a[0]&0x3f | 0x40
		prand := [3]byte(a[:3])
		if prand == [3]byte{0x40, 0x00, 0x00} || prand == [3]byte{0x7f, 0xff, 0xff} {
			continue
		}
		hash := AH(irk, prand)
		copy(a[3:], hash[:])
		return a, nil
	}
	return bt.Address{}, ErrNotRandom
}
