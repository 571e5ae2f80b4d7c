package toolbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"blesmp/bt"
)

// E is the security function e: AES-128 of one block, on which all the others
// rest (Core Vol 3, Part H, 2.2.1).
func E(key bt.Key, plaintext [16]byte) [16]byte {
	return NewCipher(key).encrypt(plaintext)
}

// CMAC is AES-CMAC, the message authentication code of RFC 4493 on which the
// functions of LE Secure Connections rest. The message may have any length, zero
// included (Core Vol 3, Part H, 2.2.5).
func CMAC(key bt.Key, message []byte) [16]byte {
	c := newChain(key)
	c.write(message)
	return c.mac()
}

// Cipher is AES-128 under one key. To make its key schedule takes longer than to
// encrypt a block: a Cipher is for what is computed several times under one key,
// C1 and S1 under TK and F6 under MacKey. It may be used from any goroutine.
//
//vet:secret
type Cipher struct {
	block cipher.Block //vet:secret
}

// NewCipher makes the schedule of a key.
func NewCipher(key bt.Key) Cipher {
	block, _ := aes.NewCipher(key[:]) // fails only for other lengths of key
	return Cipher{block}
}

// String hides the key.
func (Cipher) String() string { return hidden }

// Format hides the key from %x and %#v too.
func (Cipher) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// encrypt is E under the cipher's key.
func (c Cipher) encrypt(plaintext [16]byte) [16]byte {
	chain := c.chain()
	chain.state = plaintext
	chain.encrypt()
	return chain.release()
}

// chain begins a chain of blocks under the cipher's key.
func (c Cipher) chain() *chain {
	taken := chains.Get().(*chain)
	taken.block = c.block
	return taken
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

func newChain(key bt.Key) *chain { return NewCipher(key).chain() }

// release returns the state and ends the use of c.
func (c *chain) release() [16]byte {
	state := c.state
	*c = chain{}
	chains.Put(c)
	return state
}

func (c *chain) encrypt() { c.block.Encrypt(c.state[:], c.state[:]) }

// write leaves a full block unencrypted until it knows that more follows: the
// last block is treated differently.
func (c *chain) write(octets []byte) {
	for len(octets) > 0 {
		c.next()
		n := subtle.XORBytes(c.state[c.used:], c.state[c.used:], octets)
		c.used += n
		octets = octets[n:]
	}
}

// writeReversed writes the last octet first.
func (c *chain) writeReversed(octets []byte) {
	for i := len(octets) - 1; i >= 0; i-- {
		c.writeOctet(octets[i])
	}
}

func (c *chain) writeOctet(octet byte) {
	c.next()
	c.state[c.used] ^= octet
	c.used++
}

// next makes room for more.
func (c *chain) next() {
	if c.used == len(c.state) {
		c.encrypt()
		c.used = 0
	}
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
func double(in [16]byte) (out [16]byte) {
	high, low := binary.BigEndian.Uint64(in[:8]), binary.BigEndian.Uint64(in[8:])
	binary.BigEndian.PutUint64(out[:8], high<<1|low>>63)
	binary.BigEndian.PutUint64(out[8:], low<<1^0x87&-(high>>63))
	return out
}

func xor(a, b [16]byte) [16]byte {
	subtle.XORBytes(a[:], a[:], b[:])
	return a
}
