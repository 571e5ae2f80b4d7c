package smp

import (
	"encoding/binary"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// The actions of legacy phase 2 (Core Vol 3, Part H, 2.3.5.5), and of the
// passkey and the randoms, which LE Secure Connections share.

func (p *Procedure) zeroTK() { p.pairing.tk = bt.Key{} }

func (p *Procedure) oobTK() { p.pairing.tk = *p.peerOOB().TK }

// passkeyTK takes the passkey as a 128-bit number.
func (p *Procedure) passkeyTK() { p.pairing.tk = passkeyNumber(p.pairing.passkey) }

func (p *Procedure) newPasskey() { p.pairing.passkey = p.config.NewPasskey() % passkeyLimit }

func (p *Procedure) takePasskey() { p.pairing.passkey = p.in.passkey % passkeyLimit }

func (p *Procedure) newNonce() { p.draw(p.pairing.nonce[p.own][:]) }

func (p *Procedure) legacyConfirm() { p.pairing.confirm = p.c1(p.pairing.nonce[p.own]) }

func (p *Procedure) keepConfirm() { p.pairing.peerConfirm = p.message.PairingConfirm.Value }

func (p *Procedure) keepRandom() { p.pairing.nonce[p.peer] = p.message.PairingRandom.Value }

// computeSTK computes the key that encrypts the link until the LTK is
// distributed.
func (p *Procedure) computeSTK() {
	x := &p.pairing
	stk := p.toolbox().S1(x.tk, x.nonce[1], x.nonce[0])
	x.sessionKey = cut(stk, p.keySize())
}

// c1 is the confirm value of a random in this pairing.
func (p *Procedure) c1(random [16]byte) [16]byte {
	a := &p.addresses
	return p.toolbox().C1(p.pairing.tk, random, p.pairing.asSent[0], p.pairing.asSent[1], a[0], a[1])
}

// passkeyNumber is a passkey as a 128-bit number, most significant octet first.
func passkeyNumber(passkey uint32) (n [16]byte) {
	binary.BigEndian.PutUint32(n[12:], passkey)
	return n
}

// cut shortens a key. The codecs let no size pass that Shorten refuses; were
// one to come, the zero key that Shorten gives would be as long as nothing, so
// the key is then left as random as it was.
func cut(key bt.Key, size int) bt.Key {
	short, err := toolbox.Shorten(key, size)
	if err != nil {
		return key
	}
	return short
}
