package machine

import (
	"slices"

	"blesmp/gen/table"
)

// Edge is one arrow of a picture of the machine: all that leads from one state
// to another at a role.
type Edge struct {
	Role     int
	From, To *State
	Events   []*Event // that lead there, in the order of the machine's
	Rules    []*Rule  // one or more for each
	// Closest is how far from the state the nearest row stands that leads here;
	// a picture may leave out what whole phases have in common.
	Closest Level
}

// Edges gives the arrows of the machine at a role, without rules that stay and
// rules that the file declares unreachable; sorted by state and target.
func (m *Machine) Edges(role int) []*Edge {
	var edges []*Edge
	for _, s := range m.States {
		to := map[*State]*Edge{}
		var own []*Edge
		for e := range m.Events {
			c := m.Cell(role, s.ID, e)
			for _, rule := range c.Rules {
				if rule.Next == nil || rule.Flags&table.Unreachable != 0 {
					continue
				}
				edge := to[rule.Next]
				if edge == nil {
					edge = &Edge{Role: role, From: s, To: rule.Next, Closest: c.By.Level}
					to[rule.Next] = edge
					own = append(own, edge)
				}
				edge.Closest = min(edge.Closest, c.By.Level)
				edge.Rules = append(edge.Rules, rule)
				if !slices.Contains(edge.Events, c.Event) {
					edge.Events = append(edge.Events, c.Event)
				}
			}
		}
		slices.SortFunc(own, func(a, b *Edge) int { return a.To.ID - b.To.ID })
		edges = append(edges, own...)
	}
	return edges
}
