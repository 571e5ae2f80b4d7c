package verify

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"blesmp/bt"
	"blesmp/internal/ladder"
	"blesmp/smp"
)

// Line is one line of the way to a violation: an arrow, or a note at a side.
type Line struct {
	Side  bt.Role // that sends, or at which something happens
	Arrow bool
	Text  string
	Where string // state and lines of the specification, "" for none
}

// replay makes the moves once more and writes down what happens.
func (r *run) replay(way []move) []Line {
	var lines []Line
	note := func(role bt.Role, text, where string) {
		lines = append(lines, Line{Side: role, Text: text, Where: where})
	}
	r.note = func(role bt.Role, text string) { note(role, text, "") }
	r.onStep = func(m *moment) {
		where := m.before.String()
		if m.after != m.before {
			where += " -> " + m.after.String()
		}
		var spec []string
		for i := range m.traces {
			spec = append(spec, fmt.Sprint(m.traces[i].Line()))
		}
		if len(spec) > 0 {
			where += fmt.Sprintf(" (%s:%s)", m.traces[0].File(), strings.Join(spec, ", "))
		}
		if m.in.PDU == nil || m.before != m.after || len(m.effects) > 0 {
			note(m.role, m.event.String(), where)
		}
		for i := range m.effects {
			e := &m.effects[i]
			switch e.Kind {
			case smp.EffectSend:
				lines = append(lines, Line{Side: m.role, Arrow: true, Text: sentName(e.PDU)})
			case smp.EffectStartTimer, smp.EffectStopTimer:
			default:
				note(m.role, e.Kind.String(), "")
			}
		}
	}
	w := r.start()
	for _, m := range way {
		if m.kind == forge {
			lines = append(lines, Line{Side: 1 - m.role, Arrow: true, Text: sentName(r.forged(w)[m.arg])})
		}
		if m.kind == inject {
			note(m.role, "injected: "+sentName(r.injected(w, m)), "")
		}
		w = r.make(w, m)
		r.keep()
	}
	r.onStep, r.note = nil, nil
	return lines
}

func sentName(pdu []byte) string {
	if len(pdu) == 0 {
		return "nothing"
	}
	text := smp.PDUCode(pdu[0]).String()
	if len(pdu) == 2 && pdu[0] == byte(smp.CodePairingFailed) {
		text += fmt.Sprintf(" (%v)", smp.Reason(pdu[1]))
	}
	return text
}

// WriteLadder draws the way to the violation.
func (v *Violation) WriteLadder(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s: %s\n\n", v.Setup, v.Text); err != nil {
		return err
	}
	l := ladder.New(w, "initiator", "responder")
	for _, line := range v.Lines {
		side := ladder.Left
		if line.Side == bt.Peripheral {
			side = ladder.Right
		}
		switch {
		case line.Arrow:
			l.Arrow(side, line.Text, "")
		case line.Where != "":
			l.Note(side, line.Text+": "+line.Where)
		default:
			l.Note(side, line.Text)
		}
	}
	l.Across(v.Text)
	return l.Err()
}

// WriteMermaid writes the way to the violation as a Mermaid sequence diagram.
func (v *Violation) WriteMermaid(w io.Writer) error {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n  participant I as initiator\n  participant R as responder\n")
	clean := strings.NewReplacer(";", ",", "#", "no. ", "\n", " ")
	ends := []string{"I", "R"}
	for _, line := range v.Lines {
		side, other := ends[line.Side], ends[1-line.Side]
		place := [...]string{"left of I", "right of R"}[line.Side]
		switch {
		case line.Arrow:
			fmt.Fprintf(&b, "  %s->>%s: %s\n", side, other, clean.Replace(line.Text))
		case line.Where != "":
			fmt.Fprintf(&b, "  Note %s: %s: %s\n", place, clean.Replace(line.Text), clean.Replace(line.Where))
		default:
			fmt.Fprintf(&b, "  Note %s: %s\n", place, clean.Replace(line.Text))
		}
	}
	fmt.Fprintf(&b, "  Note over I,R: %s\n", clean.Replace(v.Text))
	_, err := io.WriteString(w, b.String())
	return err
}

// Slowest gives the outcomes with the most states first.
func (r *Report) Slowest() []Outcome {
	all := slices.Clone(r.Outcomes)
	slices.SortStableFunc(all, func(a, b Outcome) int { return b.States - a.States })
	return all
}
