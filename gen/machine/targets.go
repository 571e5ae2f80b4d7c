package machine

import (
	"strings"

	"blesmp/gen/table"
)

// checkTargets holds where rules lead against the states that they lead to and
// come from.
func (r *resolver) checkTargets() {
	r.m.eachRule(func(c *Cell, rule *Rule) {
		s := c.State
		switch {
		case rule.Next == nil && s.Is(table.Choice) && rule.Spec.Goto.Text == "":
			r.errors.add(rule.Spec.Pos, "%s is a choice, and this rule does not lead out of it: it needs a goto", s.Name)
		case rule.Next == nil:
		case !rule.Next.At(c.Role):
			r.errors.once(rule.at(), "state %s does not exist at the %s, where this rule runs in state %s",
				rule.Next.Name, r.m.Roles[c.Role], s.Name)
		case s.Is(table.Final) && rule.Next != s:
			r.errors.add(rule.at(), "state %s is final, and this rule leads out of it", s.Name)
		}
	})
}

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

// longestWay is how many rules one event may take. The table's machine stops
// after 64.
const longestWay = 60

// checkChoiceCycles reports choices that can lead back to themselves, and ways
// through choices that are too long for the table's machine.
func (r *resolver) checkChoiceCycles() {
	next := func(role int, s *State) []*State {
		var to []*State
		for _, rule := range r.m.Cell(role, s.ID, table.Choose).Rules {
			if rule.Next != nil && rule.Next.Is(table.Choice) {
				to = append(to, rule.Next)
			}
		}
		return to
	}
	for role := range r.m.Roles {
		depth := map[*State]int{} // choices on the longest way from here
		var way []*State
		var visit func(*State) int
		visit = func(s *State) int {
			for i, at := range way {
				if at == s {
					r.cycle("choices lead in a circle: %s", way[i:])
					return 0
				}
			}
			if n, ok := depth[s]; ok {
				return n
			}
			way = append(way, s)
			most := 0
			for _, to := range next(role, s) {
				most = max(most, visit(to))
			}
			way = way[:len(way)-1]
			depth[s] = most + 1
			if most+1 == longestWay {
				r.errors.add(s.Spec.Name.Pos, "%d choices can follow on %s: an event may take %d", most, s.Name, longestWay)
			}
			return most + 1
		}
		for _, s := range r.m.States {
			if s.Is(table.Choice) && s.At(role) {
				visit(s)
			}
		}
	}
}

// checkDeferCycles reports events that are offered again for ever.
func (r *resolver) checkDeferCycles() {
	for role := range r.m.Roles {
		for _, e := range r.m.Events {
			done := map[*State]bool{}
			var way []*State
			var visit func(*State)
			visit = func(s *State) {
				for i, at := range way {
					if at == s {
						r.cycle(e.Name+" is offered again in a circle: %s", way[i:])
						return
					}
				}
				if done[s] {
					return
				}
				way = append(way, s)
				on := e.ID
				if s.Is(table.Choice) {
					on = table.Choose
				}
				for _, rule := range r.m.Cell(role, s.ID, on).Rules {
					if rule.Next != nil && (on == table.Choose || rule.Flags&table.Defer != 0) {
						visit(rule.Next)
					}
				}
				way = way[:len(way)-1]
				done[s] = true
			}
			for _, s := range r.m.States {
				if !s.Is(table.Choice) {
					visit(s)
				}
			}
		}
	}
}

// cycle reports a circle of states at the first one in the file, so that the
// same circle is one message wherever the search came upon it.
func (r *resolver) cycle(format string, way []*State) {
	first := 0
	for i, s := range way {
		if s.ID < way[first].ID {
			first = i
		}
	}
	var names []string
	for i := range way {
		names = append(names, way[(first+i)%len(way)].Name)
	}
	names = append(names, names[0])
	r.errors.add(way[first].Spec.Name.Pos, format, strings.Join(names, " > "))
}
