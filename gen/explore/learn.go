package explore

import (
	"maps"
	"slices"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// needs are the facts that must have been made, as sets of bits: by ID of
// action and effect, and by guard.
type needs struct {
	actions, effects []uint64
	guards           map[*machine.Guard]uint64
}

// learnFacts numbers the facts that something needs.
func (x *explorer) learnFacts() {
	x.facts = map[string]uint64{}
	bits := func(names []spec.Name) (set uint64) {
		for _, n := range names {
			set |= x.fact(n.Text)
		}
		return set
	}
	x.needs.guards = map[*machine.Guard]uint64{}
	for _, a := range x.m.Actions {
		x.needs.actions = append(x.needs.actions, bits(a.Spec.Needs))
	}
	for _, e := range x.m.Effects {
		x.needs.effects = append(x.needs.effects, bits(e.Spec.Needs))
	}
	for _, g := range x.m.Guards {
		x.needs.guards[g] = bits(g.Spec.Needs)
	}
	for _, p := range x.m.Properties {
		bits(p.Spec.Without)
	}
}

// fact gives a fact's bit. The last one stands for all facts that a file may
// have beyond 63: such a file is refused nothing, and proved less.
func (x *explorer) fact(name string) uint64 {
	bit, ok := x.facts[name]
	if !ok {
		bit = 1 << min(len(x.facts), 63)
		x.facts[name] = bit
	}
	return bit
}

// gives are the values that an action may give to a slot.
func (x *explorer) gives(a *machine.Action, slot *machine.Slot) []int {
	if values := a.Gives[slot]; len(values) > 0 {
		return values
	}
	return all(slot.Type)
}

// all gives every value of a type.
func all(t *machine.Type) []int {
	var values []int
	if t.Kind == machine.Enum {
		for _, v := range t.Enum.Values {
			values = append(values, v.Number)
		}
		return values
	}
	for v := t.Low; v <= t.High; v++ {
		if t.Kind != machine.Flags || v&^t.High == 0 {
			values = append(values, v)
		}
	}
	return values
}

// learnValues finds, for inputs and parts of events, the values that some
// condition tells apart: those that it compares with, none, and one other.
func (x *explorer) learnValues() {
	compared := make([]map[int]bool, len(x.m.Slots))
	ordered := make([]bool, len(x.m.Slots))
	for i := range compared {
		compared[i] = map[int]bool{0: true}
	}
	look := func(e *machine.Expr) {
		if e.X == nil || e.Y == nil {
			return
		}
		for _, pair := range [][2]*machine.Expr{{e.X, e.Y}, {e.Y, e.X}} {
			slot, other := pair[0].Slot, pair[1]
			switch {
			case slot == nil || e.Op == table.And || e.Op == table.Or || e.Op == table.Else:
			case other.Op == table.Const && (e.Op == table.Eq || e.Op == table.Ne):
				compared[slot.ID][other.Value] = true
			default:
				ordered[slot.ID] = true
			}
		}
	}
	for _, c := range x.m.Cells {
		for _, rule := range c.Rules {
			each(rule.Cond, look)
			for _, op := range rule.Ops {
				each(op.Arg, look)
			}
		}
	}
	for _, p := range x.m.Properties {
		each(p.If, look)
	}
	for _, slot := range x.m.Slots {
		values := all(slot.Type)
		if !ordered[slot.ID] && slot.Type.Kind != machine.Bool {
			for _, v := range values {
				if !compared[slot.ID][v] {
					compared[slot.ID][v] = true
					break
				}
			}
			values = slices.Sorted(maps.Keys(compared[slot.ID]))
		}
		x.tries = append(x.tries, values)
	}
}

// each visits an expression and all that is in it.
func each(e *machine.Expr, visit func(*machine.Expr)) {
	if e == nil {
		return
	}
	visit(e)
	each(e.X, visit)
	each(e.Y, visit)
	if e.Guard != nil {
		each(e.Guard.Expr, visit)
	}
}

// reads gives the variables in an expression.
func reads(e *machine.Expr) (set uint32) {
	each(e, func(e *machine.Expr) {
		if e.Op == table.Load && e.Slot.Kind == table.Var {
			set |= 1 << e.Slot.ID
		}
	})
	return set
}

// learnLive works out which variables may still be read in each state, before
// something writes them.
func (x *explorer) learnLive() {
	var always uint32
	for _, p := range x.m.Properties {
		always |= reads(p.If)
	}
	x.live = make([]uint32, len(x.m.States))
	for i := range x.live {
		x.live[i] = always
	}
	for changed := true; changed; {
		changed = false
		for _, c := range x.m.Cells {
			if c.Role != x.role {
				continue
			}
			live := x.live[c.State.ID]
			for _, rule := range c.Rules {
				live |= reads(rule.Cond) | x.liveBefore(c.State, rule)
			}
			if live != x.live[c.State.ID] {
				x.live[c.State.ID], changed = live, true
			}
		}
	}
}

// liveBefore gives what a rule and what follows it may read.
func (x *explorer) liveBefore(from *machine.State, rule *machine.Rule) uint32 {
	to := from
	if rule.Next != nil {
		to = rule.Next
	}
	var read uint32
	written := uint32(0)
	for _, op := range rule.Ops {
		read |= reads(op.Arg) &^ written
		switch op.Kind {
		case table.Set:
			written |= 1 << op.ID
		case table.Do:
			for _, slot := range x.m.Actions[op.ID].Sets {
				written |= 1 << slot.ID
			}
		}
	}
	return read | x.live[to.ID]&^written
}
