package diagram

import (
	"slices"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// chart is one picture, before it is Mermaid or SVG.
type chart struct {
	id    string // file name without suffix
	title string
	nodes []*node
	edges []*edge
}

// shape is what a node stands for.
type shape int

const (
	stateShape shape = iota
	choiceShape
	branchShape // the guards of one event
	exitShape   // a state of another phase
	noteShape
	phaseShape
)

type node struct {
	id     string
	shape  shape
	title  string   // the first line
	lines  []string // what happens in the state without leaving it
	class  string   // for the style sheet
	tip    string
	pos    spec.Pos
	inside []spec.Pos // the rules that lines are about
	within string     // the cluster, in the overview
}

type edge struct {
	from, to string
	lines    []string
	ends     bool // by a macro: broken off
	tip      string
	pos      spec.Pos
}

// labelWidth is how wide the lines of a label are at most, in characters.
const labelWidth = 32

func (c *chart) node(id string) *node {
	for _, n := range c.nodes {
		if n.id == id {
			return n
		}
	}
	return nil
}

func (c *chart) add(n *node) {
	if c.node(n.id) == nil {
		c.nodes = append(c.nodes, n)
	}
}

// connect adds an edge, or lines to the edge that is there already.
func (c *chart) connect(e *edge) {
	for _, old := range c.edges {
		if old.from == e.from && old.to == e.to && old.ends == e.ends {
			old.lines = append(old.lines, e.lines...)
			old.tip += "\n" + e.tip
			return
		}
	}
	c.edges = append(c.edges, e)
}

// phase draws a phase at a role: its states, the ways between them, and the
// states of other phases that lead in and that it leads to. Rows that the phase
// or the defaults decide are not drawn.
func (d *drawing) phase(p *machine.Phase, role int) *chart {
	c := &chart{
		id:    d.name + "/" + strings.ToLower(p.Name) + "-" + d.m.Roles[role],
		title: p.Name + ", " + d.m.Roles[role],
	}
	for _, s := range p.States {
		if s.At(role) {
			c.add(d.state(s))
		}
	}
	if len(c.nodes) == 0 {
		return nil
	}
	d.entries(c, p, role)
	title := "in every state of " + p.Name
	if n := note(title, &p.Spec.Body, d.m.Roles[role]); len(n.lines) > 0 && len(p.States) > 1 {
		c.add(n)
	}
	for _, s := range p.States {
		for _, e := range d.m.Events {
			if cell := d.m.Cell(role, s.ID, e.ID); cell.By.Level == machine.InState && s.At(role) {
				d.cell(c, cell)
			}
		}
	}
	return c
}

// state makes the node of a state.
func (d *drawing) state(s *machine.State) *node {
	n := &node{id: s.Name, title: s.Name, class: "state", pos: s.Spec.Name.Pos}
	n.tip = strings.TrimSpace(s.Name + ": " + s.Spec.Doc)
	if ref := d.section(s.Spec.Ref); ref != "" {
		n.tip += " (" + ref + ")"
	}
	n.tip += ", line " + itoa(n.pos.Line)
	switch {
	case s.Is(table.Choice):
		n.shape, n.class = choiceShape, "choice"
	case s.Is(table.WaitPeer):
		n.class = "peer"
	case s.Is(table.WaitUser):
		n.class = "user"
	case s.Is(table.WaitController):
		n.class = "controller"
	}
	return n
}

// outside adds a box for a state that is drawn elsewhere, or not at all: one by
// which a phase is entered, left or broken off.
func (d *drawing) outside(c *chart, id string, s *machine.State) {
	n := d.state(s)
	n.id, n.shape, n.class = id, exitShape, "outside"
	c.add(n)
}

// entries draws the ways into a phase.
func (d *drawing) entries(c *chart, p *machine.Phase, role int) {
	for _, s := range d.m.States {
		if s.Phase == p || !s.At(role) {
			continue
		}
		for _, e := range d.m.Events {
			cell := d.m.Cell(role, s.ID, e.ID)
			if cell.By.Level != machine.InState {
				continue
			}
			for i, r := range cell.Rules {
				if r.Next == nil || r.Next.Phase != p || ends(r) {
					continue
				}
				from := "from_" + s.Name
				d.outside(c, from, s)
				c.connect(&edge{
					from: from, to: r.Next.Name, lines: eventAndGuard(cell, i),
					tip: d.ruleTip(cell, i), pos: r.Spec.Pos,
				})
			}
		}
	}
}

// eventAndGuard labels the way of a rule that is drawn without its doings.
func eventAndGuard(cell *machine.Cell, i int) []string {
	text := ""
	if cell.Event.ID != table.Choose {
		text = cell.Event.Name
	}
	if g := guard(cell, i); g != "" && g != "else" {
		text += " [" + g + "]"
	}
	return hang(wrap(text, labelWidth))
}

// cell draws what a state says about an event.
func (d *drawing) cell(c *chart, cell *machine.Cell) {
	s := cell.State
	if s.Is(table.Choice) {
		for i := range cell.Rules {
			d.way(c, s.Name, "", cell, i)
		}
		return
	}
	var leave []int
	for i, r := range cell.Rules {
		if r.Next != nil && r.Next != s {
			leave = append(leave, i)
			continue
		}
		d.inner(c.node(s.Name), cell, i)
	}
	apart := slices.ContainsFunc(leave, func(i int) bool {
		r, first := cell.Rules[i], cell.Rules[leave[0]]
		return r.Next != first.Next || ends(r) != ends(first)
	})
	switch {
	case !apart:
		for _, i := range leave {
			d.way(c, s.Name, cell.Event.Name, cell, i)
		}
	default:
		branch := &node{
			id: s.Name + "_" + cell.Event.Name, shape: branchShape, class: "branch", pos: cell.By.Pos,
			tip: s.Name + " on " + cell.Event.Name + ", line " + itoa(cell.By.Pos.Line),
		}
		c.add(branch)
		c.connect(&edge{from: s.Name, to: branch.id, lines: []string{cell.Event.Name}, tip: branch.tip, pos: cell.By.Pos})
		for _, i := range leave {
			d.way(c, branch.id, "", cell, i)
		}
	}
}

// inner writes a rule that stays into its state.
func (d *drawing) inner(n *node, cell *machine.Cell, i int) {
	for _, pos := range n.inside { // by another event of the same group
		if pos == cell.Rules[i].Spec.Pos {
			return
		}
	}
	n.inside = append(n.inside, cell.Rules[i].Spec.Pos)
	text := cell.By.Key
	if g := guard(cell, i); g != "" {
		text += " [" + g + "]"
	}
	text += " / " + strings.Join(visible(cell.Rules[i].Spec), "; ")
	n.lines = append(n.lines, hang(wrap(text, labelWidth+8))...)
}

// way draws a rule that leads to another state.
func (d *drawing) way(c *chart, from, event string, cell *machine.Cell, i int) {
	r := cell.Rules[i]
	to := r.Next.Name
	switch {
	case ends(r): // a box beside every state that ends here, or the lines would cross the whole chart
		to += "_after_" + cell.State.Name
		d.outside(c, to, r.Next)
	case c.node(to) == nil:
		d.outside(c, to, r.Next)
	}
	text := event
	if g := guard(cell, i); g != "" {
		text += " [" + g + "]"
	}
	lines := wrap(text, labelWidth)
	for _, part := range visible(r.Spec) {
		lines = append(lines, wrap(part, labelWidth)...)
	}
	lines = hang(lines)
	c.connect(&edge{from: from, to: to, lines: lines, ends: ends(r), tip: d.ruleTip(cell, i), pos: r.Spec.Pos})
}

// ruleTip says all about a rule.
func (d *drawing) ruleTip(cell *machine.Cell, i int) string {
	r := cell.Rules[i]
	text := cell.State.Name
	if cell.Event.ID != table.Choose {
		text += " on " + cell.Event.Name
	}
	if g := guard(cell, i); g != "" {
		text += " [" + g + "]"
	}
	text += ": " + outcome(r)
	ref := r.Spec.Ref
	if ref == "" {
		ref = cell.State.Spec.Ref
	}
	if ref = d.section(ref); ref != "" {
		text += " (" + ref + ")"
	}
	return text + ", line " + itoa(r.Spec.Pos.Line)
}

// overview draws the phases and the ways between them, of all roles together.
func (d *drawing) overview() *chart {
	c := &chart{id: d.name + "/overview", title: d.m.File.Protocol.Text}
	for _, p := range d.leaves() {
		n := &node{id: p.Name, shape: phaseShape, title: p.Name, class: "phase", pos: p.Spec.Name.Pos}
		n.lines = wrap(p.Spec.Doc, labelWidth)
		n.tip = p.Name + ": " + p.Spec.Doc
		if ref := d.section(p.Spec.Ref); ref != "" {
			n.tip += " (" + ref + ")"
		}
		n.tip += ", line " + itoa(n.pos.Line)
		if p.Parent != nil {
			n.within = p.Parent.Name
		}
		c.add(n)
	}
	if body := d.m.File.Machine.Defaults; body != nil {
		c.add(note("in every state that says nothing else", body, ""))
	}
	for _, cell := range d.m.Cells {
		if cell.By.Level != machine.InState {
			continue
		}
		for i, r := range cell.Rules {
			if r.Next == nil || r.Next.Phase == cell.State.Phase || ends(r) {
				continue
			}
			d.between(c, cell, i)
		}
	}
	return c
}

// between draws a rule from one phase to another.
func (d *drawing) between(c *chart, cell *machine.Cell, i int) {
	r := cell.Rules[i]
	e := &edge{from: cell.State.Phase.Name, to: r.Next.Phase.Name, tip: d.ruleTip(cell, i), pos: r.Spec.Pos}
	label := cell.State.Name
	if cell.Event.ID != table.Choose {
		label = cell.Event.Name
	}
	for _, old := range c.edges {
		if old.from == e.from && old.to == e.to {
			if slices.Contains(old.lines, label) {
				return
			}
			if !strings.Contains(old.tip, e.tip) {
				old.tip += "\n" + e.tip
			}
			old.lines = append(old.lines, label)
			return
		}
	}
	e.lines = []string{label}
	c.edges = append(c.edges, e)
}

// note writes down what holds in many states, so that it need not be drawn: the
// rows of a body for both roles, and those for one.
func note(title string, body *spec.Body, role string) *node {
	n := &node{id: "everywhere", shape: noteShape, title: title, class: "note", tip: title}
	write := func(rows []*spec.Row) {
		for _, r := range rows {
			if n.pos.Line == 0 {
				n.pos = r.Event.Pos
			}
			for _, line := range row(r.Rules) {
				n.lines = append(n.lines, hang(wrap(r.Event.Text+": "+line, 2*labelWidth))...)
			}
		}
	}
	write(body.When)
	for _, r := range body.Roles {
		if r.Role.Text == role {
			write(r.When)
		}
	}
	return n
}
