package emit

import (
	"fmt"
	"strings"

	"blesmp/gen/spec"

	"github.com/dave/jennifer/jen"
)

// structure is a PDU, or an item of a list in one, as the codecs see it.
type structure struct {
	name   string // of the Go type
	recv   string
	pdu    *spec.PDU
	code   string // constant of the PDU's code
	octets int    // of the code
	lead   int    // octets before the first field: the code
	path   string // before a field's name in errors: the list that the items stand in
	item   bool
	fields []*layout
}

// pdu writes one PDU: the structure, its codec, and the items of its lists.
func (e *emitter) pdu(p *spec.PDU) {
	family := e.family(p)
	s := &structure{
		name:   p.Name.Text,
		recv:   "p",
		pdu:    p,
		code:   codeName(family, p),
		octets: 1,
		fields: e.layouts(p.Fields),
	}
	doc := e.docOf(s.name, p.Doc, "is a PDU of "+e.spec.Protocol.Text, p.Ref)
	if family == nil {
		s.lead = 1
	} else {
		s.octets = octets(family.Code)
	}
	e.structType(s, doc)
	if family != nil {
		e.codeMethod(family, p)
	}
	e.appendTo(s)
	e.unmarshal(s)
	for _, l := range s.fields {
		if l.form == items {
			e.item(s, l)
		}
	}
}

// item writes the structure of which a list field holds several.
func (e *emitter) item(of *structure, list *layout) {
	s := &structure{
		name:   list.field.Item.Text,
		recv:   "i",
		pdu:    of.pdu,
		code:   of.code,
		octets: of.octets,
		path:   list.field.Name.Text + ".",
		item:   true,
		fields: e.layouts(list.field.Of),
	}
	e.structType(s, s.name+" is one of the "+list.field.Name.Text+" of "+article(of.name)+".")
	e.appendTo(s)
	e.unmarshal(s)
}

// maxTrailing is the longest comment that still stands behind a field.
const maxTrailing = 48

// structType writes the Go structure.
func (e *emitter) structType(s *structure, doc string) {
	notes := make([]string, len(s.fields))
	trailing := true
	for i, l := range s.fields {
		notes[i] = note(l)
		trailing = trailing && len(notes[i]) <= maxTrailing
	}
	comment(e.file.Group, doc)
	e.file.Type().Id(s.name).StructFunc(func(g *jen.Group) {
		for i, l := range s.fields {
			if notes[i] != "" && !trailing {
				comment(g, notes[i])
			}
			field := g.Id(l.field.Name.Text).Add(l.goType())
			if notes[i] != "" && trailing {
				field.Comment(notes[i])
			}
		}
	})
}

// note is the comment of a field: its meaning, its range and its unit.
func note(l *layout) string {
	f := l.field
	var parts []string
	if f.Doc != "" {
		parts = append(parts, clause(f.Doc))
	}
	switch unit := unitOf(f.Unit); {
	case f.Ranged && f.Unit != "" && !numeric(f.Unit):
		parts = append(parts, fmt.Sprintf("%d to %d %s", f.Low, f.High, f.Unit))
	case f.Ranged:
		parts = append(parts, fmt.Sprintf("%d to %d", f.Low, f.High)+strings.TrimSuffix(", "+unit, ", "))
	case unit != "":
		parts = append(parts, unit)
	}
	switch l.form {
	case counted:
		parts = append(parts, fmt.Sprintf("at most %d octets", 1<<(8*l.size)-1))
	case items:
		parts = append(parts, fmt.Sprintf("at most %d", 1<<(8*l.size)-1))
	}
	return strings.Join(parts, "; ")
}

// unitOf puts a unit into words: "in octets", "in units of 0.625 ms".
func unitOf(unit string) string {
	switch {
	case unit == "":
		return ""
	case numeric(unit):
		return "in units of " + unit
	}
	return "in " + unit
}

func numeric(unit string) bool { return unit != "" && '0' <= unit[0] && unit[0] <= '9' }
