package smp

import (
	"crypto/subtle"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// The opaque guards: conditions that only code can answer. None of them writes.

// pairable also refuses a peer that shows our own address: it reflects us.
func (p *Procedure) pairable() bool {
	return !p.config.Policy.NotPairable && p.config.Peer != p.config.Local
}

func (p *Procedure) tooSoon() bool { return p.config.Waiting() }

// hasBond asks for a key that we can encrypt with as central.
func (p *Procedure) hasBond() bool { return p.centralBond() != nil }

// bondSuffices compares the stored key with the Security Request. SC in the
// request says what the peripheral can do, not what it wants.
func (p *Procedure) bondSuffices() bool {
	b := p.centralBond()
	return b != nil && (b.MITM || !p.message.SecurityRequest.AuthReq.MITM())
}

// bondMatches asks for a key that answers the controller's request: legacy
// keys by EDIV and Rand, LE Secure Connections keys by zeros.
func (p *Procedure) bondMatches() bool {
	b := p.bond()
	return b != nil && b.LocalLTK != nil && b.LocalLTK.EDIV == p.in.ediv && b.LocalLTK.Rand == p.in.rand
}

func (p *Procedure) zeroEDIV() bool { return p.in.ediv == 0 && p.in.rand == 0 }

func (p *Procedure) keySizeTooSmall() bool {
	return p.config.Policy.keySizeError(p.keySize()) != nil
}

func (p *Procedure) tooWeak() bool { return p.levelError() != nil }

// weakerThanBond leaves to the user what the policy leaves to him. It knows
// whether the bond that may be replaced protects this very exchange.
func (p *Procedure) weakerThanBond() bool { return p.replacement() == mayNotReplace }

// replacesBond is true where the policy leaves it to the user.
func (p *Procedure) replacesBond() bool { return p.replacement() == askToReplace }

// weakerThanIdentityBond asks it for the bond of the identity that an unknown
// peer distributes, when it is too late to ask the user. That of a known peer
// was judged before phase 2: since then the link is encrypted with another key.
func (p *Procedure) weakerThanIdentityBond() bool {
	if p.identityKnown() {
		return false
	}
	own, other := p.identityBonds()
	if own != nil && other != nil && own.Peer == other.Peer {
		return false
	}
	return p.replacementOf(other, false) != mayReplace
}

func (p *Procedure) unaskedKeys() bool {
	req, rsp := &p.pairing.request, &p.message.PairingResponse
	return rsp.InitiatorKeyDistribution&^req.InitiatorKeyDistribution != 0 ||
		rsp.ResponderKeyDistribution&^req.ResponderKeyDistribution != 0
}

func (p *Procedure) ownOOBGiven() bool { return p.pairing.oob != nil }

func (p *Procedure) oobConfirmHeld() bool {
	o := p.pairing.features.PeerOOB
	return o != nil && o.Confirm != nil
}

func (p *Procedure) oobTKHeld() bool {
	o := p.pairing.features.PeerOOB
	return o != nil && o.TK != nil
}

func (p *Procedure) confirmReflected() bool {
	return equal(p.message.PairingConfirm.Value, p.pairing.confirm)
}

func (p *Procedure) legacyConfirmMatches() bool {
	return equal(p.pairing.peerConfirm, p.c1(p.message.PairingRandom.Value))
}

func (p *Procedure) numericConfirmMatches() bool {
	return equal(p.pairing.peerConfirm, p.peerF4(0))
}

func (p *Procedure) passkeyConfirmMatches() bool {
	return equal(p.pairing.peerConfirm, p.peerF4(p.passkeyBit()))
}

// keyReflected refuses our own X with either Y: only X enters the confirm values
// and the DHKey. Whether both sides may have the debug key is publicKeyValid's.
func (p *Procedure) keyReflected() bool {
	key := toolbox.PublicKey(p.message.PublicKey)
	return key.SameX(p.pairing.public[p.own]) && !toolbox.IsDebugKey(key)
}

// publicKeyValid refuses points off the curve, and the debug key outside debug
// mode.
func (p *Procedure) publicKeyValid() bool {
	key := toolbox.PublicKey(p.message.PublicKey)
	allowed := p.config.Policy.DebugKeys || !toolbox.IsDebugKey(key)
	return allowed && p.toolbox().ValidPublicKey(key)
}

func (p *Procedure) oobMatches() bool {
	return p.pairing.features.PeerOOB.matches(p.toolbox(), p.pairing.public[p.peer])
}

func (p *Procedure) checkMatches() bool {
	return equal(p.pairing.peerCheck, p.checkOf(p.peer))
}

func (p *Procedure) ltkAcceptable() bool {
	ltk := p.message.EncryptionInformation.LTK
	return !cut(ltk, p.keySize()).IsZero() && !toolbox.IsSampleLTK(ltk)
}

// keepable asks for a key to keep, and for something to keep it under: an
// identity, or an address on the air that the peer keeps.
func (p *Procedure) keepable() bool {
	own, peer := &p.pairing.keys[p.own], &p.pairing.keys[p.peer]
	key := p.vars().SC() || own.hasLTK || own.hasCSRK || peer.hasLTK || peer.hasIRK || peer.hasCSRK
	return key && p.identity().IsIdentity()
}

// identityAcceptable refuses what cannot be an identity, our own, and on the
// link of a bonded peer the identity of another bond. A bond may have two names:
// the identity and an address on the air.
func (p *Procedure) identityAcceptable() bool {
	identity := p.message.IdentityAddressInformation.typed()
	if !identity.IsIdentity() || identity == p.config.LocalIdentity {
		return false
	}
	if p.identityKnown() {
		return true
	}
	own, other := p.identityBonds()
	return own == nil || other == nil || own.Peer == other.Peer
}

// identityKnown reports whether the peer distributes the identity that it had for
// us before, as one without privacy does: there are no two bonds then.
func (p *Procedure) identityKnown() bool {
	return p.message.IdentityAddressInformation.typed() == p.peerIdentity
}

// identityBonds gives the bond of the link and that of the identity which the
// peer distributes, nil where there is none.
func (p *Procedure) identityBonds() (own, other *bond.Bond) {
	return p.findBond(p.peerIdentity), p.findBond(p.message.IdentityAddressInformation.typed())
}

// findBond asks for a bond, also for one that was made in this very step: the
// event that showed that the peer is done may already need it.
func (p *Procedure) findBond(peer bt.TypedAddress) *bond.Bond {
	if b := p.made; b != nil && (b.Peer == peer || b.OnAir == peer) {
		return b
	}
	return p.config.FindBond(peer)
}

// bond is the one with this peer, if the policy accepts its key.
func (p *Procedure) bond() *bond.Bond {
	b := p.findBond(p.peerIdentity)
	if b == nil || p.config.Policy.bondError(b) != nil {
		return nil
	}
	return b
}

// centralBond is the one with this peer, if it has a key for a central.
func (p *Procedure) centralBond() *bond.Bond {
	if b := p.bond(); b != nil && b.PeerLTK != nil {
		return b
	}
	return nil
}

// levelError says what refuses the level that this pairing would give: the
// policy, or the MITM flag of our own features.
func (p *Procedure) levelError() error {
	level := p.outcome()
	refused := [2]ModelSet{p.config.Policy.RefuseAsInitiator, p.config.Policy.RefuseAsResponder}
	if p.pairing.features.MITM && !level.MITM && !p.config.Policy.AcceptUnauthenticated {
		return &PolicyError{"Features.MITM", level.Model.String()}
	}
	return p.config.Policy.levelError(level, refused[p.own])
}

// replacement says whether this pairing may replace the bond with this peer.
func (p *Procedure) replacement() replacement {
	return p.replacementOf(p.findBond(p.peerIdentity), p.encrypted && p.onBond)
}

// replacementOf says it of a bond, if it is one; onOld says that the bond
// encrypts the link.
func (p *Procedure) replacementOf(b *bond.Bond, onOld bool) replacement {
	if b == nil {
		return mayReplace
	}
	return p.config.Policy.replace(LevelOf(b), p.outcome(), onOld)
}

// identity is who the peer is after key distribution.
func (p *Procedure) identity() bt.TypedAddress {
	if peer := &p.pairing.keys[p.peer]; peer.hasIdentity {
		return peer.identity
	}
	return p.peerIdentity
}

// equal compares in constant time.
func equal(a, b [16]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
