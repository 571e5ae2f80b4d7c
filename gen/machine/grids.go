package machine

import (
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// grids resolves the tables of outcomes.
func (r *resolver) grids() {
	for _, s := range r.file.Grids {
		r.declare("grid", "grid", s.Name)
		g := &Grid{ID: len(r.m.Grids), Name: s.Name.Text, Spec: s}
		g.Result, _ = find(r, "enum", r.enums, s.Result)
		g.Rows, _ = find(r, "enum", r.enums, s.Rows.Enum)
		g.Columns, _ = find(r, "enum", r.enums, s.Cols.Enum)
		r.m.Grids = append(r.m.Grids, g)
		if g.Result == nil || g.Rows == nil || g.Columns == nil {
			continue
		}
		r.exceptions(g)
		r.gridCells(g)
	}
}

// exceptions resolves the rules that come before the table. Their conditions
// read the grid's inputs and nothing else.
func (r *resolver) exceptions(g *Grid) {
	inputs := names{slots: map[string]*Slot{}}
	for i, n := range g.Spec.Inputs {
		if i == table.MaxSlots {
			r.errors.add(n.Pos, "%d inputs are more than the %d that a table holds", len(g.Spec.Inputs), table.MaxSlots)
		}
		inputs.slots[n.Text] = &Slot{ID: i, Name: n.Text, Kind: table.Input, Type: &Type{Kind: Bool, High: 1}}
	}
	used := map[*Slot]bool{}
	for _, e := range g.Spec.Exceptions {
		cond := r.truth(inputs, e.If)
		cond.walk(func(x *Expr) { used[x.Slot] = true })
		n := r.result(g, e.Result)
		g.exceptions = append(g.exceptions, gridException{cond: cond, text: e.If.Text, result: n})
	}
	for _, n := range g.Spec.Inputs {
		if !used[inputs.slots[n.Text]] {
			r.errors.add(n.Pos, "input %s of grid %s is never read", n.Text, g.Name)
		}
	}
}

func (r *resolver) result(g *Grid, n spec.Name) int {
	t := enumType(g.Result)
	number, ok := r.constant(t, n.Text)
	if !ok {
		r.unknown(g.Result.Name.Text, n, r.constants(t))
	}
	return number
}

func (r *resolver) gridCells(g *Grid) {
	rows, full := r.axis(g, "row", g.Spec.Rows, g.Rows)
	columns, too := r.axis(g, "column", g.Spec.Cols, g.Columns)
	g.Cells = make([]int, len(g.Rows.Values)*len(g.Columns.Values))
	for i, cells := range g.Spec.Cells {
		for j, cell := range cells {
			n := r.result(g, cell)
			if full && too {
				g.Cells[rows[i]*len(g.Columns.Values)+columns[j]] = n
			}
		}
	}
}

// axis gives the numbers of an axis's values, and whether all of the
// enumeration's values stand there once.
func (r *resolver) axis(g *Grid, what string, a spec.Axis, e *spec.Enum) ([]int, bool) {
	t := enumType(e)
	if t.Low != 0 || t.High != len(e.Values)-1 {
		r.errors.add(a.Enum.Pos, "the values of %s do not run from 0 to %d, so it is no axis of a grid", e.Name.Text, len(e.Values)-1)
		return nil, false
	}
	seen := map[int]bool{}
	var numbers []int
	full := true
	for _, n := range a.Values {
		number, ok := r.constant(t, n.Text)
		if !ok {
			r.unknown(e.Name.Text, n, r.constants(t))
			full = false
		}
		seen[number] = true
		numbers = append(numbers, number)
	}
	for _, v := range e.Values {
		if full && !seen[v.Number] {
			r.errors.add(g.Spec.Name.Pos, "grid %s has no %s for %s", g.Name, what, v.Name.Text)
			full = false
		}
	}
	return numbers, full
}
