package machine

import (
	"fmt"
	"slices"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// choice is the resolved decision of a choice state at one role.
type choice struct {
	rules []*draft
	by    Decision
}

// addChoices resolves the choice of a state for every role at which it exists.
func (r *resolver) addChoices(s *State) {
	if !s.Is(table.Choice) {
		return
	}
	byRole := map[int]*choice{}
	var general *choice
	if c := s.Spec.Body.Choose; c != nil {
		general = r.choice(s, "", c)
	}
	for _, b := range s.Spec.Body.Roles {
		role, ok := r.roles[b.Role.Text]
		if !ok || b.Choose == nil {
			continue
		}
		byRole[role] = r.choice(s, b.Role.Text, b.Choose)
	}
	all := general != nil
	for role, name := range r.m.Roles {
		if byRole[role] == nil && general != nil {
			byRole[role], all = general, true
		}
		if s.At(role) && byRole[role] == nil {
			r.errors.add(s.Spec.Name.Pos, "choice %s decides nothing at the %s", s.Name, name)
			r.vague = true
		}
	}
	if all && len(s.Spec.Body.Roles) > 0 && !slices.ContainsFunc(r.m.Roles, func(name string) bool {
		return s.At(r.roles[name]) && byRole[r.roles[name]] == general
	}) {
		r.errors.add(s.Spec.Body.Choose.Pos, "every role has a choice of its own, so this one is never used")
	}
	r.choices[s] = byRole
}

func (r *resolver) choice(s *State, role string, c *spec.Choose) *choice {
	out := &choice{by: Decision{Level: InState, Name: s.Name, Role: role, Key: "choose", Pos: c.Pos}}
	if c.By.Text == "" {
		out.rules = r.drafts(c.Rules)
		r.checkList(out.rules)
		if len(c.Rules) == 0 {
			r.errors.add(c.Pos, "the choice has no rule")
		}
		return out
	}
	slot, ok := find(r, "var or input", r.slots, c.By)
	if !ok || slot.Type == nil {
		r.vague = true
		return out
	}
	if slot.Type.Kind != Enum {
		r.errors.add(c.By.Pos, "a choice goes by an enumeration, and %s is %s", slot.Name, slot.Type.a())
		r.vague = true
		return out
	}
	seen := map[string]bool{}
	for _, one := range c.Cases {
		rules := r.drafts(one.Rules)
		r.checkList(rules)
		if len(one.Rules) == 0 {
			r.errors.add(one.Value.Pos, "the choice has no rule for %s", one.Value.Text)
		}
		name := one.Value.Text
		n, ok := r.constant(slot.Type, name)
		if !ok {
			if name = r.unknown(slot.Type.what(), one.Value, r.constants(slot.Type)); name == "" {
				continue
			}
			n, _ = r.constant(slot.Type, name)
		}
		if seen[name] {
			r.errors.add(one.Value.Pos, "%s stands here twice", name)
		}
		seen[name] = true
		for _, d := range rules {
			out.rules = append(out.rules, d.only(slot, name, n, one.Value.Pos))
		}
	}
	var missing []string
	for _, v := range slot.Type.Enum.Values {
		if !seen[v.Name.Text] {
			missing = append(missing, v.Name.Text)
		}
	}
	if len(missing) > 0 {
		r.errors.add(c.By.Pos, "the choice by %s says nothing for %s", slot.Name, list(missing))
	}
	return out
}

// only gives the rule with the condition that a variable has a value in front
// of its own.
func (d *draft) only(slot *Slot, name string, n int, pos spec.Pos) *draft {
	one := *d
	cond := &Expr{
		Op: table.Eq, Type: &Type{Kind: Bool, High: 1}, Pos: pos,
		X: load(slot, pos), Y: &Expr{Op: table.Const, Value: n, Type: slot.Type, Pos: pos},
	}
	one.rule.Text = fmt.Sprintf("%s == %s", slot.Name, name)
	if d.rule.Cond != nil {
		cond = &Expr{Op: table.And, X: cond, Y: d.rule.Cond, Type: cond.Type, Pos: pos}
		text := d.rule.Text
		if d.rule.Cond.Op == table.Or {
			text = "(" + text + ")"
		}
		one.rule.Text += " and " + text
	}
	one.rule.Cond = cond
	return &one
}
