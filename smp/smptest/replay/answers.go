package replay

import (
	"fmt"
	"slices"

	"blesmp/smp"
)

func sixDigits(n uint32) string { return fmt.Sprintf("%06d", n) }

// due gives the step that the next output of our side belongs to, nil where
// nothing more is to come.
func (p *play) due() *Step {
	skip := len(p.out)
	for i := p.at; i < len(p.t.Steps); i++ {
		s := &p.t.Steps[i]
		if p.done[i] || s.Optional || !s.produced(p.role) {
			continue
		}
		if skip == 0 {
			return s
		}
		skip--
	}
	return nil
}

// dueFailure gives the reason where that step is a Pairing Failed, else 0.
func (p *play) dueFailure() smp.Reason {
	if s := p.due(); s != nil {
		reason, _ := s.failure()
		return reason
	}
	return 0
}

// answer answers the open question, if the transcript has the answer by now;
// demanded says that it has to, wherever it stands.
func (p *play) answer(demanded bool) bool {
	in, ok := p.reply(demanded)
	if !ok {
		return false
	}
	in.Question = p.question.serial
	p.question.open = false
	p.feed(in)
	return true
}

// reply finds the answer to the open question.
func (p *play) reply(demanded bool) (in smp.Input, ok bool) {
	switch p.question.kind {
	case smp.EffectAskPairing, smp.EffectAskSecurity:
		return p.consent()
	case smp.EffectAskFeatures:
		return p.confirmFeatures(), true
	case smp.EffectAskPasskey:
		return p.typePasskey(demanded)
	}
	return p.compare(demanded)
}

// userRefuses is how the user says no. The reason is the specification's own
// unless what our side sends is one that a user can choose.
func (p *play) userRefuses() smp.Input {
	in := smp.Input{Event: smp.EventUserRefused}
	if reason := p.dueFailure(); slices.Contains(refusalReasons, reason) {
		in.Reason = reason
	}
	return in
}

// refusalReasons are those that the answer to a question can have. The others
// are the procedure's own findings.
var refusalReasons = []smp.Reason{
	smp.PasskeyEntryFailed, smp.AuthenticationRequirements, smp.PairingNotSupported, smp.UnspecifiedReason,
	smp.NumericComparisonFailed, smp.BREDRPairingInProgress, smp.CrossTransportKeyDerivationNotAllowed, smp.Busy,
}

// consent answers whether to pair: as the next PDU of our side tells. Nobody
// answers where there is none, nor before what happens until our side fails.
func (p *play) consent() (in smp.Input, ok bool) {
	if p.refuses() {
		return p.userRefuses(), true
	}
	due, reason := p.due(), p.dueFailure()
	switch {
	case due == nil, reason != 0 && !p.follows(due):
		return in, false
	case slices.Contains(consentReasons, reason), reason == smp.AuthenticationRequirements && p.question.kind == smp.EffectAskSecurity:
		return p.userRefuses(), true
	}
	features := p.features()
	return smp.Input{Event: smp.EventConsentGiven, Features: &features}, true
}

// consentReasons are those for which the user, and nobody else, refuses to
// pair at all.
var consentReasons = []smp.Reason{
	smp.PairingNotSupported, smp.BREDRPairingInProgress, smp.CrossTransportKeyDerivationNotAllowed, smp.Busy,
}

// follows reports whether nothing happens to our side from now to a step.
func (p *play) follows(due *Step) bool {
	for i := p.at + 1; i < due.Number-1; i++ {
		s := &p.t.Steps[i]
		if s.Kind == PDUStep && s.At != p.role || s.Kind == EventStep && s.At == p.role {
			return false
		}
	}
	return true
}

// refuses reports whether the transcript has the user say no to the question
// whether to pair.
func (p *play) refuses() bool {
	a := p.act(p.question.kind, true)
	if a == nil {
		return false
	}
	a.used = true
	return a.refuses
}

// confirmFeatures answers whether model and level will do. Who has no use for
// the data that the peer holds may refuse legacy pairing without it.
func (p *play) confirmFeatures() smp.Input {
	level, reason := p.question.level, p.dueFailure()
	unused := reason == smp.OOBNotAvailable && !level.SC && level.Model != smp.OutOfBand
	if unused {
		return smp.Input{Event: smp.EventUserRefused, Reason: reason}
	}
	if p.refuses() || reason == smp.AuthenticationRequirements {
		return p.userRefuses()
	}
	return smp.Input{Event: smp.EventFeaturesConfirmed}
}

// typePasskey answers with the passkey, but not before the last keypress
// notification: they are sent only while the user types.
func (p *play) typePasskey(demanded bool) (in smp.Input, ok bool) {
	due := p.due()
	if due != nil && due.carries(smp.CodeKeypressNotification) {
		return in, false
	}
	a := p.act(smp.EffectAskPasskey, demanded)
	switch {
	case a != nil:
		a.used = true
	case !demanded:
		return in, false
	case p.dueFailure() == smp.PasskeyEntryFailed:
		return p.userRefuses(), true
	}
	passkey := p.t.user.passkey
	if a != nil && a.refuses {
		return p.userRefuses(), true
	}
	if a != nil && a.passkey != nil {
		passkey = a.passkey
	}
	if passkey == nil {
		return in, false
	}
	return smp.Input{Event: smp.EventPasskeyEntered, Passkey: *passkey}, true
}

// compare answers whether the numbers are equal.
func (p *play) compare(demanded bool) (in smp.Input, ok bool) {
	a := p.act(smp.EffectAskCompare, demanded)
	if a == nil && !demanded {
		return in, false
	}
	refuses := p.dueFailure() == smp.NumericComparisonFailed
	if a != nil {
		a.used = true
		refuses = a.refuses || refuses && a.number == nil
	}
	if refuses {
		return p.userRefuses(), true
	}
	p.checkNumber(a)
	return smp.Input{Event: smp.EventNumbersEqual}, true
}

// checkNumber holds the number that our user sees against the transcript.
func (p *play) checkNumber(a *act) {
	want, m := p.t.user.number, &Mismatch{Expect: "user.numeric_value"}
	if a != nil && a.number != nil {
		want, m = a.number, &Mismatch{Step: a.step + 1}
	}
	if want != nil && *want != p.question.number && p.wrong == nil {
		m.Want, m.Got = sixDigits(*want), sixDigits(p.question.number)
		p.wrong = m
	}
}
