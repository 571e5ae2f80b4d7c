package bondtest

import (
	"encoding/binary"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

var (
	local1 = public(0xA1000000)
	local2 = static(0xA2000000)
)

func public(n uint32) bt.TypedAddress {
	a := bt.TypedAddress{Type: bt.PublicAddress}
	binary.BigEndian.PutUint32(a.Address[2:], n)
	return a
}

func static(n uint32) bt.TypedAddress {
	a := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xC0}}
	binary.BigEndian.PutUint32(a.Address[2:], n)
	return a
}

// key makes a key of its own for every n.
func key(n uint32) bt.Key {
	k := bt.Key{0x5A}
	binary.BigEndian.PutUint32(k[12:], n)
	return k
}

func ptr[T any](v T) *T { return &v }

// full is a bond with every field set.
func full(local, peer, onAir bt.TypedAddress) bond.Bond {
	return bond.Bond{
		Local: local, Peer: peer, OnAir: onAir,
		MITM: true, Debug: true, Model: 3, KeySize: 16,
		LocalLTK:  &bond.LongTermKey{Key: key(1), EDIV: 0x1234, Rand: 0x0102030405060708},
		PeerLTK:   &bond.LongTermKey{Key: key(2), EDIV: 0xFFFF, Rand: 0xFFFFFFFFFFFFFFFF},
		PeerIRK:   ptr(key(3)),
		LocalCSRK: ptr(key(4)), LocalSignCounter: 7,
		PeerCSRK: ptr(key(5)), PeerSignCounter: 0xFFFFFFFE,
		LinkKey: ptr(key(6)),
		Created: time.Date(2024, 2, 29, 23, 59, 59, 999999999, time.UTC),
	}
}

// small is a bond of Secure Connections with the least that it can have.
func small(local, peer bt.TypedAddress, n uint32) bond.Bond {
	return bond.Bond{
		Local: local, Peer: peer, SC: true, KeySize: 16,
		LocalLTK: &bond.LongTermKey{Key: key(n)},
		PeerLTK:  &bond.LongTermKey{Key: key(n)},
	}
}

func withOnAir(b bond.Bond, onAir bt.TypedAddress) bond.Bond {
	b.OnAir = onAir
	return b
}

func withIRK(b bond.Bond, irk bt.Key) bond.Bond {
	b.PeerIRK = &irk
	return b
}

func withCSRKs(b bond.Bond, local, peer bt.Key) bond.Bond {
	b.LocalCSRK, b.PeerCSRK = &local, &peer
	return b
}
