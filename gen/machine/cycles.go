package machine

import (
	"strings"

	"blesmp/gen/table"
)

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
