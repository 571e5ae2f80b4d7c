package machine

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"blesmp/gen/diag"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// Explain tells in words what happens on an event in a state, and which line of
// the file says so: for each role the row that decides, rule by rule with all
// that follows from its place, and what the outer rows would have said. For a
// choice the event is "Choose". The error names what was probably meant.
func (m *Machine) Explain(state, event string) (string, error) {
	s, e, err := m.lookup(state, event)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s\n", s.Name, e.Name)
	said := map[string][]string{} // roles of which the same is true
	var order []string
	for role, name := range m.Roles {
		text := m.explainCell(m.Cell(role, s.ID, e.ID))
		if said[text] == nil {
			order = append(order, text)
		}
		said[text] = append(said[text], name)
	}
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s: %s", list(said[text]), text)
	}
	return b.String(), nil
}

// lookup finds a state and an event by name.
func (m *Machine) lookup(state, event string) (*State, *Event, error) {
	var s *State
	var e *Event
	var states, events []string
	for _, one := range m.States {
		states = append(states, one.Name)
		if one.Name == state {
			s = one
		}
	}
	for _, one := range m.Events {
		events = append(events, one.Name)
		if one.Name == event {
			e = one
		}
	}
	var problems []error
	if s == nil {
		problems = append(problems, strange("state", state, states))
	}
	if e == nil {
		problems = append(problems, strange("event", event, events))
	}
	return s, e, errors.Join(problems...)
}

func strange(what, name string, known []string) error {
	if hint := diag.DidYouMean(name, known); hint != "" {
		return fmt.Errorf("unknown %s %q (%s)", what, name, hint)
	}
	return fmt.Errorf("unknown %s %q", what, name)
}

func (m *Machine) explainCell(c *Cell) string {
	if c.By.Level == 0 {
		return m.whyEmpty(c) + "\n"
	}
	var b strings.Builder
	key := "row " + c.By.Key
	if c.By.Group {
		key = "group " + c.By.Key
	}
	if c.Event.ID == table.Choose {
		key = "its choice"
	}
	fmt.Fprintf(&b, "%s, %s (%s:%d)\n", c.By.place(), key, filepath.Base(m.File.Path), c.By.Pos.Line)
	for i, rule := range c.Rules {
		cond := "always"
		switch {
		case rule.Cond != nil:
			cond = "if " + rule.Text
		case i > 0:
			cond = "else"
		}
		fmt.Fprintf(&b, "  %d. line %d, %s: %s\n", i+1, rule.Spec.Pos.Line, cond, m.describe(rule))
	}
	for _, outer := range c.Outer {
		fmt.Fprintf(&b, "  without that row, line %d (%s, %s): %s\n", outer.Pos.Line, outer.place(), outer.Key, written(outer.Row.Rules))
	}
	return b.String()
}

// whyEmpty says why a cell cannot come up.
func (m *Machine) whyEmpty(c *Cell) string {
	switch {
	case !c.State.At(c.Role):
		return "the state does not exist here"
	case c.Event.Role != "" && c.Event.Role != m.Roles[c.Role]:
		return "the event does not occur here"
	case c.Event.ID == table.Choose:
		return "the state is no choice"
	}
	return "the state is a choice, which is left at once (see Choose)"
}

// describe lists what a rule does, in order.
func (m *Machine) describe(rule *Rule) string {
	var parts []string
	for _, op := range rule.Ops {
		parts = append(parts, op.String())
	}
	switch {
	case rule.Flags&table.Ignore != 0:
		parts = append(parts, "nothing")
	case rule.Next != nil:
		parts = append(parts, "goto "+rule.Next.Name)
	default:
		parts = append(parts, "stay")
	}
	if rule.Flags&table.Defer != 0 {
		parts = append(parts, "offer the event again")
	}
	text := strings.Join(parts, ", ")
	if rule.Flags&table.Unreachable != 0 {
		text += " (cannot happen, says the file)"
	}
	return text
}

// opVerbs are the words for ops.
var opVerbs = map[table.OpKind]string{
	table.Set: "set", table.Do: "do", table.Send: "send", table.Emit: "emit",
	table.StartTimer: "start timer", table.StopTimer: "stop timer",
}

// String gives the op in words: "send Refusal NoTickets (macro refuse)".
func (op Op) String() string {
	text := opVerbs[op.Kind] + " " + op.Name
	if op.Arg != nil {
		if op.Kind == table.Set {
			text += " ="
		}
		text += " " + op.Arg.String()
	}
	if op.From != "" && op.Kind != table.StartTimer && op.Kind != table.StopTimer {
		text += " (" + op.From + ")"
	}
	return text
}

// String writes the expression as the language does.
func (x *Expr) String() string {
	switch x.Op {
	case table.Const:
		return x.Type.text(x.Value)
	case table.Load:
		if x.Slot.Kind == table.Field {
			return "event." + x.Slot.Name
		}
		return x.Slot.Name
	case table.Ask:
		return x.Guard.Name
	case table.Not:
		return "not " + x.X.inner()
	}
	word := ""
	for text, op := range operations {
		if op == x.Op {
			word = text
		}
	}
	if x.Op == table.Else {
		word = "or"
	}
	return x.X.inner() + " " + word + " " + x.Y.inner()
}

// inner writes the expression as an operand.
func (x *Expr) inner() string {
	if x.X != nil {
		return "(" + x.String() + ")"
	}
	return x.String()
}

// text gives a value of the type its name.
func (t *Type) text(n int) string {
	switch t.Kind {
	case Enum:
		for _, v := range t.Enum.Values {
			if v.Number == n {
				return v.Name.Text
			}
		}
	case Flags:
		for _, b := range t.Flags.Bits {
			if bits(b) == n {
				return b.Name.Text
			}
		}
	case Bool:
		return map[int]string{0: "false", 1: "true"}[n]
	}
	return fmt.Sprint(n)
}

// written gives rules in one line, as they stand in the file.
func written(rules []*spec.Rule) string {
	var all []string
	for _, rule := range rules {
		var parts []string
		if rule.If != nil {
			parts = append(parts, "if "+rule.If.Text)
		}
		for _, set := range rule.Sets {
			parts = append(parts, "set "+set.Var.Text+" = "+set.Value.Text)
		}
		for _, n := range rule.Do {
			parts = append(parts, "do "+n.Text)
		}
		for _, n := range rule.Send {
			parts = append(parts, "send "+n.Text)
		}
		for _, c := range rule.Emit {
			parts = append(parts, "emit "+callText(c))
		}
		if rule.Macro != nil {
			parts = append(parts, callText(*rule.Macro))
		}
		if rule.Goto.Text != "" {
			parts = append(parts, "goto "+rule.Goto.Text)
		}
		all = append(all, strings.Join(parts, ", "))
	}
	return strings.Join(all, "; ")
}

func callText(c spec.Call) string {
	if c.Arg == nil {
		return c.Name.Text
	}
	return c.Name.Text + " " + c.Arg.Text
}
