package verify

import (
	"blesmp/bt"
	"blesmp/smp"
)

// canned are PDUs that an attacker may send at any time.
var canned = [][]byte{
	{0x01, 0x04, 0x00, 0x2d, 0x10, 0x07, 0x07},
	{0x01, 0x03, 0x00, 0x01, 0x07, 0x01, 0x01},
	{0x02, 0x04, 0x00, 0x2d, 0x10, 0x07, 0x07},
	{0x02, 0x03, 0x00, 0x01, 0x07, 0x01, 0x01},
	junk(0x03, 16), junk(0x04, 16), {0x05, 0x08}, junk(0x06, 16), junk(0x07, 10), junk(0x08, 16),
	{0x09, 0x01, 0x66, 0x66, 0x66, 0x66, 0x66, 0xc6}, junk(0x0a, 16), {0x0b, 0x0d}, attackersKey(), junk(0x0c, 64), junk(0x0d, 16), {0x0e, 0x01},
	{0x01, 0x00}, {0x05}, {0x03, 0x01}, {0x0b}, {0x7f},
}

func junk(code byte, size int) []byte {
	pdu := []byte{code}
	for range size {
		pdu = append(pdu, 0x66)
	}
	return pdu
}

func attackersKey() []byte {
	public := smp.PublicKey(newPair(mix('a')).public)
	return public.AppendTo(nil)
}

// injected is the PDU of a move: a canned one, the side's own last one, or that
// of its peer.
func (r *run) injected(w *world, m move) []byte {
	switch int(m.arg) {
	case len(canned):
		return []byte(w.sides[m.role].lastSent)
	case len(canned) + 1:
		return []byte(w.sides[1-m.role].lastSent)
	}
	return canned[m.arg]
}

// attackersKeys are keys and identities that nobody may keep.
var attackersKeys = [][]byte{
	append([]byte{0x06}, make([]byte, 16)...),
	{0x09, 0x01, 0x66, 0x66, 0x66, 0x66, 0x66, 0x06},
}

// attackersIdentity is the one that a canned PDU has.
var attackersIdentity = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc6, 0x66, 0x66, 0x66, 0x66, 0x66}}
