package floor

import (
	"crypto/aes"
	"crypto/cipher"
)

// Blocks is to encrypt so many AES blocks with one key in counter mode, in which
// no block waits for another: what the AES of that many blocks takes at least.
func Blocks(count int) Work {
	const chunk = 1024 // blocks: few enough for the nearest cache
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		panic(err) // for another length of key only
	}
	stream := cipher.NewCTR(block, make([]byte, aes.BlockSize))
	octets := make([]byte, chunk*aes.BlockSize)
	return Each(func() error {
		for left := count; left > 0; left -= chunk {
			part := octets[:min(left, chunk)*aes.BlockSize]
			stream.XORKeyStream(part, part)
		}
		return nil
	})
}
