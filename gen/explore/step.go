package explore

import (
	"fmt"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// step is one event in one config. What is open in it is decided by a tape of
// choices; run follows the tape and writes new choices to its end, and next
// turns it to the next way that the step can go.
type step struct {
	x    *explorer
	tape []choice
	at   int

	c       config
	event   *machine.Event
	given   [table.MaxSlots]bool // inputs and fields that have a value
	answers map[*machine.Guard]bool
	found   []finding
	stuck   bool // the step has no end, or no rule

	log *Step // nil where nobody wants to know
}

// choice is one of several possibilities.
type choice struct {
	taken, of int
}

type finding struct {
	pos  spec.Pos
	text string
}

// choose gives one of n possibilities.
func (s *step) choose(n int) int {
	if s.at == len(s.tape) {
		s.tape = append(s.tape, choice{0, n})
	}
	s.at++
	return s.tape[s.at-1].taken
}

// next goes on to the next way; false where all have been tried.
func (s *step) next() bool {
	for len(s.tape) > 0 {
		last := &s.tape[len(s.tape)-1]
		if last.taken++; last.taken < last.of {
			return true
		}
		s.tape = s.tape[:len(s.tape)-1]
	}
	return false
}

func (s *step) find(pos spec.Pos, format string, args ...any) {
	s.found = append(s.found, finding{pos, fmt.Sprintf(format, args...)})
}

// longest is the number of rules that one event may take; more is a livelock.
const longest = 64

// run takes the step.
func (s *step) run(c config, e *machine.Event) {
	s.c, s.event, s.at, s.found, s.stuck = c, e, 0, nil, false
	s.given = [table.MaxSlots]bool{}
	clear(s.answers)
	for _, t := range s.x.m.Timers {
		if t.Fires == e {
			s.c.timers &^= 1 << t.ID // it has fired, if it ran
		}
	}
	current, deferred := e, false
	for range longest {
		from := s.x.m.States[s.c.state]
		rule := s.pick(from, current)
		if rule == nil {
			s.stuck = true
			s.find(from.Spec.Name.Pos, "nothing decides %s in %s", current.Name, from.Name)
			return
		}
		s.take(from, rule)
		to := s.x.m.States[s.c.state]
		deferred = deferred || rule.Flags&table.Defer != 0
		switch {
		case to.Is(table.Choice):
			current = s.x.m.Events[table.Choose]
		case deferred:
			current, deferred = e, false
		default:
			s.checkTimers(to)
			return
		}
	}
	s.stuck = true
	s.find(s.x.m.States[s.c.state].Spec.Name.Pos, "%s leads on without end", e.Name)
}

// pick finds the first rule of a cell whose condition holds.
func (s *step) pick(from *machine.State, e *machine.Event) *machine.Rule {
	for _, rule := range s.x.m.Cell(s.x.role, from.ID, e.ID).Rules {
		if rule.Cond == nil || s.eval(rule.Cond) != 0 {
			return rule
		}
	}
	return nil
}

// take carries a rule out.
func (s *step) take(from *machine.State, rule *machine.Rule) {
	s.x.taken[rule] = true
	if s.log != nil {
		s.log.Lines = append(s.log.Lines, rule.Spec.Pos.Line)
	}
	if rule.Flags&table.Unreachable != 0 {
		s.find(rule.Spec.Pos, "this can be reached, and the file says that it never is")
	}
	s.checkProperties(from, rule)
	for _, op := range rule.Ops {
		s.op(from, op)
	}
	if rule.Next != nil {
		s.c.state = uint8(rule.Next.ID)
	}
}

func (s *step) op(from *machine.State, op machine.Op) {
	s.note(op)
	switch op.Kind {
	case table.Set:
		v, t := s.eval(op.Arg), s.x.m.Slots[op.ID].Type
		if v < t.Low || v > t.High {
			s.find(op.Pos, "%s becomes %d, which is outside %d..%d", op.Name, v, t.Low, t.High)
		}
		s.c.slots[op.ID] = uint8(v)
	case table.Do:
		a := s.x.m.Actions[op.ID]
		s.need(s.x.needs.actions[op.ID], op.Pos, "action", op.Name)
		if a.Spec.ClearsAll {
			s.c.facts = 0
		}
		s.make(a.Spec.Makes)
		for _, slot := range a.Sets {
			values := s.x.gives(a, slot)
			s.c.slots[slot.ID] = uint8(values[s.choose(len(values))])
			s.say("%s gives %s", a.Name, show(slot, int(s.c.slots[slot.ID])))
		}
	case table.Emit:
		s.need(s.x.needs.effects[op.ID], op.Pos, "effect", op.Name)
		s.checkPhase(from, op)
		s.argument(op)
	case table.Send:
		s.argument(op)
	case table.StartTimer:
		s.c.timers |= 1 << op.ID
	case table.StopTimer:
		s.c.timers &^= 1 << op.ID
	}
	if op.Kind != table.Set {
		clear(s.answers) // the world may be another one now
	}
}

func (s *step) argument(op machine.Op) {
	if op.Arg != nil {
		s.eval(op.Arg)
	}
}

// eval gives the value of an expression, and decides what is open in it.
func (s *step) eval(x *machine.Expr) int {
	switch x.Op {
	case table.Const:
		return x.Value
	case table.Load:
		return s.load(x.Slot)
	case table.Ask:
		return s.ask(x)
	case table.Not:
		return truth(s.eval(x.X) == 0)
	case table.And:
		return truth(s.eval(x.X) != 0 && s.eval(x.Y) != 0)
	case table.Or:
		return truth(s.eval(x.X) != 0 || s.eval(x.Y) != 0)
	case table.Else:
		if v := s.eval(x.X); v != 0 {
			return v
		}
		return s.eval(x.Y)
	}
	return table.Combine(x.Op, s.eval(x.X), s.eval(x.Y))
}

// load gives the value of a slot. Inputs and parts of the event get one when
// they are first looked at.
func (s *step) load(slot *machine.Slot) int {
	if slot.Kind == table.Var {
		return int(s.c.slots[slot.ID])
	}
	if !s.given[slot.ID] {
		s.given[slot.ID] = true
		values := s.x.tries[slot.ID]
		s.c.slots[slot.ID] = uint8(values[s.choose(len(values))])
		s.say("%s", show(slot, int(s.c.slots[slot.ID])))
	}
	return int(s.c.slots[slot.ID])
}

func (s *step) ask(x *machine.Expr) int {
	g := x.Guard
	if g.Expr != nil {
		return s.eval(g.Expr)
	}
	yes, ok := s.answers[g]
	if !ok {
		s.need(s.x.needs.guards[g], x.Pos, "guard", g.Name)
		yes = s.choose(2) == 1
		if s.answers == nil {
			s.answers = map[*machine.Guard]bool{}
		}
		s.answers[g] = yes
		if yes {
			s.make(g.Spec.Makes)
			s.say("%s", g.Name)
		} else {
			s.say("not %s", g.Name)
		}
	}
	return truth(yes)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
