package machine

import (
	"fmt"
	"slices"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// body is a list of rows, for one role or, with role -1, for all.
type body struct {
	role int
	rows []*row
}

// row is one resolved row: the rules for an event or for those of a group.
type row struct {
	spec   *spec.Row
	event  *Event // nil for a group
	group  *group
	rules  []*draft
	by     Decision
	decide int // cells that it decides
}

// choice is the resolved decision of a choice state at one role.
type choice struct {
	rules []*draft
	by    Decision
}

// draft is a rule before its place is known: what follows from the state it
// stands in is still to be added.
type draft struct {
	rule   Rule
	target *State // of the rule's own goto
	macro  *State // of its macro's goto
	pos    spec.Pos
}

// addScope resolves the rows of a body.
func (r *resolver) addScope(s *scope, b *spec.Body) *scope {
	r.all = append(r.all, s)
	seen := map[string]bool{}
	for _, rb := range b.Roles {
		role, ok := find(r, "role", r.roles, rb.Role)
		if !ok {
			continue
		}
		if seen[rb.Role.Text] {
			r.errors.add(rb.Role.Pos, "%s stands here twice", rb.Role.Text)
		}
		seen[rb.Role.Text] = true
		if s.state != nil && !s.state.At(role) {
			r.errors.add(rb.Role.Pos, "state %s does not exist at the %s", s.name, r.m.Roles[role])
			continue
		}
		s.bodies = append(s.bodies, r.rows(s, role, rb.Role.Text, rb.When))
	}
	s.bodies = append(s.bodies, r.rows(s, -1, "", b.When))
	return s
}

func (r *resolver) rows(s *scope, role int, roleName string, rows []*spec.Row) *body {
	b := &body{role: role}
	seen := map[string]spec.Pos{}
	for _, sr := range rows {
		event, group := r.eventOrGroup(sr.Event)
		if first, ok := seen[sr.Event.Text]; ok {
			r.errors.add(sr.Event.Pos, "a second row for %s, after line %d", sr.Event.Text, first.Line)
		}
		seen[sr.Event.Text] = sr.Event.Pos
		resolved := &row{
			spec: sr, event: event, group: group, rules: r.drafts(sr.Rules),
			by: Decision{
				Level: s.level, Name: s.name, Role: roleName, Key: sr.Event.Text, Group: group != nil,
				Pos: sr.Event.Pos, Row: sr,
			},
		}
		if len(sr.Rules) == 0 {
			r.errors.add(sr.Event.Pos, "the row has no rule")
		}
		if event != nil || group != nil {
			b.rows = append(b.rows, resolved)
		}
	}
	return b
}

// exact gives the row for the event itself.
func (b *body) exact(e *Event) *row {
	for _, row := range b.rows {
		if row.event == e {
			return row
		}
	}
	return nil
}

// grouped gives the row of the smallest group that holds the event, and another
// row whose group is just as small.
func (b *body) grouped(e *Event) (best, rival *row) {
	for _, row := range b.rows {
		if row.group == nil || !row.group.has(e) {
			continue
		}
		switch {
		case best == nil || len(row.group.members) < len(best.group.members):
			best, rival = row, nil
		case len(row.group.members) == len(best.group.members):
			rival = row
		}
	}
	return best, rival
}

// row gives the row of the scope that decides the event at the role.
func (r *resolver) row(s *scope, role int, e *Event) *row {
	here := slices.DeleteFunc(slices.Clone(s.bodies), func(b *body) bool { return b.role >= 0 && b.role != role })
	for _, b := range here {
		if row := b.exact(e); row != nil {
			return row
		}
	}
	for _, b := range here {
		best, rival := b.grouped(e)
		if rival != nil {
			r.errors.add(rival.by.Pos, "groups %s and %s are of one size and both hold %s: neither is the closer one",
				best.by.Key, rival.by.Key, e.Name)
		}
		if best != nil {
			return best
		}
	}
	return nil
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

// checkLists reports lists of rules that leave a case open or hold rules that
// are never reached.
func (r *resolver) checkLists() {
	for _, s := range r.all {
		for _, b := range s.bodies {
			for _, row := range b.rows {
				r.checkList(row.rules)
			}
		}
	}
}

func (r *resolver) checkList(rules []*draft) {
	for i, d := range rules {
		last := i == len(rules)-1
		switch {
		case d.rule.Spec.If == nil && !last:
			r.errors.add(rules[i+1].pos, "the rule is never reached: the one in line %d has no condition", d.pos.Line)
			return
		case d.rule.Spec.If != nil && last:
			r.errors.add(d.pos, "the last rule has a condition: what happens where it does not hold?")
		}
	}
}
