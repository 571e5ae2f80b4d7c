package toolbox

import (
	"crypto/aes"
	"crypto/cipher"
	"sync"

	"blesmp/bt"
)

// E is the security function e: AES-128 of one block, on which all the others
// rest (Core Vol 3, Part H, 2.2.1).
func E(key bt.Key, plaintext [16]byte) [16]byte {
	c := newChain(key)
	c.state = plaintext
	c.encrypt()
	return c.release()
}

// CMAC is AES-CMAC, the message authentication code of RFC 4493 on which the
// functions of LE Secure Connections rest. The message may have any length, zero
// included (Core Vol 3, Part H, 2.2.5).
func CMAC(key bt.Key, message []byte) [16]byte {
	c := newChain(key)
	c.write(message)
	return c.mac()
}

// chain is one cipher with the block that it works on. Octets written to it
// enter an AES-CMAC, so that a function need not join its arguments first.
type chain struct {
	block cipher.Block
	state [16]byte
	used  int // octets added to state since it was last encrypted
}

// chains exists because what is given to a cipher.Block escapes to the heap: with
// it a call allocates only what crypto/aes does. Those inside are zero.
var chains = sync.Pool{New: func() any { return new(chain) }}

func newChain(key bt.Key) *chain {
	c := chains.Get().(*chain)
	c.block, _ = aes.NewCipher(key[:]) // fails only for other lengths of key
	return c
}

// release returns the state and ends the use of c.
func (c *chain) release() [16]byte {
	state := c.state
	*c = chain{}
	chains.Put(c)
	return state
}

func (c *chain) encrypt() { c.block.Encrypt(c.state[:], c.state[:]) }

func (c *chain) write(octets []byte) {
	for _, octet := range octets {
		c.writeOctet(octet)
	}
}

// writeReversed writes the last octet first.
func (c *chain) writeReversed(octets []byte) {
	for i := len(octets) - 1; i >= 0; i-- {
		c.writeOctet(octets[i])
	}
}

// writeOctet leaves a full block unencrypted until it knows that more follows:
// the last block is treated differently.
func (c *chain) writeOctet(octet byte) {
	if c.used == len(c.state) {
		c.encrypt()
		c.used = 0
	}
	c.state[c.used] ^= octet
	c.used++
}

// mac ends the message and releases c.
func (c *chain) mac() [16]byte {
	last := c.state
	c.state = [16]byte{}
	c.encrypt()
	subkey := double(c.state)
	if c.used < len(last) {
		last[c.used] ^= 0x80
		subkey = double(subkey)
	}
	c.state = xor(last, subkey)
	c.encrypt()
	return c.release()
}

// double multiplies by x in GF(2^128), in constant time (RFC 4493, 2.3).
func double(in [16]byte) [16]byte {
	var out [16]byte
	var carry byte
	for i := len(in) - 1; i >= 0; i-- {
		out[i] = in[i]<<1 | carry
		carry = in[i] >> 7
	}
	out[15] ^= 0x87 & -carry
	return out
}

func xor(a, b [16]byte) [16]byte {
	for i := range a {
		a[i] ^= b[i]
	}
	return a
}
