package ah

import (
	"crypto/aes"
	"crypto/subtle"

	"blesmp/bt"
)

// portable is Find with crypto/aes.
func portable(keys []bt.Key, prand, hash [3]byte) int {
	var in, out [aes.BlockSize]byte
	copy(in[13:], prand[:])
	for i := range keys {
		block, _ := aes.NewCipher(keys[i][:]) // fails only for other lengths of key
		block.Encrypt(out[:], in[:])
		if subtle.ConstantTimeCompare(out[13:], hash[:]) == 1 && !keys[i].IsZero() {
			return i
		}
	}
	return -1
}
