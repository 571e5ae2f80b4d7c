package smptest

import (
	"fmt"
	"io"
	"strings"

	"blesmp/bt"
	"blesmp/internal/dissect"
	"blesmp/internal/ladder"
)

// record is what has passed between a Peer and its controller, as it is drawn.
type record struct {
	dissector dissect.Dissector
	rows      []row
}

// row is one line of a ladder; text without a step is the script's own.
type row struct {
	step dissect.Step
	text string
}

func (r *record) packet(sent bool, packet []byte) {
	for _, step := range r.dissector.Packet(sent, packet) {
		r.rows = append(r.rows, row{step: step})
	}
}

func (r *record) note(text string) { r.rows = append(r.rows, row{text: text}) }

// WriteLadder draws everything that the peer has sent and received since it
// was made, with the central on the left. Keys are hidden.
func (p *Peer) WriteLadder(w io.Writer) error {
	own, names := ladder.Right, [2]string{"device", "peer"}
	if p.link.role == bt.Central {
		own, names = ladder.Left, [2]string{"peer", "device"}
	}
	l := ladder.New(w, "central ("+names[0]+")", "peripheral ("+names[1]+")")
	for _, row := range p.ladder.rows {
		text := strings.TrimSuffix(row.step.Name+": "+row.step.Details, ": ")
		switch {
		case row.text != "":
			l.Note(own, row.text)
		case row.step.Kind == dissect.PDUStep && row.step.Sent:
			l.Arrow(own, row.step.Name, row.step.Details)
		case row.step.Kind == dissect.PDUStep:
			l.Arrow(1-own, row.step.Name, row.step.Details)
		case row.step.Kind == dissect.LinkStep:
			l.Across(text)
		default:
			l.Note(own, text)
		}
	}
	return l.Err()
}

// StepError says which step of a script went wrong. Its text ends with the
// ladder of everything up to there.
type StepError struct {
	Number int    // of the step, from 1
	Step   string // its name
	Err    error
	Ladder string
}

// Error names the step, the reason and shows the ladder.
func (e *StepError) Error() string {
	return fmt.Sprintf("smptest: step %d, %s: %v\n%s", e.Number, e.Step, e.Err, e.Ladder)
}

// Unwrap gives the reason.
func (e *StepError) Unwrap() error { return e.Err }

// fail makes a StepError.
func (p *Peer) fail(number int, step string, err error) error {
	p.ladder.note("fails: " + step)
	var b strings.Builder
	if drawing := p.WriteLadder(&b); drawing != nil {
		b.WriteString(drawing.Error())
	}
	return &StepError{Number: number, Step: step, Err: err, Ladder: b.String()}
}
