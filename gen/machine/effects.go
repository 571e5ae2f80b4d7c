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
