// Package table is as much of the runtime as the fixtures need.
package table

// Machine is a running machine.
type Machine struct {
	Role, State uint8
	Slots       [4]uint8
}

// Table is a table.
type Table struct{ States []string }

// Step steps a machine.
func (t *Table) Step(m *Machine, event uint8) bool { return t.States != nil && m.State != event }

// Name names a state.
func (t *Table) Name(state uint8) string { return t.States[state] }
