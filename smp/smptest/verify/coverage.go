package verify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
)

// Row is one rule as it stands in the specification, at one role. It may decide
// many cells.
type Row struct {
	Role bt.Role
	Line int
	If   string
}

// Coverage tells which rows of the table some setup has taken. Rows that the
// specification calls unreachable do not count.
type Coverage struct {
	Rows   int
	Missed []Missed // in the order of the lines
}

// Missed is a row that no setup has taken.
type Missed struct {
	Row
	Cell   string // the first that it decides
	Reason string // why no setup can take it, "" where none is known
}

// String names the row by a cell.
func (m Missed) String() string {
	text := fmt.Sprintf("line %d, %s: %s", m.Line, name(m.Role), m.Cell)
	if m.If != "" {
		text += " if " + m.If
	}
	return text
}

// Taken is the number of rows that were taken.
func (c *Coverage) Taken() int { return c.Rows - len(c.Missed) }

// Unexplained are the rows that were missed and of which nobody knows why.
func (c *Coverage) Unexplained() []Missed {
	var all []Missed
	for _, m := range c.Missed {
		if m.Reason == "" {
			all = append(all, m)
		}
	}
	return all
}

// rules are those that a run has taken, by role and number.
type rules [2][]bool

func (s *rules) take(t smp.Trace) {
	at := &s[t.Role]
	for len(*at) <= t.Rule() {
		*at = append(*at, false)
	}
	(*at)[t.Rule()] = true
}

// add takes over what another run has taken.
func (s *rules) add(other *rules) {
	for role := range s {
		for len(s[role]) < len(other[role]) {
			s[role] = append(s[role], false)
		}
		for i, taken := range other[role] {
			s[role][i] = s[role][i] || taken
		}
	}
}

// coverage compares what was taken with what the table has.
func (s *rules) coverage(t *table.Table) Coverage {
	all, taken := map[Row]string{}, map[Row]bool{}
	for role := range s {
		for state := range t.States {
			for event := range t.Events {
				cell := t.Cell(uint8(role), uint8(state), uint8(event))
				for i := cell.First; i < cell.First+cell.Len; i++ {
					rule := &t.Rules[i]
					row := Row{bt.Role(role), int(rule.Line), rule.If}
					if _, ok := all[row]; !ok && rule.Flags&table.Unreachable == 0 {
						all[row] = t.States[state].Name + " on " + t.Events[event]
					}
					taken[row] = taken[row] || int(i) < len(s[role]) && s[role][i]
				}
			}
		}
	}
	c := Coverage{Rows: len(all)}
	for _, row := range slices.SortedFunc(maps.Keys(all), func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Role, b.Role), cmp.Compare(a.If, b.If))
	}) {
		if !taken[row] {
			m := Missed{Row: row, Cell: all[row]}
			m.Reason = untaken[m.name()]
			c.Missed = append(c.Missed, m)
		}
	}
	return c
}

// name is what the list of reasons knows a row by: lines change.
func (m *Missed) name() string {
	text := name(m.Role) + ": " + m.Cell
	if m.If != "" {
		text += " if " + m.If
	}
	return text
}
