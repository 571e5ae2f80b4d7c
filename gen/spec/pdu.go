package spec

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

func (l *loader) pdu(name Name, n *yaml.Node) {
	p := &PDU{Name: name, Code: -1}
	owner := "PDU " + name.Text
	l.mapping(n, owner, name.Pos,
		required("code", func(n *yaml.Node) {
			p.CodePos = at(n)
			l.number("a code", 0, 0xffff, &p.Code)(n)
		}),
		optional("family", l.word(&p.Family)),
		optional("ref", l.ref(&p.Ref)),
		optional("sent_by", l.word(&p.SentBy)),
		optional("doc", l.text(&p.Doc)),
		optional("fields", l.pduFields("fields of "+owner, &p.Fields)),
		optional("examples", func(n *yaml.Node) {
			l.items(n, "examples", func(n *yaml.Node) { l.example(n, p) })
		}),
	)
	if l.goName(name, "a PDU") {
		l.file.PDUs = append(l.file.PDUs, p)
	}
}

// example reads octets in hexadecimal. They stay as written.
func (l *loader) example(n *yaml.Node, p *PDU) {
	s, ok := l.scalar(n, "octets in hexadecimal")
	if !ok {
		return
	}
	t := l.textAt(n)
	digits := 0
	for i, r := range s {
		switch {
		case r == ' ' && digits%2 == 0:
		case r == ' ':
			l.errorf(t.pos(i), "half an octet in %q", s)
			return
		case strings.ContainsRune("0123456789abcdefABCDEF", r):
			digits++
		default:
			l.errorf(t.pos(i), "%q is no hexadecimal digit", r)
			return
		}
	}
	if digits%2 != 0 {
		l.errorf(t.pos(len(s)), "half an octet at the end of %q", s)
		return
	}
	p.Examples = append(p.Examples, Name{s, at(n)})
}

// pduFields reads a list of fields, in the order in which they travel.
func (l *loader) pduFields(owner string, into *[]*Field) func(*yaml.Node) {
	return func(n *yaml.Node) {
		byName := make(map[string]Name)
		l.items(n, owner, func(n *yaml.Node) {
			f := l.field(n)
			if f.Name.Text == "" {
				return
			}
			if first, again := byName[f.Name.Text]; again {
				l.errorf(f.Name.Pos, "%s: %q already stands in line %d", owner, f.Name.Text, first.Pos.Line)
				return
			}
			byName[f.Name.Text] = f.Name
			*into = append(*into, f)
		})
	}
}

func (l *loader) field(n *yaml.Node) *Field {
	f := new(Field)
	owner := "field"
	if name := find(n, "name"); name != nil && name.Kind == yaml.ScalarNode {
		owner += " " + name.Value
	}
	var span *yaml.Node
	l.mapping(n, owner, at(n),
		required("name", func(n *yaml.Node) {
			if name, ok := l.name(n); ok && l.goName(name, "a field") {
				f.Name = name
			}
		}),
		optional("type", func(n *yaml.Node) {
			f.TypePos = at(n)
			if t, ok := l.scalar(n, "a type"); ok && l.fieldType(t, at(n)) {
				f.Type = t
			}
		}),
		optional("range", later(&span)),
		optional("otherwise", l.word(&f.Otherwise)),
		optional("unit", l.text(&f.Unit)),
		optional("doc", l.text(&f.Doc)),
		optional("length", l.oneOf(&f.Length, widths[:4]...)),
		optional("count", l.oneOf(&f.Count, widths[:4]...)),
		optional("item", func(n *yaml.Node) {
			if name, ok := l.name(n); ok && l.goName(name, "an item") {
				f.Item = name
			}
		}),
		optional("of", l.pduFields(owner, &f.Of)),
	)
	if n.Kind == yaml.MappingNode {
		l.fieldKeys(n, owner, f)
		if span != nil {
			l.fieldRange(span, owner, f)
		}
	}
	return f
}

// fieldKeys checks that a field's keys go together: it has a type, or it is a
// counted list of items.
func (l *loader) fieldKeys(n *yaml.Node, owner string, f *Field) {
	have := func(name string) bool { return find(n, name) != nil }
	not := func(name, why string) {
		if v := find(n, name); v != nil {
			l.errorf(at(v), "%s: %s %s", owner, name, why)
		}
	}
	if !have("count") {
		if !have("type") {
			l.errorf(at(n), "%s: missing key \"type\", or \"count\", \"item\" and \"of\"", owner)
		}
		not("item", "goes with count")
		not("of", "goes with count")
		if have("length") && f.Type != "" && f.Type != "bytes" {
			not("length", "is for type bytes alone")
		}
		return
	}
	for _, name := range []string{"item", "of"} {
		if !have(name) {
			l.errorf(at(n), "%s: missing key %q: it has count", owner, name)
		}
	}
	not("type", "does not go with count")
	not("length", "does not go with count")
	not("range", "does not go with count")
}

func (l *loader) fieldRange(n *yaml.Node, owner string, f *Field) {
	least, most := 0, largest(bitsOf(f.Type))
	switch {
	case f.Type == "":
		return // the type is wrong already
	case f.Type == "int8":
		least, most = -128, 127
	case isExported(f.Type):
		most = largest(64) // the width is that of the type, which is not known here
	case bitsOf(f.Type) == 0 || bitsOf(f.Type) > 64:
		l.errorf(at(n), "%s: a range is for numbers of up to 64 bits, not for %s", owner, f.Type)
		return
	}
	f.Low, f.High, f.Ranged = l.span(owner, n, least, most)
}

// fieldType checks how a type is written. A name may stand for an enum, flags
// or a type made elsewhere.
func (l *loader) fieldType(s string, p Pos) bool {
	if s == "bytes" || s == "int8" || isExported(s) && isName(s) {
		return true
	}
	return l.wireType(s, p)
}

// wireType checks a type with a fixed number of octets: uint8, uint48,
// bytes(6).
func (l *loader) wireType(s string, p Pos) bool {
	if bits, ok := strings.CutPrefix(s, "uint"); ok {
		if v, ok := parseNumber(bits); ok && v >= 8 && v <= 2048 && v%8 == 0 && !strings.HasPrefix(bits, "0x") {
			return true
		}
		l.errorf(p, "no type %q: the number of bits is a multiple of 8", s)
		return false
	}
	if size, ok := strings.CutPrefix(s, "bytes("); ok {
		number, closed := strings.CutSuffix(size, ")")
		if v, ok := parseNumber(number); ok && closed && v >= 1 && v <= 0xffff {
			return true
		}
		l.errorf(p, "no type %q: write bytes(N), N octets", s)
		return false
	}
	l.errorf(p, "no type %q: write uintN, int8, bytes(N), bytes or the name of an enum, flags or type", s)
	return false
}
