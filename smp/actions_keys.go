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
	p.draw(x.ownLTK.Key[:])
	x.ownLTK.Key = cut(x.ownLTK.Key, p.keySize())
	ediv, random := x.octets[:2], x.octets[:8]
	p.draw(ediv)
	x.ownLTK.EDIV = binary.BigEndian.Uint16(ediv)
	p.draw(random)
	x.ownLTK.Rand = binary.BigEndian.Uint64(random)
	p.draw(x.ownCSRK[:])
}

// keepLTK keeps the peer's LTK, as long as the two sides have agreed: a peer
// that does not cut it itself would leave a key that is no bond's.
func (p *Procedure) keepLTK() {
	ltk := cut(p.message.EncryptionInformation.LTK, p.keySize())
	p.pairing.keys[p.peer].keepLTK(LongTermKey{Key: ltk})
}

func (p *Procedure) keepEDIV() {
	ltk := &p.pairing.keys[p.peer].ltk
	ltk.EDIV, ltk.Rand = p.message.CentralIdentification.EDIV, p.message.CentralIdentification.Rand
}

// keepIRK keeps the peer's IRK. Zero says that the peer has none: it is kept as
// none, since everybody could make addresses that it resolves.
func (p *Procedure) keepIRK() {
	p.pairing.keys[p.peer].keepIRK(p.message.IdentityInformation.IRK)
}

func (p *Procedure) keepIdentity() {
	p.pairing.keys[p.peer].keepIdentity(p.message.IdentityAddressInformation.typed())
}

// keepCSRK keeps the peer's CSRK, zero as none: no bond could hold it.
func (p *Procedure) keepCSRK() {
	p.pairing.keys[p.peer].keepCSRK(p.message.SigningInformation.CSRK)
}

func (p *Procedure) makeKeypress() { p.pairing.keypress = p.in.keypress }

// forget wipes the pairing: nothing of it is used again.
func (p *Procedure) forget() { p.pairing, p.tools, p.supply = pairing{}, pairingTools{}, supply{} }

// typed gives the identity address with its type.
func (x *IdentityAddressInformation) typed() bt.TypedAddress {
	return bt.TypedAddress{Type: x.AddressType, Address: x.Address}
}
