package machine

import (
	"slices"

	"blesmp/gen/table"
)

// checkEffects reports effects outside their phases and without those that have
// to come with them.
func (r *resolver) checkEffects() {
	for _, e := range r.m.Effects {
		for _, n := range e.Spec.OnlyIn {
			find(r, "phase", r.phases, n)
		}
	}
	r.m.eachRule(func(c *Cell, rule *Rule) {
		for _, op := range rule.Ops {
			if op.Kind != table.Emit {
				continue
			}
			effect := r.m.Effects[op.ID]
			if only := effect.Spec.OnlyIn; len(only) > 0 && !r.standsIn(c.State, effect) {
				var names []string
				for _, n := range only {
					names = append(names, n.Text)
				}
				r.errors.once(op.Pos, "effect %s is for phase %s only, and this rule runs in state %s of phase %s",
					effect.Name, list(names), c.State.Name, c.State.Phase.Name)
			}
			for _, with := range effect.Spec.With {
				if !rule.emits(with.Text) && r.effects[with.Text] != nil {
					r.errors.add(op.Pos, "effect %s goes with %s, which this rule does not emit", effect.Name, with.Text)
				}
			}
		}
	})
}

func (r *resolver) standsIn(s *State, e *Effect) bool {
	return slices.ContainsFunc(s.path(), func(p *Phase) bool {
		for _, n := range e.Spec.OnlyIn {
			if n.Text == p.Name || r.phases[n.Text] == nil {
				return true
			}
		}
		return false
	})
}

// path gives the phases of a state, the innermost first.
func (s *State) path() []*Phase {
	var path []*Phase
	for p := s.Phase; p != nil; p = p.Parent {
		path = append(path, p)
	}
	return path
}

func (rule *Rule) emits(effect string) bool {
	return slices.ContainsFunc(rule.Ops, func(op Op) bool { return op.Kind == table.Emit && op.Name == effect })
}

// checkSenders reports PDUs that are sent at the wrong role.
func (r *resolver) checkSenders() {
	r.m.eachRule(func(c *Cell, rule *Rule) {
		for _, op := range rule.Ops {
			if op.Kind != table.Send {
				continue
			}
			by := r.m.PDUs[op.ID].Spec.SentBy.Text
			if at := r.m.Roles[c.Role]; by != "" && by != at {
				r.errors.once(op.Pos, "%s is sent by the %s, and this rule runs at the %s in state %s", op.Name, by, at, c.State.Name)
			}
		}
	})
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

// checkTimers reports timers whose event is not heard, and waiting without a
// timer.
func (r *resolver) checkTimers() {
	r.m.eachRule(func(c *Cell, rule *Rule) {
		for _, t := range c.State.Timers {
			if t.Fires == c.Event && rule.Flags&table.Ignore != 0 && len(c.Rules) == 1 {
				r.errors.add(c.State.Spec.Name.Pos, "timer %s runs in state %s, which ignores %s", t.Name, c.State.Name, c.Event.Name)
			}
		}
	})
	for _, t := range r.m.Timers {
		for _, s := range r.m.States {
			if s.Is(table.Rest) || s.runs(t) || !mustLeave(s) {
				continue
			}
			for _, n := range t.Spec.MustFor {
				if flag := waits[n.Text]; flag != 0 && s.Is(flag) {
					r.errors.add(s.Spec.Name.Pos, "state %s waits for the %s without timer %s", s.Name, n.Text, t.Name)
				}
			}
		}
	}
}

func mustLeave(s *State) bool {
	return slices.ContainsFunc(s.path(), func(p *Phase) bool { return p.Spec.MustLeave })
}
