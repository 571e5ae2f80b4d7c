package replay

import (
	"slices"

	"blesmp/bt"
	"blesmp/smp"
)

// demand wants the step of our side to be what the procedure sends next.
func (p *play) demand(i int) *Mismatch {
	s := &p.t.Steps[i]
	want := outputOf(s)
	commanded := false
	for !p.pending(want) {
		if !p.prompt(s, &commanded) {
			if s.Optional {
				return nil
			}
			return p.mismatch(s, p.describe(want), "nothing")
		}
	}
	got := p.out[0]
	if !p.matches(s, got) {
		if s.Optional {
			return nil
		}
		return p.mismatch(s, p.describe(want), p.difference(want, got))
	}
	p.out, p.done[i] = p.out[1:], true
	if len(p.out) == 0 && p.t.expect.outcome != failed {
		p.deliver()
	}
	return nil
}

// pending reports whether an output is there to be compared. That the
// procedure drops the link is left out where the transcript does not have it.
func (p *play) pending(want output) bool {
	for len(p.out) > 0 && p.out[0].code == disconnect && want.code != disconnect {
		p.out = p.out[1:]
	}
	return len(p.out) > 0
}

// matches compares an output with its step.
func (p *play) matches(s *Step, got output) bool {
	want := outputOf(s)
	if want.equal(got) {
		return true
	}
	if reason, ok := got.failure(); ok {
		if _, failure := want.failure(); failure {
			return s.anyReason || slices.Contains(s.reasons, reason) || p.t.expect.anyReason || slices.Contains(p.t.expect.reasons, reason)
		}
	}
	// A confirm value is as unknown as the nonce that it hides.
	if p.nonceKnown || !want.is(smp.CodePairingConfirm) || !got.is(smp.CodePairingConfirm) || len(want.pdu) != len(got.pdu) {
		return false
	}
	p.unknown.recorded, p.unknown.sent = want.pdu, got.pdu
	return true
}

// difference describes got, and says where hidden octets differ.
func (p *play) difference(want, got output) string {
	text := p.describe(got)
	if text == p.describe(want) {
		text += " that differs"
	}
	return text
}

// prompt makes the procedure go on where it waits for what the transcript has
// elsewhere or not at all: its user, a command of its host, given once a step,
// an event that stands further down.
func (p *play) prompt(s *Step, commanded *bool) bool {
	if p.question.open && p.answer(true) {
		return true
	}
	if !*commanded {
		*commanded = true
		if p.command(s) {
			return true
		}
	}
	if p.hurry() {
		return true
	}
	return p.deliver()
}

// command gives the procedure the command whose outcome the step is.
func (p *play) command(s *Step) bool {
	o := outputOf(s)
	in := smp.Input{}
	switch {
	case o.is(smp.CodePairingRequest) && p.role == bt.Central:
		features := p.features()
		in.Event, in.Features = smp.EventPair, &features
	case o.is(smp.CodeSecurityRequest) && p.role == bt.Peripheral && len(o.pdu) == 2:
		in.Event, in.Security = smp.EventRequestSecurity, smp.AuthReq(o.pdu[1])
	case o.is(smp.CodeKeypressNotification) && len(o.pdu) == 2:
		in.Event, in.Keypress = smp.EventNotifyKeypress, smp.KeypressType(o.pdu[1])
	case o.code == enableEncryption && p.role == bt.Central && p.proc.Idle():
		in.Event = smp.EventEncrypt
	case o.is(smp.CodePairingFailed):
		return p.cancel(s)
	default:
		return false
	}
	p.feed(in)
	return true
}

// cancel ends the pairing where the user of our side wants to.
func (p *play) cancel(s *Step) bool {
	for _, a := range p.acts {
		if a.refuses && !a.used && a.step <= p.at {
			a.used = true
			reason, _ := s.failure()
			p.feed(smp.Input{Event: smp.EventCancel, Reason: reason})
			return true
		}
	}
	return false
}

// deliver says that all that was sent is acknowledged.
func (p *play) deliver() bool {
	if p.delivered {
		return false
	}
	p.delivered = true
	p.feed(smp.Input{Event: smp.EventDelivered})
	return true
}

// hurry feeds the next event of our controller ahead of its place, where the
// exchange goes well and the procedure waits for it.
func (p *play) hurry() bool {
	if !p.steady() {
		return false
	}
	for i := p.at + 1; i < len(p.t.Steps); i++ {
		s := &p.t.Steps[i]
		if p.done[i] || s.Kind != EventStep || s.At != p.role {
			continue
		}
		state := p.proc.State()
		if state == smp.StateAwaitLTKRequest && s.Code == ltkRequest || state == smp.StateAwaitEncryption && s.encrypts() {
			p.event(i)
			return true
		}
		return false
	}
	return false
}
