package mutate

import (
	"slices"

	"blesmp/gen/spec"
)

// collector walks a specification and lists what can be changed in it.
type collector struct {
	f       *spec.File
	states  []string
	mutants []Mutant
}

func collect(f *spec.File) []Mutant {
	c := &collector{f: f}
	m := f.Machine
	c.eachPhase(m.Phases, func(p *spec.Phase) {
		for _, s := range p.States {
			c.states = append(c.states, s.Name.Text)
		}
	})
	for _, g := range f.Grids {
		c.grid(g)
	}
	for _, g := range m.Guards {
		if g.Expr != nil {
			c.operators(&g.Expr, g.Expr, g.Name.Text, g.Name.Pos)
		}
	}
	for _, macro := range m.Macros {
		c.macro(macro)
	}
	for _, t := range m.Timers {
		c.timer(t)
	}
	c.body(m.Defaults, "defaults")
	for _, p := range m.Phases {
		c.phase(p)
	}
	c.bindings()
	c.codecs()
	for i := range c.mutants {
		c.mutants[i].ID = i
	}
	return c.mutants
}

func (c *collector) eachPhase(phases []*spec.Phase, do func(*spec.Phase)) {
	for _, p := range phases {
		do(p)
		c.eachPhase(p.Phases, do)
	}
}

// add notes a change.
func (c *collector) add(pos spec.Pos, where, change string, apply func()) {
	c.mutants = append(c.mutants, Mutant{Class: Rows, Line: pos.Line, Where: where, Change: change, apply: apply})
}

// grid changes every cell to the next outcome, and loosens every exception.
func (c *collector) grid(g *spec.Grid) {
	outcomes := c.enum(g.Result.Text)
	for i := range g.Exceptions {
		e := &g.Exceptions[i]
		c.add(e.Result.Pos, g.Name.Text, "drop exception "+e.If.Text, func() { g.Exceptions = slices.Delete(g.Exceptions, i, i+1) })
		c.add(e.Result.Pos, g.Name.Text, "negate exception "+e.If.Text, func() { e.If = not(e.If) })
		to := after(outcomes, e.Result.Text)
		c.add(e.Result.Pos, g.Name.Text, "exception "+e.If.Text+" gives "+to, func() { e.Result.Text = to })
		c.operators(&e.If, e.If, g.Name.Text, e.Result.Pos)
	}
	for i, row := range g.Cells {
		for j := range row {
			cell := &row[j]
			to := after(outcomes, cell.Text)
			where := g.Name.Text + "/" + g.Rows.Values[i].Text + "/" + g.Cols.Values[j].Text
			c.add(cell.Pos, where, cell.Text+" becomes "+to, func() { cell.Text = to })
		}
	}
}

// enum gives the names of the values.
func (c *collector) enum(name string) []string {
	var values []string
	for _, e := range c.f.Enums {
		if e.Name.Text == name {
			for _, v := range e.Values {
				values = append(values, v.Name.Text)
			}
		}
	}
	return values
}

// after gives the next of some words, the first after the last.
func after(words []string, one string) string {
	return words[(slices.Index(words, one)+1)%len(words)]
}

func (c *collector) macro(m *spec.Macro) {
	for i, n := range m.Send {
		c.add(n.Pos, "macro "+m.Name.Text, "drop send "+n.Text, func() { m.Send = slices.Delete(m.Send, i, i+1) })
	}
	for i, n := range m.Emit {
		c.add(n.Pos, "macro "+m.Name.Text, "drop emit "+n.Text, func() { m.Emit = slices.Delete(m.Emit, i, i+1) })
	}
	if m.Goto.Text != "" {
		c.add(m.Goto.Pos, "macro "+m.Name.Text, "drop goto "+m.Goto.Text, func() { m.Goto.Text = "" })
	}
}

// timer takes away what starts a timer again, and has exceptions do so.
func (c *collector) timer(t *spec.Timer) {
	for _, list := range []struct {
		name  string
		names *[]spec.Name
	}{{"restart_sent", &t.RestartSent}, {"restart_except", &t.RestartExcept}, {"restart_received", &t.RestartOn}} {
		for i, n := range *list.names {
			c.add(n.Pos, "timer "+t.Name.Text, "drop "+list.name+" "+n.Text, func() { *list.names = slices.Delete(*list.names, i, i+1) })
		}
	}
}

func (c *collector) phase(p *spec.Phase) {
	if p.Timer.Text != "" {
		c.add(p.Timer.Pos, p.Name.Text, "drop timer", func() { p.Timer.Text = "" })
	}
	for i, n := range p.OnLeave {
		c.add(n.Pos, p.Name.Text, "drop on_leave "+n.Text, func() { p.OnLeave = slices.Delete(p.OnLeave, i, i+1) })
	}
	c.body(&p.Body, p.Name.Text)
	if p.Sequence != nil {
		c.sequence(p.Sequence, p.Name.Text)
	}
	for _, s := range p.States {
		c.state(s)
	}
	for _, inner := range p.Phases {
		c.phase(inner)
	}
}

func (c *collector) state(s *spec.State) {
	if s.Timer.Text != "" {
		c.add(s.Timer.Pos, s.Name.Text, "drop timer", func() { s.Timer.Text = "" })
	}
	if s.FailedTo.Text != "" {
		c.add(s.FailedTo.Pos, s.Name.Text, "drop failed_to "+s.FailedTo.Text, func() { s.FailedTo.Text = "" })
	}
	c.body(&s.Body, s.Name.Text)
}

// sequence changes the rules of the PDUs. The order of the keys is left to
// codecs: it numbers the states, which the generated code names.
func (c *collector) sequence(s *spec.Sequence, where string) {
	for i := range s.Items {
		for _, row := range s.Items[i].PDUs {
			c.rules(&row.Rules, where+"/"+row.Event.Text)
		}
	}
}

func (c *collector) body(b *spec.Body, where string) {
	if b == nil {
		return
	}
	c.rows(&b.When, where)
	if b.Choose != nil {
		c.choose(b.Choose, where)
	}
	for i := range b.Roles {
		role := &b.Roles[i]
		c.rows(&role.When, where+"/"+role.Role.Text)
		if role.Choose != nil {
			c.choose(role.Choose, where+"/"+role.Role.Text)
		}
	}
}

// rows drops each row, so that an outer one decides, and changes its rules.
func (c *collector) rows(rows *[]*spec.Row, where string) {
	for i, row := range *rows {
		c.add(row.Event.Pos, where, "drop row "+row.Event.Text, func() { *rows = slices.Delete(*rows, i, i+1) })
		c.rules(&row.Rules, where+"/"+row.Event.Text)
	}
}

func (c *collector) choose(choose *spec.Choose, where string) {
	c.rules(&choose.Rules, where)
	for i := range choose.Cases {
		c.rules(&choose.Cases[i].Rules, where+"/"+choose.Cases[i].Value.Text)
	}
}
