package smptest

import (
	"fmt"
	"slices"
)

// Step is one thing that a Peer does: it sends a PDU, or it runs something,
// which is most often to receive.
type Step struct {
	// Name says what the step does, as "send Pairing Confirm" or "receive
	// Pairing Random, round 3".
	Name string

	// PDU gives the octets to send. Run is called where PDU is nil.
	PDU func(p *Peer) ([]byte, error)
	Run func(p *Peer) error
}

// Script is the steps of a Peer in order. Its methods give changed copies.
type Script []Step

// Do is a step with a name that runs a function.
func Do(name string, run func(p *Peer) error) Step { return Step{Name: name, Run: run} }

// SendOctets is a step that sends these octets, whatever they are. It is called
// "send" and the name.
func SendOctets(name string, pdu []byte) Step {
	return Step{Name: "send " + name, PDU: func(*Peer) ([]byte, error) { return pdu, nil }}
}

// Index finds the first step with a name, -1 where there is none.
func (s Script) Index(name string) int {
	return slices.IndexFunc(s, func(step Step) bool { return step.Name == name })
}

// Before gives the steps before the first one with this name. A name that does
// not occur gives a script that fails.
func (s Script) Before(name string) Script {
	i := s.Index(name)
	if i < 0 {
		return Script{missing(name)}
	}
	return slices.Clone(s[:i])
}

// Through gives the steps up to the first one with this name.
func (s Script) Through(name string) Script {
	i := s.Index(name)
	if i < 0 {
		return Script{missing(name)}
	}
	return slices.Clone(s[:i+1])
}

// Then appends steps.
func (s Script) Then(steps ...Step) Script { return append(slices.Clone(s), steps...) }

// Without leaves out every step of these names.
func (s Script) Without(names ...string) Script {
	return slices.DeleteFunc(slices.Clone(s), func(step Step) bool { return slices.Contains(names, step.Name) })
}

// Replace puts steps in the place of the first one with this name.
func (s Script) Replace(name string, steps ...Step) Script {
	i := s.Index(name)
	if i < 0 {
		return Script{missing(name)}
	}
	return slices.Concat(s[:i], steps, s[i+1:])
}

// Tamper has the octets of the first step with this name changed before they
// are sent.
func (s Script) Tamper(name string, change func(p *Peer, pdu []byte) []byte) Script {
	i := s.Index(name)
	if i < 0 || s[i].PDU == nil {
		return Script{missing(name)}
	}
	right := s[i].PDU
	changed := slices.Clone(s)
	changed[i].PDU = func(p *Peer) ([]byte, error) {
		pdu, err := right(p)
		if err != nil {
			return nil, err
		}
		return change(p, pdu), nil
	}
	return changed
}

// missing fails a script that was to be changed at a step that it does not have.
func missing(name string) Step {
	return Do(name, func(*Peer) error { return fmt.Errorf("the script has no step %q", name) })
}

// Play begins a pairing by this plan and does the steps of a script, which is
// the plan's own or a changed one. The error is a *StepError.
func (p *Peer) Play(plan Plan, script Script) error {
	if err := p.begin(plan); err != nil {
		return fmt.Errorf("smptest: peer: %w", err)
	}
	return p.Continue(script)
}

// Continue does steps in the pairing that goes on.
func (p *Peer) Continue(script Script) error {
	for i, step := range script {
		if err := p.do(step); err != nil {
			return p.fail(i+1, step.Name, err)
		}
	}
	return nil
}

func (p *Peer) do(step Step) error {
	if step.PDU == nil {
		return step.Run(p)
	}
	pdu, err := step.PDU(p)
	if err != nil {
		return err
	}
	return p.SendPDU(pdu)
}
