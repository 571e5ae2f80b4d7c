package smp

import (
	"fmt"
	"strings"

	"blesmp/bt"
	"blesmp/gen/table"
)

// Trace is one rule that a Procedure took.
type Trace struct {
	Role     bt.Role
	From, To State
	Event    EventKind // EventChoose where a choice was made at once

	table *table.Table
	rule  uint16
}

// Line is where the rule stands in the specification.
func (t Trace) Line() int { return int(t.row().Line) }

// File names the specification.
func (t Trace) File() string { return t.table.Source }

// Rule is the rule's number in the table.
func (t Trace) Rule() int { return int(t.rule) }

// Condition is the rule's condition as written, "" where it has none.
func (t Trace) Condition() string { return t.row().If }

// Does lists what the rule does, as the specification names it: actions, PDUs
// and effects.
func (t Trace) Does() []string {
	var does []string
	ops := t.row().Ops
	for _, op := range t.table.Ops[ops.First : ops.First+ops.Len] {
		switch op.Kind {
		case table.Do:
			does = append(does, t.table.Actions[op.ID])
		case table.Send:
			does = append(does, "send "+t.table.PDUs[op.ID])
		case table.Emit:
			does = append(does, t.table.Effects[op.ID])
		case table.Set:
			does = append(does, "set "+t.table.Slots[op.ID].Name)
		}
	}
	return does
}

// String gives the rule in one line.
func (t Trace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d %s: %s", t.table.Source, t.Line(), t.role(), t.From)
	if t.Event != EventChoose {
		fmt.Fprintf(&b, " on %s", t.Event)
	}
	if c := t.Condition(); c != "" {
		fmt.Fprintf(&b, " if %s", c)
	}
	if does := t.Does(); len(does) > 0 {
		fmt.Fprintf(&b, ": %s", strings.Join(does, ", "))
	}
	if t.To != t.From {
		fmt.Fprintf(&b, " -> %s", t.To)
	}
	return b.String()
}

func (t Trace) role() string { return t.table.Roles[t.Role] }

func (t Trace) row() *table.Rule { return &t.table.Rules[t.rule] }
