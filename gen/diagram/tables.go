package diagram

import (
	"fmt"
	"slices"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// grids writes the tables of outcomes.
func (d *drawing) grids() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, association\n", d.m.File.Protocol.Text)
	for _, g := range d.m.Grids {
		s := g.Spec
		fmt.Fprintf(&b, "\n## %s\n\n", g.Name)
		d.about(&b, s.Doc, s.Ref, s.Name.Pos)
		if len(s.Exceptions) > 0 {
			b.WriteString("\nThe first of these that holds decides; where none does, the table.\n\n")
			for i, e := range s.Exceptions {
				fmt.Fprintf(&b, "%d. if `%s`: %s\n", i+1, e.If.Text, e.Result.Text)
			}
		}
		fmt.Fprintf(&b, "\n| %s \\ %s |", s.Rows.Name.Text, s.Cols.Name.Text)
		for _, v := range s.Cols.Values {
			b.WriteString(" " + v.Text + " |")
		}
		b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(s.Cols.Values)) + "\n")
		for i, v := range s.Rows.Values {
			b.WriteString("| **" + v.Text + "** |")
			for _, cell := range s.Cells[i] {
				b.WriteString(" " + cell.Text + " |")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// pdus writes the layouts.
func (d *drawing) pdus() string {
	var b strings.Builder
	f := d.m.File
	order := "little-endian"
	if f.BigEndian {
		order = "big-endian"
	}
	fmt.Fprintf(&b, "# %s, PDUs\n\nNumbers of several octets are %s. Offsets count octets from 0.\n", f.Protocol.Text, order)
	for _, p := range f.PDUs {
		fmt.Fprintf(&b, "\n## %s\n\n", p.Name.Text)
		d.about(&b, p.Doc, p.Ref, p.Name.Pos)
		code := fmt.Sprintf("0x%02x", p.Code)
		if p.Family.Text != "" {
			code = p.Family.Text + " " + code
		}
		fmt.Fprintf(&b, "Code %s", code)
		if p.SentBy.Text != "" {
			fmt.Fprintf(&b, ", sent by the %s", p.SentBy.Text)
		}
		b.WriteString(".\n\n| octets | field | type | values |\n| --- | --- | --- | --- |\n")
		at := layoutAt{known: true}
		if p.Family.Text == "" {
			b.WriteString("| 0 | Code | uint8 | " + code + " |\n")
			at.offset = 1
		}
		d.layout(&b, p.Fields, &at, "")
		for _, e := range p.Examples {
			fmt.Fprintf(&b, "\nExample: `%s`\n", strings.Join(strings.Fields(e.Text), " "))
		}
	}
	for _, e := range f.Enums {
		fmt.Fprintf(&b, "\n## %s\n\n", e.Name.Text)
		d.about(&b, e.Doc, e.Ref, e.Name.Pos)
		b.WriteString("\n| value | name | as text |\n| --- | --- | --- |\n")
		for _, v := range e.Values {
			text := v.Text
			if text == "" {
				text = v.Name.Text
			}
			fmt.Fprintf(&b, "| 0x%02x | %s | %s |\n", v.Number, v.Name.Text, cellText(text))
		}
	}
	for _, fl := range f.Flags {
		fmt.Fprintf(&b, "\n## %s\n\n", fl.Name.Text)
		d.about(&b, fl.Doc, fl.Ref, fl.Name.Pos)
		b.WriteString("\n| bits | name |\n| --- | --- |\n")
		for _, bit := range fl.Bits {
			bits := itoa(bit.Low)
			if bit.High != bit.Low {
				bits += " to " + itoa(bit.High)
			}
			fmt.Fprintf(&b, "| %s | %s |\n", bits, bit.Name.Text)
		}
	}
	return b.String()
}

// layoutAt is how far a layout has come.
type layoutAt struct {
	offset int
	known  bool // nothing of unknown length came before
}

func (at *layoutAt) take(octets int) string {
	if !at.known {
		return "..."
	}
	from := at.offset
	if octets == 0 {
		at.known = false
		return itoa(from) + "..."
	}
	at.offset += octets
	if octets == 1 {
		return itoa(from)
	}
	return fmt.Sprintf("%d to %d", from, at.offset-1)
}

func (d *drawing) layout(b *strings.Builder, fields []*spec.Field, at *layoutAt, within string) {
	for _, f := range fields {
		name := within + f.Name.Text
		switch {
		case f.Count != "":
			fmt.Fprintf(b, "| %s | number of %s | %s | |\n", at.take(octets(f.Count)), name, f.Count)
			at.known = false
			d.layout(b, f.Of, at, name+"[].")
			continue
		case f.Length != "":
			fmt.Fprintf(b, "| %s | length of %s | %s | |\n", at.take(octets(f.Length)), name, f.Length)
		}
		var values []string
		if f.Ranged {
			values = append(values, fmt.Sprintf("%d to %d", f.Low, f.High))
		}
		if f.Unit != "" {
			values = append(values, f.Unit)
		}
		if f.Doc != "" {
			values = append(values, f.Doc)
		}
		if f.Otherwise.Text != "" {
			values = append(values, "otherwise "+f.Otherwise.Text)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", at.take(d.width(f.Type)), name, f.Type, cellText(strings.Join(values, ", ")))
	}
}

// width gives the octets of a type; 0 for as many as there are.
func (d *drawing) width(name string) int {
	f := d.m.File
	for _, e := range f.Enums {
		if e.Name.Text == name {
			return max(octets(e.Width), 1)
		}
	}
	for _, fl := range f.Flags {
		if fl.Name.Text == name {
			return max(octets(fl.Width), 1)
		}
	}
	for _, t := range f.Types {
		if t.Name.Text == name {
			return octets(t.Wire)
		}
	}
	return octets(name)
}

// octets gives the size of a type of the language.
func octets(wire string) int {
	var n int
	if _, err := fmt.Sscanf(wire, "bytes(%d)", &n); err == nil {
		return n
	}
	if _, err := fmt.Sscanf(strings.TrimPrefix(wire, "u"), "int%d", &n); err == nil {
		return n / 8
	}
	return 0
}

// reasons lists the values of the answers and every place that gives one.
func (d *drawing) reasons(e *spec.Enum) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, %s\n\n", d.m.File.Protocol.Text, e.Name.Text)
	d.about(&b, e.Doc, e.Ref, e.Name.Pos)
	for _, v := range e.Values {
		text := v.Text
		if text == "" {
			text = v.Name.Text
		}
		fmt.Fprintf(&b, "\n## 0x%02x %s\n\n%s\n", v.Number, v.Name.Text, sentence(text))
		rows := append(d.givers(v), d.answerFields(v.Name.Text)...)
		if len(rows) == 0 {
			b.WriteString("\nNo row gives it: it can come from the peer, or from the user's program.\n")
			continue
		}
		b.WriteString("\n| where | role | when | line |\n| --- | --- | --- | --- |\n")
		for _, row := range rows {
			b.WriteString(row)
		}
	}
	return b.String()
}

// givers lists the rules whose macro says the value.
func (d *drawing) givers(v spec.Value) []string {
	type giver struct {
		line  int
		event string
		where string
	}
	roles := map[giver][]string{}
	var order []giver
	for _, c := range d.m.Cells {
		for i, r := range c.Rules {
			if r.Spec.Macro == nil || r.Spec.Macro.Arg == nil || r.Flags&table.Unreachable != 0 || !says(r.Spec.Macro.Arg, v.Name.Text) {
				continue
			}
			where := c.State.Name
			if c.By.Level != machine.InState {
				where = c.By.Name + " (any state)"
			}
			when := c.Event.Name
			if c.Event.ID == table.Choose {
				when = "on entry"
			}
			if c.By.Group {
				when = c.By.Key + " (not decided otherwise)"
			}
			if g := guard(c, i); g != "" {
				when += " [" + g + "]"
			}
			g := giver{r.Spec.Pos.Line, when, where}
			if roles[g] == nil {
				order = append(order, g)
			}
			if role := d.m.Roles[c.Role]; !slices.Contains(roles[g], role) {
				roles[g] = append(roles[g], role)
			}
		}
	}
	var out []string
	for _, g := range order {
		out = append(out, fmt.Sprintf("| %s | %s | %s | [%d](%s) |\n", g.where, strings.Join(roles[g], ", "), cellText(g.event),
			g.line, d.link(spec.Pos{Line: g.line})))
	}
	return out
}

// says reports whether an argument can come to the value.
func says(x *spec.Expr, name string) bool {
	if x == nil {
		return false
	}
	return x.Op == "name" && x.Name == name || says(x.X, name) || says(x.Y, name)
}

// answerFields lists the fields of PDUs whose bad values are answered with the
// value.
func (d *drawing) answerFields(name string) []string {
	bad := map[string]string{}
	for _, e := range d.m.File.Enums {
		bad[e.Name.Text] = e.Otherwise.Text
	}
	var out []string
	for _, p := range d.m.File.PDUs {
		for _, f := range p.Fields {
			otherwise := f.Otherwise.Text
			if otherwise == "" {
				otherwise = bad[f.Type]
			}
			if otherwise == name {
				out = append(out, fmt.Sprintf("| %s, %s | who receives it | the value is not allowed | [%d](%s) |\n", p.Name.Text, f.Name.Text,
					f.Name.Pos.Line, d.link(f.Name.Pos)))
			}
		}
	}
	return out
}
