package machine

import (
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// decide fills the cells: which row decides each, and what its rules come to in
// that place.
func (r *resolver) decide() {
	m := r.m
	for role := range m.Roles {
		for _, s := range m.States {
			for _, e := range m.Events {
				m.Cells = append(m.Cells, r.cell(role, s, e))
			}
		}
	}
}

// cell decides one cell. An event that cannot come up leaves it empty.
func (r *resolver) cell(role int, s *State, e *Event) *Cell {
	c := &Cell{Role: role, State: s, Event: e}
	if !s.At(role) || e.Role != "" && r.roles[e.Role] != role || s.Is(table.Choice) != (e.ID == table.Choose) {
		return c
	}
	var rules []*draft
	if e.ID == table.Choose {
		if own := r.choices[s][role]; own != nil {
			c.By, rules = own.by, own.rules
		}
	} else {
		for _, scope := range r.scopes[s] {
			row := r.row(scope, role, e)
			switch {
			case row == nil:
			case c.By.Level == 0:
				c.By, rules = row.by, row.rules
				row.decide++
			default:
				c.Outer = append(c.Outer, row.by)
			}
		}
	}
	for _, d := range rules {
		c.Rules = append(c.Rules, r.place(d, s, e))
	}
	return c
}

// place works out what a rule comes to in its cell: where it leads, which
// phases it leaves and what becomes of the timers.
func (r *resolver) place(d *draft, s *State, e *Event) *Rule {
	rule := d.rule
	rule.Ops = append([]Op(nil), d.rule.Ops...)
	rule.Next = d.target
	if rule.Next == nil && d.macro != nil {
		rule.Next = d.macro
		if s.FailedTo != nil {
			rule.Next = s.FailedTo
			r.diverted[s] = true
		}
	}
	to := s
	if rule.Next != nil {
		to = rule.Next
	}
	r.addTimers(&rule, s, to, e)
	for p := s.Phase; p != nil && !to.In(p); p = p.Parent {
		for _, a := range p.OnLeave {
			rule.Ops = append(rule.Ops, Op{
				Kind: table.Do, ID: a.ID, Name: a.Name, Pos: p.leavePos(a), From: "on_leave of " + p.Name,
			})
		}
	}
	return &rule
}

// leavePos gives the place of an action in on_leave.
func (p *Phase) leavePos(a *Action) spec.Pos {
	for i, own := range p.OnLeave {
		if own == a && i < len(p.Spec.OnLeave) {
			return p.Spec.OnLeave[i].Pos
		}
	}
	return p.Spec.Name.Pos
}

// eachRule visits every rule in its cell.
func (m *Machine) eachRule(visit func(*Cell, *Rule)) {
	for _, c := range m.Cells {
		for _, rule := range c.Rules {
			visit(c, rule)
		}
	}
}

// at gives the place of a rule's target in the file, or of the rule.
func (rule *Rule) at() spec.Pos {
	switch {
	case rule.Spec.Goto.Text != "":
		return rule.Spec.Goto.Pos
	case rule.Macro != nil && rule.Spec.Macro != nil:
		return rule.Spec.Macro.Name.Pos
	}
	return rule.Spec.Pos
}
