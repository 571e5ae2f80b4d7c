package smp

import (
	"encoding/binary"

	"blesmp/bt"
)

// keyring is what one side has distributed so far, as a value: a pairing can be
// copied with it, and keeping a key allocates nothing. What was not distributed,
// and a key of zeros, which says that there is none, has no flag.
type keyring struct {
	ltk         LongTermKey
	irk, csrk   bt.Key
	identity    bt.TypedAddress
	hasLTK      bool
	hasIRK      bool
	hasIdentity bool
	hasCSRK     bool
}

func (k *keyring) keepLTK(ltk LongTermKey) { k.ltk, k.hasLTK = ltk, true }

// keepIRK and keepCSRK keep zero as none.
func (k *keyring) keepIRK(irk bt.Key) { k.irk, k.hasIRK = irk, !irk.IsZero() }

func (k *keyring) keepCSRK(csrk bt.Key) { k.csrk, k.hasCSRK = csrk, !csrk.IsZero() }

func (k *keyring) keepIdentity(identity bt.TypedAddress) {
	k.identity, k.hasIdentity = identity, true
}

// appendTo appends what is there.
func (k *keyring) appendTo(dst []byte) []byte {
	if k.hasLTK {
		dst = append(append(dst, 1), k.ltk.Key[:]...)
		dst = binary.BigEndian.AppendUint16(dst, k.ltk.EDIV)
		dst = binary.BigEndian.AppendUint64(dst, k.ltk.Rand)
	}
	if k.hasIdentity {
		dst = append(append(dst, 2, byte(k.identity.Type)), k.identity.Address[:]...)
	}
	if k.hasIRK {
		dst = append(append(dst, 3), k.irk[:]...)
	}
	if k.hasCSRK {
		dst = append(append(dst, 4), k.csrk[:]...)
	}
	return append(dst, 0)
}
