package bond

import (
	"crypto/aes"
	"crypto/subtle"

	"blesmp/bt"
)

// Resolves reports whether address is a resolvable private address that was
// made from irk. A zero IRK resolves nothing (Core Vol 6, Part B, 1.3.2.3).
func Resolves(irk bt.Key, address bt.TypedAddress) bool {
	if !address.IsResolvable() || irk.IsZero() {
		return false
	}
	prand, hash := address.Address[:3], address.Address[3:]
	want := ah(irk, [3]byte(prand))
	return subtle.ConstantTimeCompare(hash, want[:]) == 1
}

// ah is the random address hash function: the last three octets of one AES
// block over prand (Core Vol 3, Part H, 2.2.2).
func ah(irk bt.Key, prand [3]byte) (hash [3]byte) {
	block, err := aes.NewCipher(irk[:])
	if err != nil {
		panic("bond: AES refuses a key of 16 octets: " + err.Error())
	}
	var b [aes.BlockSize]byte
	copy(b[13:], prand[:])
	block.Encrypt(b[:], b[:])
	return [3]byte(b[13:])
}
