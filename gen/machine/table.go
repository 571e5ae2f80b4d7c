package machine

import (
	"fmt"
	"path/filepath"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// Table writes the machine as data. Each call makes a new table, which belongs
// to the caller. Cells with the same rules share them, rules with the same ops
// share those, and equal parts of expressions are one.
func (m *Machine) Table() *table.Table {
	b := &builder{
		t:     &table.Table{Protocol: m.File.Protocol.Text, Source: filepath.Base(m.File.Path)},
		nodes: map[table.Node]uint16{},
		ops:   map[string]table.Span{},
		rules: map[string]table.Span{},
	}
	b.t.Nodes = make([]table.Node, 1)
	b.names(m)
	for _, c := range m.Cells {
		b.t.Cells = append(b.t.Cells, b.cell(c))
	}
	for _, g := range m.Grids {
		b.grid(g)
	}
	return b.t
}

type builder struct {
	t     *table.Table
	nodes map[table.Node]uint16
	ops   map[string]table.Span
	rules map[string]table.Span
}

func (b *builder) names(m *Machine) {
	t := b.t
	t.Roles = append(t.Roles, m.Roles...)
	for _, s := range m.States {
		t.States = append(t.States, table.State{
			Name: s.Name, Phase: s.Phase.Name, Flags: s.Flags, Roles: s.Roles, Line: uint16(s.Spec.Name.Pos.Line),
		})
	}
	for _, e := range m.Events {
		t.Events = append(t.Events, e.Name)
	}
	for _, s := range m.Slots {
		t.Slots = append(t.Slots, table.Slot{
			Name: s.Name, Kind: s.Kind, Max: uint8(s.Type.High), Text: s.Type.texts(m.File),
		})
	}
	for _, g := range m.Opaque() {
		t.Guards = append(t.Guards, g.Name)
	}
	for _, a := range m.Actions {
		t.Actions = append(t.Actions, a.Name)
	}
	for _, p := range m.PDUs {
		t.PDUs = append(t.PDUs, p.Name)
	}
	for _, e := range m.Effects {
		t.Effects = append(t.Effects, e.Name)
	}
	for _, timer := range m.Timers {
		t.Timers = append(t.Timers, timer.Name)
	}
	for _, macro := range m.Macros {
		t.Macros = append(t.Macros, macro.Name)
	}
}

// texts gives the names of an enumeration's values, or of the PDUs, by number.
func (t *Type) texts(f *spec.File) []string {
	var texts []string
	put := func(n int, name string) {
		for len(texts) <= n {
			texts = append(texts, "")
		}
		texts[n] = name
	}
	switch t.Kind {
	case Enum:
		for _, v := range t.Enum.Values {
			put(v.Number, v.Name.Text)
		}
	case PDUCode:
		for _, p := range f.PDUs {
			put(p.Code, p.Name.Text)
		}
	}
	return texts
}

func (b *builder) cell(c *Cell) table.Span {
	var rules []table.Rule
	for _, rule := range c.Rules {
		one := table.Rule{
			If: rule.Text, Cond: b.expr(rule.Cond), Ops: b.run(rule.Ops), Next: table.Stay,
			Flags: rule.Flags, Line: uint16(rule.Spec.Pos.Line),
		}
		if rule.Next != nil {
			one.Next = uint8(rule.Next.ID)
		}
		if rule.Macro != nil {
			one.Macro = uint8(rule.Macro.ID + 1)
		}
		rules = append(rules, one)
	}
	return share(b.rules, &b.t.Rules, rules)
}

func (b *builder) run(ops []Op) table.Span {
	var run []table.Op
	for _, op := range ops {
		run = append(run, table.Op{Kind: op.Kind, ID: uint8(op.ID), Arg: b.expr(op.Arg)})
	}
	return share(b.ops, &b.t.Ops, run)
}

// share appends a run of entries, unless the same run is there already.
func share[T any](known map[string]table.Span, all *[]T, run []T) table.Span {
	if len(run) == 0 {
		return table.Span{}
	}
	key := fmt.Sprintf("%+v", run)
	span, ok := known[key]
	if !ok {
		span = table.Span{First: uint16(len(*all)), Len: uint16(len(run))}
		*all = append(*all, run...)
		known[key] = span
	}
	return span
}

func (b *builder) expr(x *Expr) uint16 {
	if x == nil {
		return 0
	}
	n := table.Node{Op: x.Op}
	switch x.Op {
	case table.Const:
		n.A = uint16(x.Value)
	case table.Load:
		n.A = uint16(x.Slot.ID)
	case table.Ask:
		if x.Guard.Expr != nil {
			return b.expr(x.Guard.Expr)
		}
		n.A = uint16(x.Guard.ID)
	default:
		n.A, n.B = b.expr(x.X), b.expr(x.Y)
	}
	at, ok := b.nodes[n]
	if !ok {
		at = uint16(len(b.t.Nodes))
		b.t.Nodes = append(b.t.Nodes, n)
		b.nodes[n] = at
	}
	return at
}

func (b *builder) grid(g *Grid) {
	out := table.Grid{Name: g.Name, Columns: uint8(len(g.Columns.Values))}
	for _, n := range g.Spec.Inputs {
		out.Inputs = append(out.Inputs, n.Text)
	}
	for _, e := range g.exceptions {
		out.Exceptions = append(out.Exceptions, table.Exception{If: e.text, Cond: b.expr(e.cond), Result: uint8(e.result)})
	}
	for _, n := range g.Cells {
		out.Cells = append(out.Cells, uint8(n))
	}
	b.t.Grids = append(b.t.Grids, out)
}
