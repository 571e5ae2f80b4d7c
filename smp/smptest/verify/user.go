package verify

import (
	"blesmp/bt"
	"blesmp/smp"
)

// lateAnswer gives the answer that a user has found too late.
func (r *run) lateAnswer(w *world, role bt.Role) {
	s := &w.sides[role]
	q := s.late
	s.late = nil
	in := smp.Input{Question: q.id, Event: smp.EventConsentGiven, Features: r.features(w, role)}
	switch q.kind {
	case smp.EffectAskFeatures:
		in.Event = smp.EventFeaturesConfirmed
	case smp.EffectAskPasskey:
		in.Event, in.Passkey = smp.EventPasskeyEntered, 1
	case smp.EffectAskCompare:
		in.Event = smp.EventNumbersEqual
	}
	if r.options.NoNumbers {
		in.Question = s.snap.Question()
	}
	r.step(w, role, in)
}

// answer is what an honest user says; false where he cannot know yet.
func (r *run) answer(w *world, role bt.Role) (smp.Input, bool) {
	s, other := &w.sides[role], &w.sides[1-role]
	q := s.question
	in := smp.Input{Question: q.id}
	switch q.kind {
	case smp.EffectAskPairing, smp.EffectAskSecurity:
		in.Event, in.Features = smp.EventConsentGiven, r.features(w, role)
	case smp.EffectAskFeatures:
		in.Event, in.Replace = smp.EventFeaturesConfirmed, true
	case smp.EffectAskPasskey:
		in.Event, in.Passkey = smp.EventPasskeyEntered, r.typed(w)
		if q.model != smp.BothType && !r.setup.Attack {
			in.Passkey = other.shown
			return in, other.shown != 0
		}
	case smp.EffectAskCompare:
		in.Event = smp.EventNumbersEqual
		return in, other.number == q.number
	}
	return in, true
}

// features are what a side brings to its next pairing.
func (r *run) features(w *world, role bt.Role) *smp.Features {
	f := &r.setup.Sides[role].Features
	if f.PeerOOB == nil || f.PeerOOB.TK == nil || !r.freshSecrets() {
		return f
	}
	own, oob := *f, *f.PeerOOB
	oob.TK = &bt.Key{14: w.left.pairs, 15: 7}
	own.PeerOOB = &oob
	return &own
}

// typed is a passkey that nobody shows on this link.
func (r *run) typed(w *world) uint32 {
	const passkey = 271828
	if r.freshSecrets() {
		return passkey + uint32(w.left.pairs)<<12
	}
	return passkey
}

// freshSecrets says that no passkey and no TK is used for two pairings. Two
// sides that attack nobody do not have to agree on them anew.
func (r *run) freshSecrets() bool { return r.setup.Attack && !r.options.NoFresh }
