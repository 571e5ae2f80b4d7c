package machine

import (
	"slices"

	"blesmp/gen/spec"
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
		last, conditional := i == len(rules)-1, d.rule.Spec.If != nil || d.rule.Spec.BadIf
		switch {
		case !conditional && !last:
			r.errors.add(rules[i+1].pos, "the rule is never reached: the one in line %d has no condition", d.pos.Line)
			return
		case conditional && last:
			r.errors.add(d.pos, "the last rule has a condition: what happens where it does not hold?")
		}
	}
}
