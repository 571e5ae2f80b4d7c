package smp

import (
	"crypto/subtle"

	"blesmp/smp/toolbox"
)

// The actions of LE Secure Connections phase 2 (Core Vol 3, Part H, 2.3.5.6).

func (p *Procedure) newKeyPair() { p.setKeyPair(p.config.NewKeyPair()) }

func (p *Procedure) oobKeyPair() { p.setKeyPair(p.pairing.oob.pair) }

func (p *Procedure) setKeyPair(pair KeyPair) {
	p.pairing.pair = pair
	p.pairing.public[p.own] = pair.Public()
}

func (p *Procedure) keepPublicKey() {
	x := &p.pairing
	x.public[p.peer] = toolbox.PublicKey(p.message.PublicKey)
	x.dhKey = p.toolbox().DHKey(x.pair, x.public[p.peer])
}

// numericConfirm commits to our random, with no passkey bit.
func (p *Procedure) numericConfirm() { p.pairing.confirm = p.ownF4(0) }

// passkeyConfirm commits to our random and to one bit of the passkey.
func (p *Procedure) passkeyConfirm() { p.pairing.confirm = p.ownF4(p.passkeyBit()) }

func (p *Procedure) keepCheck() { p.pairing.peerCheck = p.message.DHKeyCheck.Value }

// passkeyRandoms takes the passkey as both r values.
func (p *Procedure) passkeyRandoms() {
	n := passkeyNumber(p.pairing.passkey)
	p.pairing.r = [2][16]byte{n, n}
}

// oobRandoms takes the randoms of the out-of-band data as r values: ours where
// the peer holds it, and the peer's where we do. What nobody holds stays zero.
func (p *Procedure) oobRandoms() {
	x := &p.pairing
	theirs, ours := x.features.peerRandom(), x.oob.random()
	x.r[p.peer] = theirs
	subtle.ConstantTimeCopy(bit(p.vars().PeerHasOOB()), x.r[p.own][:], ours[:])
}

// computeKeys computes MacKey and LTK, and the check that proves that we have
// them.
func (p *Procedure) computeKeys() {
	x := &p.pairing
	a := &p.addresses
	macKey, ltk := p.toolbox().F5(x.dhKey, x.nonce[0], x.nonce[1], a[0], a[1])
	x.macKey, x.uncutLTK, x.sessionKey = macKey, ltk, cut(ltk, p.keySize())
	x.check = p.checkOf(p.own)
}

func (p *Procedure) computeNumber() {
	x := &p.pairing
	x.number = p.toolbox().G2(x.public[0].X, x.public[1].X, x.nonce[0], x.nonce[1])
}

// ownF4 is our confirm value, peerF4 the one that the peer's random opens.
func (p *Procedure) ownF4(z byte) [16]byte {
	x := &p.pairing
	return p.f4(&x.public[p.own].X, &x.public[p.peer].X, &x.nonce[p.own], z)
}

func (p *Procedure) peerF4(z byte) [16]byte {
	x := &p.pairing
	return p.f4(&x.public[p.peer].X, &x.public[p.own].X, &p.message.PairingRandom.Value, z)
}

// f4 spares the forty calls of a passkey a copy of all arguments each.
func (p *Procedure) f4(u, v *[32]byte, x *[16]byte, z byte) [16]byte {
	if p.config.Toolbox != nil {
		return p.config.Toolbox.F4(*u, *v, *x, z)
	}
	return toolbox.F4(*u, *v, *x, z)
}

// passkeyBit is the octet by which this round's bit enters f4: 0x80 or 0x81.
func (p *Procedure) passkeyBit() byte {
	return 0x80 | byte(p.pairing.passkey>>p.vars().Round()&1)
}

// checkOf computes the DHKey Check of a side: over its random before the
// other's, the other's r, its features and its address first.
func (p *Procedure) checkOf(side int) [16]byte {
	x := &p.pairing
	other := 1 - side
	a := &p.addresses
	return p.toolbox().F6(x.macKey, x.nonce[side], x.nonce[other], x.r[other], p.ioCap(side), a[side], a[other])
}

// ioCap is AuthReq, OOB data flag and IO capability of a side, as sent, most
// significant octet first.
func (p *Procedure) ioCap(side int) [3]byte {
	pdu := &p.pairing.asSent[side]
	return [3]byte{pdu[3], pdu[2], pdu[1]}
}
