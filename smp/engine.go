package smp

import (
	"errors"

	"blesmp/gen/table"
)

// What the generated binding calls while a rule runs.
var _ engine = (*Procedure)(nil)

// took keeps the row that is about to run, for errors, and tells the tracer.
func (p *Procedure) took(step table.Step) {
	p.step = step
	if p.config.Trace != nil {
		p.trace()
	}
}

// trace is apart from took, which the compiler then puts into each rule.
func (p *Procedure) trace() {
	p.config.Trace(Trace{
		Role:  p.config.Role,
		From:  State(p.step.From),
		To:    State(p.step.To),
		Event: EventKind(p.step.Event),
		table: p.config.Table,
		rule:  p.step.Rule,
	})
}

// newEffect appends an effect.
func (p *Procedure) newEffect(kind EffectKind) *Effect {
	n := len(p.effects)
	if n == cap(p.effects) {
		p.effects = append(p.effects, Effect{})
	} else {
		p.effects = p.effects[:n+1]
		p.effects[n] = Effect{}
	}
	e := &p.effects[n]
	e.Kind = kind
	return e
}

// borrow gives the memory of this step's effects.
func (p *Procedure) borrow() *Scratch {
	if p.lent == nil {
		p.lent = new(Scratch)
	}
	return p.lent
}

// scratch is where the next PDU is encoded, behind those of the same step.
func (p *Procedure) scratch() []byte {
	if p.sending > pdusSize-longestPDU {
		p.lent, p.sending = nil, 0
	}
	return p.borrow().pdus[:p.sending]
}

// sent makes an effect of the PDU that was put behind the others.
func (p *Procedure) sent(_ PDUCode, out []byte) {
	p.newEffect(EffectSend).PDU = out[p.sending:]
	p.sending = len(out)
}

func (p *Procedure) startTimer(t Timer) {
	p.arming++
	e := p.newEffect(EffectStartTimer)
	e.Timer, e.Arming, e.After = t, p.arming, t.Duration()
}

// stopTimer makes the numbers of earlier starts stale, too.
func (p *Procedure) stopTimer(t Timer) {
	p.arming++
	p.newEffect(EffectStopTimer).Timer = t
}

// ask numbers a question.
func (p *Procedure) ask(e *Effect) {
	p.question++
	e.Question = p.question
}

// ended makes the error of a pairing that ends in this row.
func (p *Procedure) ended() *PairingError {
	return &PairingError{
		State: State(p.step.From),
		Event: p.event,
		Line:  int(p.config.Table.Rules[p.step.Rule].Line),
		file:  p.config.Table.Source,
		Err:   errors.Join(p.malformed, p.in.err, statusError(p.in.status)),
	}
}

// answerTo gives what the specification answers a malformed PDU with.
func answerTo(err error) Reason {
	if f, ok := errors.AsType[*table.FormatError](err); ok {
		return Reason(f.Answer)
	}
	return 0
}
