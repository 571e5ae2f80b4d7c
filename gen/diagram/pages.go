package diagram

import (
	"context"
	"fmt"
	"path"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// charts draws the overview and the phases, and the page that shows them.
func (d *drawing) charts(ctx context.Context) (err error) {
	engine, err := newRenderer(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if e := engine.close(); err == nil {
			err = e
		}
	}()
	draw := func(c *chart) (string, error) {
		svg, err := engine.svg(ctx, c, path.Join("..", d.source))
		if err != nil {
			return "", err
		}
		d.files = append(d.files, File{c.id + ".svg", svg})
		return c.mermaid() + "\n[As SVG](" + c.id + ".svg)\n", nil
	}
	var b strings.Builder
	d.head(&b)
	text, err := draw(d.overview())
	if err != nil {
		return err
	}
	b.WriteString("## Overview\n\n" + text)
	d.everywhere(&b)
	for _, p := range d.leaves() {
		fmt.Fprintf(&b, "\n## %s\n\n", p.Name)
		d.about(&b, p.Spec.Doc, p.Spec.Ref, p.Spec.Name.Pos)
		d.states(&b, p)
		for role, name := range d.m.Roles {
			c := d.phase(p, role)
			if c == nil {
				continue
			}
			text, err := draw(c)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "\n### %s at the %s\n\n%s", p.Name, name, text)
		}
	}
	d.page(".md", b.String())
	return nil
}

func (d *drawing) head(b *strings.Builder) {
	name := d.m.File.Protocol.Text
	fmt.Fprintf(b, "# %s in pictures\n\n", name)
	if d.m.File.Doc != "" {
		b.WriteString(sentence(d.m.File.Doc) + "\n\n")
	}
	b.WriteString("Rounded boxes are states that wait, diamonds are choices: by name where they are states, without one where an event has\n" +
		"several guards. A way carries its event, its guard in brackets, and what leaves the machine. What happens in a state\n" +
		"without leaving it stands inside. Broken lines end a procedure early; broken boxes belong to other phases. Rows that a phase or the\n" +
		"defaults give to all of their states are notes and tables, not ways.\n\n" +
		"Each picture is there as SVG too. There blue waits for the peer, yellow for the user and green for the controller; the pointer\n" +
		"over a state or a way tells its section and line, and a click leads there.\n\n")
	fmt.Fprintf(b, "More: [every cell](%[1]s-matrix.md), [PDUs](%[1]s-pdus.md)", d.name)
	if len(d.m.Grids) > 0 {
		fmt.Fprintf(b, ", [association](%s-association.md)", d.name)
	}
	if d.answers() != nil {
		fmt.Fprintf(b, ", [answers](%s-answers.md)", d.name)
	}
	fmt.Fprintf(b, ", [skeleton](%s-skeleton.md), [the specification](%s).\n\n", d.name, d.source)
}

// about writes what a thing is for and where it stands.
func (d *drawing) about(b *strings.Builder, doc, ref string, pos spec.Pos) {
	if doc != "" {
		b.WriteString(sentence(doc) + " ")
	}
	if s := d.section(ref); s != "" {
		b.WriteString(s + ". ")
	}
	fmt.Fprintf(b, "[Line %d](%s).\n", pos.Line, d.link(pos))
}

// states lists the states of a phase.
func (d *drawing) states(b *strings.Builder, p *machine.Phase) {
	b.WriteString("\n| state | waits for | what for | section | line |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range p.States {
		waits := s.Spec.WaitsFor.Text
		if s.Is(table.Choice) {
			waits = "(choice)"
		}
		role := ""
		if s.Spec.Role.Text != "" {
			role = " (" + s.Spec.Role.Text + ")"
		}
		fmt.Fprintf(b, "| %s%s | %s | %s | %s | [%d](%s) |\n", s.Name, role, waits, cellText(s.Spec.Doc), s.Spec.Ref,
			s.Spec.Name.Pos.Line, d.link(s.Spec.Name.Pos))
	}
}

// everywhere lists the rows of phases and of the defaults.
func (d *drawing) everywhere(b *strings.Builder) {
	b.WriteString("\n### What holds everywhere\n\nA row of a state comes before that of its phase, an inner phase before an outer one, and the defaults come last.\n\n" +
		"| where | role | event | what happens | line |\n| --- | --- | --- | --- | --- |\n")
	if body := d.m.File.Machine.Defaults; body != nil {
		d.rows(b, "defaults", body)
	}
	for _, p := range d.m.Phases {
		d.rows(b, p.Name, &p.Spec.Body)
	}
}

func (d *drawing) rows(b *strings.Builder, where string, body *spec.Body) {
	write := func(role string, rows []*spec.Row) {
		for _, r := range rows {
			fmt.Fprintf(b, "| %s | %s | %s | %s | [%d](%s) |\n", where, role, r.Event.Text,
				cells(row(r.Rules)), r.Event.Pos.Line, d.link(r.Event.Pos))
		}
	}
	write("", body.When)
	for _, r := range body.Roles {
		write(r.Role.Text, r.When)
	}
}

// sentence gives a doc text a capital letter and a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
