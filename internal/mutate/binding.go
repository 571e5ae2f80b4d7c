package mutate

import (
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// bindings binds each action, and each opaque guard, to the method of the next
// one. The generated code binds by number, so a table in which the next one's
// number stands in place of the one's is the same machine.
func (c *collector) bindings() {
	m := c.f.Machine
	var actions, guards []spec.Name
	for _, a := range m.Actions {
		actions = append(actions, a.Name)
	}
	for _, g := range m.Guards {
		if g.Expr == nil {
			guards = append(guards, g.Name)
		}
	}
	c.bind("actions", actions, func(t *table.Table, from, to int) {
		for i, op := range t.Ops {
			if op.Kind == table.Do && int(op.ID) == from {
				t.Ops[i].ID = uint8(to)
			}
		}
	})
	c.bind("guards", guards, func(t *table.Table, from, to int) {
		for i, n := range t.Nodes {
			if n.Op == table.Ask && int(n.A) == from {
				t.Nodes[i].A = uint16(to)
			}
		}
	})
}

func (c *collector) bind(where string, names []spec.Name, swap func(t *table.Table, from, to int)) {
	for i, n := range names {
		to := (i + 1) % len(names)
		c.mutants = append(c.mutants, Mutant{
			Class: Bindings, Line: n.Pos.Line, Where: where, Change: n.Text + " bound to " + names[to].Text,
			apply: func() {}, bind: func(t *table.Table) { swap(t, i, to) },
		})
	}
}
