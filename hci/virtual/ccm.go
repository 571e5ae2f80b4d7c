package virtual

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"slices"
)

const (
	nonceSize = 13 // octets, which leaves two for the length: L = 2
	micSize   = 4  // octets that the link layer spends on authentication: M = 4
)

// ccm is AES-128 in counter mode with CBC-MAC for a length field of two octets
// (RFC 3610; Core Vol 6, Part E, 2). It has the blocks to work in because what is
// given to a cipher.Block has to be on the heap.
type ccm struct {
	block cipher.Block
	tag   int // octets of the authentication value, 4 to 16 and even

	mac, stream [aes.BlockSize]byte
}

func newCCM(key [16]byte, tag int) *ccm {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key is sixteen octets by its type
	}
	return &ccm{block: block, tag: tag}
}

// seal appends to dst the encrypted plain text and its authentication value.
// Neither plain nor additional may be 65280 octets or longer.
func (c *ccm) seal(dst []byte, nonce *[nonceSize]byte, plain, additional []byte) []byte {
	tag := c.authenticate(nonce, plain, additional)
	dst = c.crypt(slices.Grow(dst, len(plain)+c.tag), nonce, plain)
	return append(dst, tag[:c.tag]...)
}

// open appends to dst the plain text of what seal made. It reports false, and
// leaves dst as it was, if the authentication value does not fit.
func (c *ccm) open(dst []byte, nonce *[nonceSize]byte, sealed, additional []byte) ([]byte, bool) {
	if len(sealed) < c.tag {
		return dst, false
	}
	text, got := sealed[:len(sealed)-c.tag], sealed[len(sealed)-c.tag:]
	out := c.crypt(slices.Grow(dst, len(text)), nonce, text)
	want := c.authenticate(nonce, out[len(dst):], additional)
	if subtle.ConstantTimeCompare(got, want[:c.tag]) != 1 {
		return dst, false
	}
	return out, true
}

// authenticate gives the encrypted CBC-MAC over B0, the additional data and
// the plain text (RFC 3610, 2.2 and 2.3).
func (c *ccm) authenticate(nonce *[nonceSize]byte, plain, additional []byte) [aes.BlockSize]byte {
	x := &c.mac
	x[0] = byte((c.tag-2)/2<<3 | 1)
	if len(additional) > 0 {
		x[0] |= 1 << 6
	}
	copy(x[1:], nonce[:])
	binary.BigEndian.PutUint16(x[14:], uint16(len(plain)))
	c.block.Encrypt(x[:], x[:])

	if len(additional) > 0 {
		x[0] ^= byte(len(additional) >> 8)
		x[1] ^= byte(len(additional))
		c.absorb(2, additional)
	}
	c.absorb(0, plain)

	tag := *x
	subtle.XORBytes(tag[:], tag[:], c.keyStream(nonce, 0))
	return tag
}

// absorb runs the CBC-MAC over text, padded with zeros to a block, of whose first
// one so many octets are there already.
func (c *ccm) absorb(at int, text []byte) {
	x := &c.mac
	for len(text) > 0 {
		n := subtle.XORBytes(x[at:], x[at:], text)
		c.block.Encrypt(x[:], x[:])
		text, at = text[n:], 0
	}
}

// crypt appends text, encrypted or decrypted in counter mode.
func (c *ccm) crypt(dst []byte, nonce *[nonceSize]byte, text []byte) []byte {
	for i := uint16(1); len(text) > 0; i++ {
		stream := c.keyStream(nonce, i)
		n := subtle.XORBytes(stream, stream, text)
		dst = append(dst, stream[:n]...)
		text = text[n:]
	}
	return dst
}

// keyStream gives the block S of this number, valid until the next (RFC 3610,
// 2.3).
func (c *ccm) keyStream(nonce *[nonceSize]byte, number uint16) []byte {
	a := &c.stream
	a[0] = 1 // L - 1
	copy(a[1:], nonce[:])
	binary.BigEndian.PutUint16(a[14:], number)
	c.block.Encrypt(a[:], a[:])
	return a[:]
}
