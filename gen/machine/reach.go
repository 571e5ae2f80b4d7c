package machine

import (
	"blesmp/gen/table"
)

// edges gives the states to which the rules of a state lead at the role,
// without rules that the file declares unreachable.
func (m *Machine) edges(role int, s *State) []*State {
	var to []*State
	for e := range m.Events {
		for _, rule := range m.Cell(role, s.ID, e).Rules {
			if rule.Next != nil && rule.Flags&table.Unreachable == 0 {
				to = append(to, rule.Next)
			}
		}
	}
	return to
}

// reach gives the states that can be reached from one at the role.
func (m *Machine) reach(role int, from *State) map[*State]bool {
	seen := map[*State]bool{from: true}
	for next := []*State{from}; len(next) > 0; {
		s := next[0]
		next = next[1:]
		for _, to := range m.edges(role, s) {
			if !seen[to] {
				seen[to] = true
				next = append(next, to)
			}
		}
	}
	return seen
}

func (m *Machine) initial() *State {
	for _, s := range m.States {
		if s.Is(table.Initial) {
			return s
		}
	}
	return nil
}

// checkReachable reports states to which no way leads, without those that can
// be reached from one of them.
func (r *resolver) checkReachable() {
	initial := r.m.initial()
	missing := map[*State][]string{}
	for role, name := range r.m.Roles {
		reached := r.m.reach(role, initial)
		from := map[*State]map[*State]bool{}
		for _, s := range r.m.States {
			if s.At(role) && !reached[s] {
				from[s] = r.m.reach(role, s)
			}
		}
		for s := range from {
			follows := false
			for other, to := range from {
				follows = follows || to[s] && (!from[s][other] || other.ID < s.ID)
			}
			if !follows {
				missing[s] = append(missing[s], name)
			}
		}
	}
	for _, s := range r.m.States {
		roles := missing[s]
		switch {
		case len(roles) == 0:
		case len(roles) == s.roleCount():
			r.errors.add(s.Spec.Name.Pos, "state %s cannot be reached", s.Name)
		default:
			r.errors.hint(s.Spec.Name.Pos, "if it belongs to one role, say so with `role`",
				"state %s cannot be reached at the %s", s.Name, list(roles))
		}
	}
}

func (s *State) roleCount() int {
	n := 0
	for bits := s.Roles; bits != 0; bits &= bits - 1 {
		n++
	}
	return n
}

// checkLeaving reports states that a machine never leaves, and phases that it
// has to leave and cannot.
func (r *resolver) checkLeaving() {
	for _, s := range r.m.States {
		if s.Is(table.Final) {
			continue
		}
		var stuck []string
		kept := map[*Phase][]string{}
		for role, name := range r.m.Roles {
			if !s.At(role) {
				continue
			}
			reached := r.m.reach(role, s)
			if len(reached) == 1 {
				stuck = append(stuck, name)
				continue
			}
			for _, p := range s.path() {
				if p.Spec.MustLeave && !anyOutside(reached, p) {
					kept[p] = append(kept[p], name)
				}
			}
		}
		if len(stuck) > 0 {
			r.errors.add(s.Spec.Name.Pos, "state %s cannot be left%s, and is not final", s.Name, r.atRoles(stuck))
		}
		for _, p := range s.path() {
			if len(kept[p]) > 0 {
				r.errors.add(s.Spec.Name.Pos, "no way leads from state %s out of phase %s%s, and it must be left",
					s.Name, p.Name, r.atRoles(kept[p]))
			}
		}
	}
}

// atRoles says at which roles something is so; it is empty for all of them.
func (r *resolver) atRoles(names []string) string {
	if len(names) == len(r.m.Roles) {
		return ""
	}
	return " at the " + list(names)
}

func anyOutside(states map[*State]bool, p *Phase) bool {
	for s := range states {
		if !s.In(p) {
			return true
		}
	}
	return false
}
