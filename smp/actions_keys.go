package smp

import (
	"encoding/binary"

	"blesmp/bt"
)

// The actions of phase 3, key distribution (Core Vol 3, Part H, 3.6).

// makeOwnKeys draws the keys that we may distribute. What is drawn does not
// depend on what is sent, so that a replay knows the order.
func (p *Procedure) makeOwnKeys() {
	x := &p.pairing
	var ltk bt.Key
	var ediv [2]byte
	var random [8]byte
	p.config.Rand(ltk[:])
	p.config.Rand(ediv[:])
	p.config.Rand(random[:])
	p.config.Rand(x.ownCSRK[:])
	x.ownLTK = LongTermKey{
		Key:  cut(ltk, p.keySize()),
		EDIV: binary.BigEndian.Uint16(ediv[:]),
		Rand: binary.BigEndian.Uint64(random[:]),
	}
}

// keepLTK keeps the peer's LTK, as long as the two sides have agreed: a peer
// that does not cut it itself would leave a key that is no bond's.
func (p *Procedure) keepLTK() {
	ltk := cut(p.message.EncryptionInformation.LTK, p.keySize())
	p.pairing.keys[p.peer].LTK = &LongTermKey{Key: ltk}
}

func (p *Procedure) keepEDIV() {
	ltk := p.pairing.keys[p.peer].LTK
	ltk.EDIV, ltk.Rand = p.message.CentralIdentification.EDIV, p.message.CentralIdentification.Rand
}

// keepIRK keeps the peer's IRK. Zero says that the peer has none: it is kept as
// none, since everybody could make addresses that it resolves.
func (p *Procedure) keepIRK() {
	p.pairing.keys[p.peer].IRK = keyOrNone(p.message.IdentityInformation.IRK)
}

func (p *Procedure) keepIdentity() {
	identity := p.message.IdentityAddressInformation.typed()
	p.pairing.keys[p.peer].Identity = &identity
}

// keepCSRK keeps the peer's CSRK, zero as none: no bond could hold it.
func (p *Procedure) keepCSRK() {
	p.pairing.keys[p.peer].CSRK = keyOrNone(p.message.SigningInformation.CSRK)
}

func (p *Procedure) makeKeypress() { p.pairing.keypress = p.in.Keypress }

// forget wipes the pairing: nothing of it is used again.
func (p *Procedure) forget() { p.pairing, p.tools = pairing{}, pairingTools{} }

// keyOrNone gives nil for the zero key.
func keyOrNone(key bt.Key) *bt.Key {
	if key.IsZero() {
		return nil
	}
	return &key
}

// typed gives the identity address with its type.
func (x *IdentityAddressInformation) typed() bt.TypedAddress {
	return bt.TypedAddress{Type: x.AddressType, Address: x.Address}
}
