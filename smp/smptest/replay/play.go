package replay

import (
	"fmt"
	"slices"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// play is one side of a transcript being played.
type play struct {
	player Player
	t      *Transcript
	role   bt.Role

	proc    *smp.Procedure
	config  smp.Config
	tools   recorder
	pair    smp.KeyPair
	handle  uint16
	scratch smp.Scratch

	at       int         // index of the step that is being played
	done     []bool      // steps that are over, some ahead of their place
	inputs   []smp.Input // that wait for the procedure
	stepping bool        // the procedure is being told of one
	out      []output    // that it has sent and no step has asked for yet
	rows     []smp.Trace

	question question
	acts     []*act

	clock, deadline time.Duration // since the start; when the timer ends
	arming          uint64
	armed           bool
	delivered       bool // nothing waits for its acknowledgement

	nextNonce  int // index of the first step whose nonce is not used
	nonceKnown bool
	drawing    bool // the keys to distribute are drawn
	drawn      int

	lastEnable int // index of the last LE Enable Encryption, -1 for none
	sent       []output
	seen       seen
	unknown    struct{ recorded, sent []byte } // a confirm value whose nonce is not known
	wrong      *Mismatch                       // that was found while the procedure ran
	bonds      map[bt.TypedAddress]*bond.Bond
}

// question is what the procedure wants to know from the user.
type question struct {
	open   bool
	kind   smp.EffectKind
	serial uint64
	number uint32
	level  smp.Level
}

// seen is what the procedure has reported.
type seen struct {
	reports   [reportKinds]int
	result    *smp.Result
	completed int
	failures  []*smp.PairingError
	refusals  []smp.Refusal
	level     *smp.Level
	bond      *bond.Bond
	keyUsed   bool // a key has gone to the controller
	began     bool // a pairing was begun
}

// Play plays one side of the transcript with a new procedure. Its error is a
// *Mismatch, or says why the side cannot be played.
func (pl Player) Play(t *Transcript, role bt.Role) error {
	p := &play{
		player:     pl,
		t:          t,
		role:       role,
		done:       make([]bool, len(t.Steps)),
		bonds:      map[bt.TypedAddress]*bond.Bond{},
		delivered:  true,
		lastEnable: -1,
	}
	if err := p.setUp(); err != nil {
		return err
	}
	for p.at = range t.Steps {
		p.rows = nil
		m := p.step(p.at)
		if p.wrong != nil {
			m = p.wrong
		}
		if pl.Played != nil {
			pl.Played(Played{Step: &t.Steps[p.at], Rows: p.rows})
		}
		if m != nil {
			m.Role = role
			return m
		}
	}
	p.at = len(t.Steps)
	if m := p.finish(); m != nil {
		m.Role = role
		return m
	}
	return nil
}

// step plays one step.
func (p *play) step(i int) *Mismatch {
	s := &p.t.Steps[i]
	if s.Kind == CommandStep && s.Code == enableEncryption {
		p.lastEnable = i
	}
	if m := p.checkController(s); m != nil {
		return m
	}
	if got, ok := s.handle(); ok && s.At == p.role && s.Kind == EventStep && got != p.handle {
		return p.mismatch(s, fmt.Sprintf("connection handle 0x%04x", p.handle), fmt.Sprintf("0x%04x", got))
	}
	switch {
	case p.done[i]:
		return nil
	case s.produced(p.role):
		return p.demand(i)
	case s.Kind == PDUStep:
		if code := smp.PDUCode(firstOctet(s.PDU)); code >= smp.CodeEncryptionInformation && code <= smp.CodeSigningInformation {
			p.hurry()
		}
		p.feed(smp.Input{PDU: p.reflected(s.PDU)})
		return p.checkCarried(s)
	case s.Kind == EventStep && s.At == p.role:
		p.event(i)
	case s.Kind == UserStep && s.At == p.role:
		p.settle()
	case s.Kind == SilenceStep:
		p.settle()
		p.pass(s.duration())
		if len(p.out) > 0 && (s.everywhere || s.At == p.role) {
			return p.mismatch(s, "silence", p.describe(p.out[0]))
		}
	case s.Kind == HostStep && (s.everywhere || s.At == p.role):
		p.settle()
		if s.reported() == failureReport && p.seen.reports[failureReport] == 0 {
			p.pass(p.untilReport(i))
		}
	}
	return nil
}

// untilReport is how long it takes to a report of failure of which nothing is
// to be seen yet: what its name says, or as long as the procedure's timer after
// a silence.
func (p *play) untilReport(i int) time.Duration {
	if i > 0 && p.t.Steps[i-1].Kind == SilenceStep {
		return procedureTimeout
	}
	return p.t.Steps[i].duration()
}

func firstOctet(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

// steady reports whether the exchange goes well, so that the order in which
// the steps of two hosts stand is the source's choice.
func (p *play) steady() bool {
	return p.t.expect.outcome == paired || p.t.expect.outcome == partial
}

func (p *play) mismatch(s *Step, want, got string) *Mismatch {
	return &Mismatch{Step: s.Number, Want: want, Got: got}
}

func (p *play) describe(o output) string { return o.describe(p.player.ShowKeys) }

// feed tells the procedure what has happened, and then all that comes of it.
func (p *play) feed(in smp.Input) {
	p.inputs = append(p.inputs, in)
	if p.stepping {
		return // an effect asked for it: the others of its step come first
	}
	p.stepping = true
	for len(p.inputs) > 0 {
		in := p.inputs[0]
		p.inputs = p.inputs[1:]
		in.Scratch = &p.scratch
		p.drawing, p.drawn = in.PDU == nil && in.Event == smp.EventEncryptionOn, 0
		for _, e := range p.proc.Step(nil, in) {
			p.effect(&e)
		}
	}
	p.stepping = false
}

// reflected gives a PDU of the peer as it would be now. Where it sends back a
// confirm value of ours whose nonce the transcript does not have, that is the
// one that we have really sent.
func (p *play) reflected(pdu []byte) []byte {
	if p.unknown.recorded != nil && slices.Equal(pdu, p.unknown.recorded) {
		return p.unknown.sent
	}
	return slices.Clone(pdu)
}

// event feeds an event of our controller.
func (p *play) event(i int) {
	p.done[i] = true
	if in, ok := hciInput(&p.t.Steps[i]); ok {
		p.feed(in)
	}
	if p.proc.State() == smp.StateClosed {
		p.seen.reports[goneReport]++
	}
}

// effect carries out what the procedure wants done.
func (p *play) effect(e *smp.Effect) {
	p.seen.began = p.seen.began || !p.proc.Idle()
	for _, r := range reportsOf(e.Kind) {
		p.seen.reports[r]++
	}
	switch e.Kind {
	case smp.EffectSend:
		p.put(output{pdu: slices.Clone(e.PDU)})
		p.delivered = false
	case smp.EffectStartTimer:
		p.armed, p.arming, p.deadline = true, e.Arming, p.clock+e.After
	case smp.EffectStopTimer:
		p.armed = false
	case smp.EffectStartPairingEncryption, smp.EffectStartStoredEncryption:
		p.seen.keyUsed = true
		p.put(encryptCommand(p.handle, e))
	case smp.EffectReplyPairingKey, smp.EffectReplyStoredKey:
		p.seen.keyUsed = true
		p.put(replyCommand(p.handle, e))
	case smp.EffectNegativeReply:
		p.put(negativeReplyCommand(p.handle))
	case smp.EffectDisconnect:
		p.put(disconnectCommand(p.handle, e.Status))
	case smp.EffectAskPairing, smp.EffectAskSecurity, smp.EffectAskFeatures, smp.EffectAskPasskey, smp.EffectAskCompare:
		p.question = question{open: true, kind: e.Kind, serial: e.Question, number: e.Number, level: e.Level}
		p.answer(false)
	case smp.EffectShowPasskey:
		p.shown(e.Number)
	case smp.EffectStoreBond:
		b := e.Bond.Clone()
		p.seen.bond, p.bonds[b.Peer] = &b, &b
	case smp.EffectReportComplete:
		p.seen.result = e.Result.Clone()
		p.seen.completed++
	case smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportTimeout:
		p.seen.failures = append(p.seen.failures, e.Err)
	case smp.EffectReportLevel:
		p.seen.level = &e.Level
	case smp.EffectRefuse:
		p.seen.refusals = append(p.seen.refusals, e.Refusal)
	}
}

func (p *play) put(o output) {
	p.out = append(p.out, o)
	p.sent = append(p.sent, o)
}

// settle lets the user do what is past, since nothing else will make them.
func (p *play) settle() {
	for p.question.open && p.answer(false) {
	}
}

// pass lets time go by.
func (p *play) pass(d time.Duration) {
	p.clock += d
	if p.armed && p.clock >= p.deadline {
		p.armed = false
		p.feed(smp.Input{Event: smp.EventTimeout, Arming: p.arming})
	}
}

// checkController holds the two controllers' sides of one encryption against
// each other: the request has the numbers of the command, the reply its key.
func (p *play) checkController(s *Step) *Mismatch {
	if p.lastEnable < 0 || !p.steady() {
		return nil
	}
	enable := &p.t.Steps[p.lastEnable]
	switch {
	case s.Kind == EventStep && s.Code == ltkRequest && !slices.Equal(s.Params[2:], enable.Params[2:12]):
		return p.mismatch(s, fmt.Sprintf("Rand and EDIV %x as in step %d", enable.Params[2:12], enable.Number), fmt.Sprintf("%x", s.Params[2:]))
	case s.Kind == CommandStep && s.Code == ltkReply && !keyOf(s.Params).Equal(keyOf(enable.Params)):
		blame, other := s, enable
		if s.At == p.role {
			// Ours is compared with what the procedure does.
			if m := p.demand(p.at); m != nil {
				return m
			}
			blame, other = enable, s
		}
		return p.mismatch(blame, fmt.Sprintf("the key of step %d", other.Number), "another one")
	}
	return nil
}
