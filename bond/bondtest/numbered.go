package bondtest

import (
	"crypto/aes"
	"encoding/binary"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// Bond makes the nth of very many valid bonds, of which each has its own peer,
// address on the air and IRK. All are of the same local identity.
func Bond(n int) bond.Bond {
	key := IRK(n)
	return bond.Bond{
		Local: bt.TypedAddress{Address: bt.Address{0, 0xAA}}, Peer: Peer(n), OnAir: numbered(0xC1, n), SC: true, KeySize: 16,
		LocalLTK: &bond.LongTermKey{Key: key}, PeerLTK: &bond.LongTermKey{Key: key},
		PeerIRK: &key, LocalCSRK: &key, LocalSignCounter: uint32(n), Created: time.Unix(int64(n), 0).UTC(),
	}
}

// Peer is the identity of the peer of Bond(n).
func Peer(n int) bt.TypedAddress { return numbered(0xC0, n) }

// IRK is the IRK of the peer of Bond(n).
func IRK(n int) bt.Key {
	k := bt.Key{0x77}
	binary.BigEndian.PutUint32(k[12:], uint32(n))
	return k
}

// PrivateAddress is the nth of the 4,194,304 resolvable private addresses that
// the owner of an IRK makes (Core Vol 6, Part B, 1.3.2.2).
func PrivateAddress(irk bt.Key, n int) bt.TypedAddress {
	return privateAddress(irk, [3]byte{byte(n >> 16), byte(n >> 8), byte(n)})
}

// privateAddress makes a private address of an IRK from prand, of which the two
// highest bits are those of the kind of address.
func privateAddress(irk bt.Key, prand [3]byte) bt.TypedAddress {
	prand[0] = prand[0]&0x3F | 0x40
	var b [aes.BlockSize]byte
	copy(b[13:], prand[:])
	block, _ := aes.NewCipher(irk[:]) // fails only for other lengths of key
	block.Encrypt(b[:], b[:])
	a := bt.TypedAddress{Type: bt.RandomAddress}
	copy(a.Address[:3], prand[:])
	copy(a.Address[3:], b[13:])
	return a
}

func numbered(top byte, n int) bt.TypedAddress {
	a := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{top}}
	binary.BigEndian.PutUint32(a.Address[2:], uint32(n))
	return a
}
