package table

// Grid is a table of outcomes by two values, with exceptions that come first:
// the choice of an association model, for example.
type Grid struct {
	Name       string
	Inputs     []string // truth values that the exceptions read
	Exceptions []Exception
	Columns    uint8
	Cells      []uint8 // row after row
}

// Exception is an outcome for all rows and columns, where Cond holds. A Load in
// the condition names an input of the grid.
type Exception struct {
	If     string
	Cond   uint16
	Result uint8
}

// Outcome looks a grid up. The inputs stand in the order of the grid's own; a
// row or column outside the grid gives false.
func (t *Table) Outcome(grid int, row, column uint8, inputs ...bool) (uint8, bool) {
	g := &t.Grids[grid]
	var m Machine
	for i, input := range inputs {
		m.Slots[i] = truth[uint8](input)
	}
	for _, e := range g.Exceptions {
		if t.eval(&m, nil, e.Cond) != 0 {
			return e.Result, true
		}
	}
	at := int(row)*int(g.Columns) + int(column)
	if column >= g.Columns || at >= len(g.Cells) {
		return 0, false
	}
	return g.Cells[at], true
}
