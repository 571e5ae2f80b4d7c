package machine

import (
	"slices"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// allSlots resolves variables, inputs and event fields, in this order.
func (r *resolver) allSlots() {
	add := func(kind table.SlotKind, what, space string, specs []*spec.Slot, into map[string]*Slot) {
		for _, s := range specs {
			r.declare(space, what, s.Name)
			slot := &Slot{ID: len(r.m.Slots), Name: s.Name.Text, Kind: kind, Spec: s}
			if s.Type.Text != "" {
				slot.Type = r.typeOf(s.Type)
			} else {
				slot.Type = &Type{Kind: Number, Low: s.Low, High: s.High}
				if kind == table.Var && s.Low > 0 {
					r.errors.add(s.Name.Pos, "var %s starts as 0, which is outside %d..%d", s.Name.Text, s.Low, s.High)
				}
			}
			into[s.Name.Text] = slot
			r.m.Slots = append(r.m.Slots, slot)
		}
	}
	add(table.Var, "var", "expression", r.spec.Vars, r.slots)
	add(table.Input, "input", "expression", r.spec.Inputs, r.slots)
	add(table.Field, "event field", "field", r.spec.Fields, r.fields)
	for _, s := range r.spec.Fields {
		r.fields[s.Name.Text].Of = r.eventsOf(s.Of)
		if len(s.Of) == 0 {
			r.errors.add(s.Name.Pos, "event field %s is part of no event: say which with `of`", s.Name.Text)
		}
	}
}

// variable finds a slot that rules and actions may write.
func (r *resolver) variable(n spec.Name) (*Slot, bool) {
	if slot := r.slots[n.Text]; slot != nil && slot.Kind == table.Input {
		r.errors.add(n.Pos, "%s is an input, which the driver alone writes", n.Text)
		return nil, false
	}
	vars := map[string]*Slot{}
	for name, slot := range r.slots {
		if slot.Kind == table.Var {
			vars[name] = slot
		}
	}
	return find(r, "var", vars, n)
}

// reads checks a list of variables and inputs that Go code reads.
func (r *resolver) reads(list []spec.Name) {
	for _, n := range list {
		find(r, "var or input", r.slots, n)
	}
}

// checkFields reports rules that read a part of an event which the event does
// not have.
func (r *resolver) checkFields() {
	r.m.eachRule(func(c *Cell, rule *Rule) {
		rule.exprs(func(x *Expr) {
			switch {
			case x.Op != table.Load || x.Slot.Kind != table.Field || slices.Contains(x.Slot.Of, c.Event):
			case c.Event.ID == table.Choose:
				r.errors.once(x.Pos, "a choice has no event, so event.%s is not known in %s", x.Slot.Name, c.State.Name)
			default:
				r.errors.once(x.Pos, "event.%s is no part of %s, which this rule decides", x.Slot.Name, c.Event.Name)
			}
		})
	})
}

// exprs visits the expressions of a rule and all that is in them.
func (rule *Rule) exprs(visit func(*Expr)) {
	rule.Cond.walk(visit)
	for _, op := range rule.Ops {
		op.Arg.walk(visit)
	}
}
