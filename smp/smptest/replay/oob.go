package replay

import (
	"blesmp/bt"
	"blesmp/smp"
)

// peerOOB is what our side holds of the peer. Values that the transcript does
// not have are zero: they are never looked at in an exchange that goes well,
// unless our side says that it has none.
func (p *play) peerOOB() *smp.PeerOOB {
	oob := &smp.PeerOOB{Address: p.config.Peer, TK: p.tk()}
	peer := p.t.other(p.role)
	oob.Random, oob.Confirm = p.t.user.oobRandom[peer], p.t.user.oobConfirm[peer]
	if oob.Confirm == nil && oob.Random != nil {
		oob.Confirm = p.committed(peer, *oob.Random)
	}
	if p.fails(smp.OOBNotAvailable) {
		return oob
	}
	if oob.TK == nil {
		oob.TK = new(bt.Key)
	}
	if oob.Confirm == nil || oob.Random == nil {
		oob.Confirm, oob.Random = new([16]byte), new([16]byte)
	}
	return oob
}

// committed computes the confirm value of a random and a side's public key.
func (p *play) committed(r bt.Role, random [16]byte) *[16]byte {
	for i := range p.t.Steps {
		s := &p.t.Steps[i]
		if key, ok := s.publicKey(); ok && s.At == r {
			confirm := p.tools.F4(key.X, key.X, random, 0)
			return &confirm
		}
	}
	return nil
}

// tk is the out-of-band TK of our side: that of a step, else the user's.
func (p *play) tk() *bt.Key {
	for i := range p.t.Steps {
		if s := &p.t.Steps[i]; s.At == p.role && s.tk != nil {
			return s.tk
		}
	}
	return p.t.user.oobTK
}

// localOOB is the data that our side gave out, nil where the peer does not say
// that it has any.
func (p *play) localOOB() *smp.LocalOOB {
	peer := p.t.other(p.role)
	pdu := p.t.features(peer)
	given := pdu != nil && pdu[2] != 0 || pdu == nil && valueOr(p.peer().oob, false)
	if !given || p.fails(smp.OOBNotAvailable) {
		return nil
	}
	return smp.NewLocalOOBFrom(p.config.Local, p.pair, valueOr(p.t.user.oobRandom[p.role], [16]byte{}))
}
