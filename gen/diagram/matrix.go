package diagram

import (
	"fmt"
	"slices"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/table"
)

// matrix writes every cell: for each state, what every event does at each role,
// and the line that says so.
func (d *drawing) matrix() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, every cell\n\n", d.m.File.Protocol.Text)
	b.WriteString("Each state with all that can come up in it. What the state itself says is in bold type; the rest comes from its phase or\n" +
		"from the defaults. A line is that of the deciding row. `-` says that the event cannot come up at the role.\n")
	for _, p := range d.leaves() {
		fmt.Fprintf(&b, "\n## %s\n", p.Name)
		for _, s := range p.States {
			d.matrixOf(&b, s)
		}
	}
	return b.String()
}

func (d *drawing) matrixOf(b *strings.Builder, s *machine.State) {
	var roles []int
	for role := range d.m.Roles {
		if s.At(role) {
			roles = append(roles, role)
		}
	}
	fmt.Fprintf(b, "\n### %s\n\n", s.Name)
	d.about(b, s.Spec.Doc, s.Spec.Ref, s.Spec.Name.Pos)
	b.WriteString("\n| event |")
	for _, role := range roles {
		b.WriteString(" " + d.m.Roles[role] + " | line |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- | --- |", len(roles)) + "\n")
	for _, e := range d.m.Events {
		if (e.ID == table.Choose) != s.Is(table.Choice) {
			continue
		}
		name := e.Name
		if e.ID == table.Choose {
			name = "(at once)"
		}
		b.WriteString("| " + name + " |")
		for _, role := range roles {
			b.WriteString(d.matrixCell(d.m.Cell(role, s.ID, e.ID)))
		}
		b.WriteString("\n")
	}
}

func (d *drawing) matrixCell(c *machine.Cell) string {
	if c.By.Level == 0 {
		return " - | |"
	}
	var lines []string
	for i, r := range c.Rules {
		text := outcome(r)
		if text == "" {
			text = "stay"
		}
		if g := guard(c, i); g != "" {
			text = "[" + g + "] " + text
		}
		if r.Flags&table.Unreachable != 0 {
			text += " (cannot happen)"
		}
		if text = cellText(text); c.By.Level == machine.InState {
			text = "**" + text + "**"
		}
		if !slices.Contains(lines, text) {
			lines = append(lines, text)
		}
	}
	return fmt.Sprintf(" %s | [%d](%s) |", strings.Join(lines, "<br>"), c.By.Pos.Line, d.link(c.By.Pos))
}
