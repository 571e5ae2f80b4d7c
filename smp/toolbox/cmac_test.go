package toolbox_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// TestE takes the example of FIPS 197, Appendix C.1.
func TestE(t *testing.T) {
	t.Parallel()
	key := bt.Key(unhex(t, "000102030405060708090a0b0c0d0e0f"))
	plaintext := [16]byte(unhex(t, "00112233445566778899aabbccddeeff"))
	ciphertext := toolbox.E(key, plaintext)
	if diff := cmp.Diff("69c4e0d86a7b0430d8cdb78070b4c55a", hex.EncodeToString(ciphertext[:])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCMACRFC4493 takes the four examples of RFC 4493, section 4.
func TestCMACRFC4493(t *testing.T) {
	t.Parallel()
	key := bt.Key(unhex(t, "2b7e151628aed2a6abf7158809cf4f3c"))
	message := unhex(t, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"+
		"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
	tests := []struct {
		name   string
		length int
		want   string
	}{
		{"example 1", 0, "bb1d6929e95937287fa37d129b756746"},
		{"example 2", 16, "070a16b46b4d4144f79bdd9dd04a287c"},
		{"example 3", 40, "dfa66747de9ae63030ca32611497c827"},
		{"example 4", 64, "51f0bebf7e3b9d92fc49741779363cfe"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mac := toolbox.CMAC(key, message[:test.length])
			if diff := cmp.Diff(test.want, hex.EncodeToString(mac[:])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCMACLengths compares every length around the block boundaries with a
// second implementation, under keys whose subkeys do and do not carry.
func TestCMACLengths(t *testing.T) {
	t.Parallel()
	for first := range 16 {
		key := bt.Key(counting(16))
		key[0] = byte(first)
		for length := range 81 {
			message := counting(length)
			got := toolbox.CMAC(key, message)
			if diff := cmp.Diff(naiveCMAC(t, key, message), got); diff != "" {
				t.Errorf("key %d, %d octets (-want +got):\n%s", first, length, diff)
			}
		}
	}
}

// naiveCMAC follows the text of RFC 4493 with the standard library's CBC and
// numbers of any size.
func naiveCMAC(t *testing.T, key [16]byte, message []byte) [16]byte {
	t.Helper()
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	var zero [16]byte
	block.Encrypt(zero[:], zero[:])
	subkey := timesX(new(big.Int).SetBytes(zero[:]))
	padded := append([]byte{}, message...)
	if len(message) == 0 || len(message)%16 != 0 {
		subkey = timesX(subkey)
		padded = append(padded, 0x80)
		for len(padded)%16 != 0 {
			padded = append(padded, 0)
		}
	}
	last := new(big.Int).SetBytes(padded[len(padded)-16:])
	last.Xor(last, subkey).FillBytes(padded[len(padded)-16:])
	cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(padded, padded)
	return [16]byte(padded[len(padded)-16:])
}

func timesX(n *big.Int) *big.Int {
	n = new(big.Int).Lsh(n, 1)
	if n.Bit(128) == 1 {
		n.SetBit(n, 128, 0)
		n.Xor(n, big.NewInt(0x87))
	}
	return n
}
