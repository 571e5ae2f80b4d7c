package explore

import (
	"fmt"
	"slices"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// need reports something that comes before what it needs.
func (s *step) need(wanted uint64, pos spec.Pos, what, name string) {
	missing := wanted &^ s.c.facts
	if missing == 0 {
		return
	}
	var names []string
	for fact, bit := range s.x.facts {
		if missing&bit != 0 {
			names = append(names, fact)
		}
	}
	slices.Sort(names)
	s.find(pos, "%s %s needs %s, which has not been made", what, name, strings.Join(names, ", "))
}

func (s *step) make(facts []spec.Name) {
	for _, n := range facts {
		s.c.facts |= s.x.facts[n.Text]
	}
}

// checkPhase reports an effect outside the phases that it is for.
func (s *step) checkPhase(from *machine.State, op machine.Op) {
	only := s.x.m.Effects[op.ID].Spec.OnlyIn
	if len(only) == 0 {
		return
	}
	for p := from.Phase; p != nil; p = p.Parent {
		if slices.ContainsFunc(only, func(n spec.Name) bool { return n.Text == p.Name }) {
			return
		}
	}
	s.find(op.Pos, "effect %s comes in state %s, outside of its phases", op.Name, from.Name)
}

// checkTimers demands that the timers of a state run in it, and no other.
func (s *step) checkTimers(at *machine.State) {
	var want uint16
	for _, t := range at.Timers {
		want |= 1 << t.ID
	}
	for _, t := range s.x.m.Timers {
		bit := uint16(1) << t.ID
		switch {
		case want&^s.c.timers&bit != 0:
			s.find(t.Spec.Name.Pos, "timer %s does not run in state %s", t.Name, at.Name)
		case s.c.timers&^want&bit != 0:
			s.find(t.Spec.Name.Pos, "timer %s still runs in state %s", t.Name, at.Name)
		}
	}
}

// checkProperties holds a rule against the properties of the file.
func (s *step) checkProperties(from *machine.State, rule *machine.Rule) {
	for _, p := range s.x.m.Properties {
		what := forbidden(p, rule)
		if what == "" || !s.applies(p, from) {
			continue
		}
		s.find(p.Spec.Name.Pos, "property %s does not hold: %s (%s in state %s)", p.Name, p.Spec.Doc, what, from.Name)
	}
}

// forbidden names the first thing that a rule does and a property forbids.
func forbidden(p *machine.Property, rule *machine.Rule) string {
	if rule.Next != nil && slices.Contains(p.Goto, rule.Next) {
		return "goes to " + rule.Next.Name
	}
	for _, op := range rule.Ops {
		switch op.Kind {
		case table.Send:
			if slices.ContainsFunc(p.Send, func(pdu *machine.PDU) bool { return pdu.ID == op.ID }) {
				return "sends " + op.Name
			}
		case table.Emit:
			if slices.ContainsFunc(p.Emit, func(e *machine.Effect) bool { return e.ID == op.ID }) {
				return "emits " + op.Name
			}
		}
	}
	return ""
}

// applies reports whether a property is about this moment.
func (s *step) applies(p *machine.Property, from *machine.State) bool {
	if len(p.In) > 0 && !slices.Contains(p.In, from) || len(p.Events) > 0 && !slices.Contains(p.Events, s.event) {
		return false
	}
	if len(p.Without) > 0 && !slices.ContainsFunc(p.Without, func(f string) bool { return s.c.facts&s.x.facts[f] == 0 }) {
		return false
	}
	return p.If == nil || s.eval(p.If) != 0
}

// violate keeps the first violation of each kind at a place, with the way to it.
// The step is the one that violates, or nil where the node itself does.
func (x *explorer) violate(at int32, s *step, pos spec.Pos, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	key := fmt.Sprint(pos, text)
	if x.said[key] {
		return
	}
	x.said[key] = true
	path := x.path(at)
	if s != nil {
		again := &step{x: x, tape: slices.Clone(s.tape), log: &Step{Event: s.event.Name}}
		again.tell(x.nodes[at].config, s.event)
		path = append(path, *again.log)
	}
	x.result.Violations = append(x.result.Violations, &Violation{text, pos, path})
}

// path finds out how a node was reached.
func (x *explorer) path(at int32) []Step {
	var path []Step
	for n := x.nodes[at]; n.from >= 0; n = x.nodes[n.from] {
		s := &step{x: x, log: &Step{}}
		e, before := x.m.Events[n.event], x.nodes[n.from].config
		for more := true; more; more = s.next() {
			s.tell(before, e)
			if !s.stuck && x.forget(s.c) == n.config {
				break
			}
		}
		path = append(path, *s.log)
	}
	slices.Reverse(path)
	return path
}

// tell runs the step and writes down what happens.
func (s *step) tell(c config, e *machine.Event) {
	*s.log = Step{Event: e.Name, From: s.x.m.States[c.state].Name}
	s.run(c, e)
	s.log.To = s.x.m.States[s.c.state].Name
}

func (s *step) say(format string, args ...any) {
	if s.log != nil {
		s.log.Given = append(s.log.Given, fmt.Sprintf(format, args...))
	}
}

// note writes down what a rule does.
func (s *step) note(op machine.Op) {
	if s.log == nil {
		return
	}
	switch op.Kind {
	case table.Set:
		s.log.Does = append(s.log.Does, "set "+op.Name)
	case table.Send:
		s.log.Does = append(s.log.Does, "send "+op.Name)
	case table.StartTimer:
		s.log.Does = append(s.log.Does, "start "+op.Name)
	case table.StopTimer:
		s.log.Does = append(s.log.Does, "stop "+op.Name)
	default:
		s.log.Does = append(s.log.Does, op.Name)
	}
}

// show writes a slot with its value.
func show(slot *machine.Slot, v int) string {
	name := slot.Name
	if slot.Kind == table.Field {
		name = "event." + name
	}
	switch slot.Type.Kind {
	case machine.Bool:
		if v == 0 {
			return "not " + name
		}
		return name
	case machine.Enum:
		for _, value := range slot.Type.Enum.Values {
			if value.Number == v {
				return name + " = " + value.Name.Text
			}
		}
	}
	return fmt.Sprintf("%s = %d", name, v)
}
