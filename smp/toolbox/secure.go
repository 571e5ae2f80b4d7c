package toolbox

import (
	"encoding/binary"
	"sync"

	"blesmp/bt"
)

// F4 computes a confirm value of LE Secure Connections: a commitment to the
// random number x. u and v are the X coordinates of the public keys, the
// committing device's own first; for OOB data u and v are both its own. z is 0,
// or for passkey entry 0x80 plus the bit of this round (Core Vol 3, Part H,
// 2.2.6).
func F4(u, v [32]byte, x [16]byte, z byte) [16]byte {
	c := newChain(bt.Key(x))
	c.write(u[:])
	c.write(v[:])
	c.writeOctet(z)
	return c.mac()
}

// F5 derives the MacKey and the LTK of LE Secure Connections from the DHKey. n1
// and a1 are the initiator's random number and address, n2 and a2 the
// responder's; of a type only the lowest bit counts. The LTK has 16 octets:
// Shorten cuts it to the size that was agreed (Core Vol 3, Part H, 2.2.7).
func F5(w DHKey, n1, n2 [16]byte, a1, a2 bt.TypedAddress) (macKey, ltk bt.Key) {
	c := f5Salt().chain()
	c.write(w[:])
	t := NewCipher(bt.Key(c.mac()))
	return t.f5Half(0, n1, n2, a1, a2), t.f5Half(1, n1, n2, a1, a2)
}

// f5Salt is AES-128 under SALT, which is the same for all.
var f5Salt = sync.OnceValue(func() Cipher {
	return NewCipher(bt.Key{
		0x6c, 0x88, 0x83, 0x91, 0xaa, 0xf5, 0xa5, 0x38,
		0x60, 0x37, 0x0b, 0xdb, 0x5a, 0x60, 0x83, 0xbe,
	})
})

// f5Half is one of the two keys that F5 gives, under T.
func (c Cipher) f5Half(counter byte, n1, n2 [16]byte, a1, a2 bt.TypedAddress) bt.Key {
	chain := c.chain()
	chain.writeOctet(counter)
	chain.writeUint32(0x62746c65) // keyID "btle"
	chain.write(n1[:])
	chain.write(n2[:])
	chain.writeAddress(a1)
	chain.writeAddress(a2)
	chain.writeOctet(0x01) // Length: 256 bits in two octets
	chain.writeOctet(0x00)
	return bt.Key(chain.mac())
}

// F6 computes a DHKey Check value, which proves knowledge of the DHKey and of
// what was exchanged. w is the MacKey; n1, ioCap and a1 are the random number,
// the features and the address of the device that sends the value, n2 and a2
// belong to the other one. r is that other device's OOB random number or the
// passkey, and zero for the remaining models. ioCap is AuthReq, OOB flag and IO
// capability: the reverse of their order in the PDU (Core Vol 3, Part H, 2.2.8).
func F6(w bt.Key, n1, n2, r [16]byte, ioCap [3]byte, a1, a2 bt.TypedAddress) [16]byte {
	return NewCipher(w).F6(n1, n2, r, ioCap, a1, a2)
}

// F6 is the function F6 with the cipher's key as MacKey.
func (c Cipher) F6(n1, n2, r [16]byte, ioCap [3]byte, a1, a2 bt.TypedAddress) [16]byte {
	chain := c.chain()
	chain.write(n1[:])
	chain.write(n2[:])
	chain.write(r[:])
	chain.write(ioCap[:])
	chain.writeAddress(a1)
	chain.writeAddress(a2)
	return chain.mac()
}

// G2 computes the number of Numeric Comparison, 32 bits of it; Digits gives what
// the user sees. u and x are the X coordinate and the random number of the
// initiator, v and y the responder's (Core Vol 3, Part H, 2.2.9).
func G2(u, v [32]byte, x, y [16]byte) uint32 {
	c := newChain(bt.Key(x))
	c.write(u[:])
	c.write(v[:])
	c.write(y[:])
	mac := c.mac()
	return binary.BigEndian.Uint32(mac[12:])
}

// Digits reduces the value of G2 to the six decimal digits that both users
// compare: 0 to 999999, to be shown with its leading zeros (Core Vol 3, Part H,
// 2.2.9).
func Digits(value uint32) uint32 { return value % 1_000_000 }

func (c *chain) writeUint32(v uint32) {
	c.writeOctet(byte(v >> 24))
	c.writeOctet(byte(v >> 16))
	c.writeOctet(byte(v >> 8))
	c.writeOctet(byte(v))
}

func (c *chain) writeAddress(a bt.TypedAddress) {
	c.writeOctet(typeOctet(a))
	c.write(a.Address[:])
}
