package smp

import (
	"errors"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// What leaves the engine beside PDUs: one method an effect, named for it. Each
// fills the effect from what the actions have made.

// startPairingEncryption uses EDIV and Rand of zero, for STK and LTK alike
// (Core Vol 3, Part H, 2.4.4).
func (p *Procedure) startPairingEncryption(e *Effect) { p.usePairingKey(e) }

func (p *Procedure) replyPairingKey(e *Effect) { p.usePairingKey(e) }

func (p *Procedure) usePairingKey(e *Effect) {
	e.Key, e.Pairing = p.pairing.sessionKey, true
	p.pending, p.pendingOnBond = p.outcome(), false
}

// startStoredEncryption uses the key that the peer has distributed: it is the
// peripheral's to know again (Core Vol 3, Part H, 2.4.4.2).
func (p *Procedure) startStoredEncryption(e *Effect) {
	b := p.bond()
	p.useStoredKey(e, b, b.PeerLTK)
}

// replyStoredKey uses the key that we have distributed.
func (p *Procedure) replyStoredKey(e *Effect) {
	b := p.bond()
	p.useStoredKey(e, b, b.LocalLTK)
}

func (p *Procedure) useStoredKey(e *Effect, b *bond.Bond, key *bond.LongTermKey) {
	e.Key, e.EDIV, e.Rand = key.Key, key.EDIV, key.Rand
	p.pending, p.pendingOnBond = LevelOf(b), true
}

func (p *Procedure) negativeReply(*Effect) {}

func (p *Procedure) disconnect(e *Effect) { e.Status = bt.AuthenticationFailure }

// storeBond hands the bond out and takes the identity over, under which the
// bond is found from now on.
func (p *Procedure) storeBond(e *Effect) {
	m := &p.borrow().toBring().bond
	p.fillBond(m)
	e.Bond = &m.Bond
	p.made = e.Bond
	p.peerIdentity = e.Bond.Peer
	p.onBond = true
}

func (p *Procedure) reportLevel(e *Effect) {
	e.Level, e.Encrypted = p.level, p.event == EventEncryptionOn
}

func (p *Procedure) reportComplete(e *Effect) {
	m := &p.borrow().toBring().result
	p.fillResult(m)
	e.Result = &m.Result
	e.Level = e.Result.Level
}

func (p *Procedure) reportFailure(e *Effect, reason Reason) {
	e.Err = p.ended()
	e.Err.Reason = reason
	e.Err.Err = errors.Join(e.Err.Err, p.policyError(reason))
}

// reportRejection tells of a request that was answered with Pairing Failed
// before anything began.
func (p *Procedure) reportRejection(e *Effect, reason Reason) { p.reportFailure(e, reason) }

// policyError says what of ours has refused the peer, nil where it was a rule
// of the protocol or the user.
func (p *Procedure) policyError(reason Reason) error {
	if p.in.err != nil || p.malformed != nil {
		return nil
	}
	switch state := State(p.step.From); {
	case reason == EncryptionKeySize && state == StateJudge:
		return p.config.Policy.keySizeError(p.keySize())
	case reason == AuthenticationRequirements && state == StateJudge:
		if err := p.levelError(); err != nil {
			return err
		}
		return &PolicyError{"Policy.Repairing", "the bond with this peer would be replaced by " + p.outcome().String()}
	case reason == AuthenticationRequirements && state == StateConfirmFeatures:
		return &PolicyError{"Policy.Repairing", "only the user may let " + p.outcome().String() + " replace the bond with this peer"}
	case reason == AuthenticationRequirements && state == StateAwaitIdentityAddressInformation:
		return &PolicyError{"Policy.Repairing", "the identity has a bond already"}
	case reason == PairingNotSupported && p.config.Policy.NotPairable:
		return &PolicyError{"Policy.NotPairable", p.event.String()}
	case reason == PairingNotSupported && p.config.Peer == p.config.Local:
		return errors.New("smp: the peer has our own address")
	case reason == RepeatedAttempts:
		return &PolicyError{"Policy.Backoff", "the waiting interval after a failed attempt has not passed"}
	}
	return nil
}

func (p *Procedure) reportEnd(e *Effect, cause Cause) {
	e.Err = p.ended()
	e.Err.Cause = cause
	e.Err.Remote = cause == ByPeer
	if e.Err.Remote {
		e.Err.Reason = p.in.told // a Pairing Failed without a reason counts as unspecified
		e.Err.Err = nil
	}
}

func (p *Procedure) reportTimeout(e *Effect) {
	e.Err = p.ended()
	e.Err.Err = ErrTimedOut
}

func (p *Procedure) reportKeypress(e *Effect) { e.Keypress = p.message.KeypressNotification.Type }

// reportEncryptionFailure tells the controller's status, or, where we had no
// key for its request, the one that the central gets: no HCI event will say it
// (Core Vol 4, Part E, 7.8.26).
func (p *Procedure) reportEncryptionFailure(e *Effect) {
	e.Status = p.in.status
	if p.event == EventLTKRequest {
		e.Status = bt.PINOrKeyMissing
	}
}

func (p *Procedure) refuse(e *Effect, refusal Refusal) { e.Refusal = refusal }

func (p *Procedure) askSecurity(e *Effect) {
	p.ask(e)
	e.Offer = Offer{AuthReq: p.pairing.asked}
}

func (p *Procedure) askPairing(e *Effect) {
	p.ask(e)
	e.Offer = offerOf(PairingResponse(p.pairing.request))
}

// askFeatures shows the peer's features, with what they come to.
func (p *Procedure) askFeatures(e *Effect) {
	p.ask(e)
	offers := [2]Offer{offerOf(PairingResponse(p.pairing.request)), offerOf(p.pairing.response)}
	e.Offer, e.Level = offers[p.peer], p.outcome()
	e.Replaces = p.replacesBond()
}

func (p *Procedure) askPasskey(e *Effect) {
	p.ask(e)
	e.Level = p.outcome()
}

func (p *Procedure) askCompare(e *Effect) {
	p.ask(e)
	e.Level, e.Number = p.outcome(), p.pairing.number
}

func (p *Procedure) showPasskey(e *Effect) {
	p.ask(e)
	e.Level, e.Number = p.outcome(), p.pairing.passkey
}

func offerOf(pdu PairingResponse) Offer {
	return Offer{
		IOCapability:  pdu.IOCapability,
		OOBData:       pdu.OOBDataFlag == OOBDataPresent,
		AuthReq:       pdu.AuthReq,
		MaxKeySize:    int(pdu.MaxKeySize),
		InitiatorKeys: pdu.InitiatorKeyDistribution,
		ResponderKeys: pdu.ResponderKeyDistribution,
	}
}

// fillResult fills in what the pairing has brought.
func (p *Procedure) fillResult(m *resultPiece) {
	x, level := &p.pairing, p.outcome()
	m.Result = Result{Level: level, Bonded: p.made != nil, Debug: p.usesDebugKey()}
	for side, keys := range []*Keys{&m.Initiator, &m.Responder} {
		ring := &x.keys[side]
		m.ltk[side], m.irk[side], m.csrk[side], m.identity[side] = ring.ltk, ring.irk, ring.csrk, ring.identity
		if level.SC {
			m.ltk[side] = LongTermKey{Key: x.sessionKey}
		}
		*keys = Keys{
			LTK:      pointer(level.SC || ring.hasLTK, &m.ltk[side]),
			IRK:      pointer(ring.hasIRK, &m.irk[side]),
			Identity: pointer(ring.hasIdentity, &m.identity[side]),
			CSRK:     pointer(ring.hasCSRK, &m.csrk[side]),
		}
	}
	var linked bool
	m.linkKey, linked = p.linkKey()
	m.LinkKey = pointer(linked, &m.linkKey)
}

// linkKey derives the key for BR/EDR where both sides offer it, both ways. It
// comes of the LTK before that is cut (Core Vol 3, Part H, 2.3.5.7).
func (p *Procedure) linkKey() (bt.Key, bool) {
	req, rsp := &p.pairing.request, &p.pairing.response
	offered := req.InitiatorKeyDistribution & req.ResponderKeyDistribution &
		rsp.InitiatorKeyDistribution & rsp.ResponderKeyDistribution
	if !p.vars().SC() || !offered.LinkKey() {
		return bt.Key{}, false
	}
	return toolbox.LinkKeyFromLTK(p.pairing.uncutLTK, (req.AuthReq & rsp.AuthReq).CT2()), true
}

// fillBond fills in what the pairing leaves behind.
func (p *Procedure) fillBond(m *bondPiece) {
	x, level := &p.pairing, p.outcome()
	own, peer := &x.keys[p.own], &x.keys[p.peer]
	m.ltk = [2]bond.LongTermKey{bond.LongTermKey(own.ltk), bond.LongTermKey(peer.ltk)}
	if level.SC {
		ltk := bond.LongTermKey{Key: x.sessionKey}
		m.ltk = [2]bond.LongTermKey{ltk, ltk}
	}
	m.peerIRK, m.csrk = peer.irk, [2]bt.Key{own.csrk, peer.csrk}
	var linked bool
	m.linkKey, linked = p.linkKey()
	m.Bond = bond.Bond{
		Local:     p.config.LocalIdentity,
		Peer:      p.identity(),
		SC:        level.SC,
		MITM:      level.MITM,
		Debug:     p.usesDebugKey(),
		KeySize:   level.KeySize,
		Model:     uint8(level.Model),
		LocalLTK:  pointer(level.SC || own.hasLTK, &m.ltk[0]),
		PeerLTK:   pointer(level.SC || peer.hasLTK, &m.ltk[1]),
		PeerIRK:   pointer(peer.hasIRK, &m.peerIRK),
		LocalCSRK: pointer(own.hasCSRK, &m.csrk[0]),
		PeerCSRK:  pointer(peer.hasCSRK, &m.csrk[1]),
		LinkKey:   pointer(linked, &m.linkKey),
	}
	if onAir := p.config.Peer; onAir.IsIdentity() && onAir != m.Peer {
		m.OnAir = onAir
	}
}

func (p *Procedure) usesDebugKey() bool {
	x := &p.pairing
	return p.vars().SC() && (toolbox.IsDebugKey(x.public[0]) || toolbox.IsDebugKey(x.public[1]))
}
