package machine

import (
	"slices"
	"strings"

	"blesmp/gen/table"
)

// checkDecided reports the events that a state leaves open, in one message a
// state and set of roles.
func (r *resolver) checkDecided() {
	rows := r.eventsWithRows()
	for _, s := range r.m.States {
		if s.Is(table.Choice) {
			continue
		}
		open := map[*Event][]string{} // roles
		for role, name := range r.m.Roles {
			for _, e := range r.m.Events[1:] {
				if c := r.m.Cell(role, s.ID, e.ID); s.At(role) && r.occurs(e, role) && c.By.Level == 0 && rows[e] {
					open[e] = append(open[e], name)
				}
			}
		}
		byRoles := map[string][]string{}
		var order []string
		for _, e := range r.m.Events[1:] {
			if len(open[e]) == 0 {
				continue
			}
			where := ""
			if all := r.rolesOf(s, e); len(open[e]) < all || all < len(r.m.Roles) {
				where = " at the " + list(open[e])
			}
			if !slices.Contains(order, where) {
				order = append(order, where)
			}
			byRoles[where] = append(byRoles[where], e.Name)
		}
		for _, where := range order {
			r.errors.add(s.Spec.Name.Pos, "state %s does not decide %s%s", s.Name, list(byRoles[where]), where)
		}
	}
}

// rolesOf counts the roles at which an event can come up in a state.
func (r *resolver) rolesOf(s *State, e *Event) int {
	n := 0
	for role := range r.m.Roles {
		if s.At(role) && r.occurs(e, role) {
			n++
		}
	}
	return n
}

func (r *resolver) occurs(e *Event, role int) bool {
	return e.Role == "" || r.roles[e.Role] == role
}

// eventsWithRows gives the events that stand in a row, by themselves or in a
// group. The others are reported once and not for each state.
func (r *resolver) eventsWithRows() map[*Event]bool {
	events := map[*Event]bool{}
	for _, s := range r.all {
		for _, b := range s.bodies {
			for _, row := range b.rows {
				if row.event != nil {
					events[row.event] = true
					continue
				}
				for _, e := range row.group.members {
					events[e] = true
				}
			}
		}
	}
	return events
}

// checkHidden notes where a row for a group stands in front of an outer row for
// the event itself, which a reader of the outer row may not expect.
func (r *resolver) checkHidden() {
	type pair struct{ inner, outer Decision }
	states := map[pair][]string{}
	var order []pair
	for _, c := range r.m.Cells {
		if !c.By.Group {
			continue
		}
		for _, outer := range c.Outer {
			if outer.Group {
				continue
			}
			p := pair{c.By, outer}
			if states[p] == nil {
				order = append(order, p)
			}
			if !slices.Contains(states[p], c.State.Name) {
				states[p] = append(states[p], c.State.Name)
			}
		}
	}
	for _, p := range order {
		where := ""
		if p.inner.Level != InState {
			where = " in " + strings.Join(states[p], ", ")
		}
		r.notes.add(p.inner.Pos, "%s hides the row for %s of %s in line %d%s",
			p.inner.Key, p.outer.Key, p.outer.place(), p.outer.Pos.Line, where)
	}
}

// place names the part of the file that a decision comes from.
func (d Decision) place() string {
	role := ""
	if d.Role != "" {
		role = ", " + d.Role
	}
	switch d.Level {
	case InState:
		return "state " + d.Name + role
	case InPhase:
		return "phase " + d.Name + role
	}
	return "the defaults" + role
}
