package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"blesmp/gen/diag"

	"go.yaml.in/yaml/v4"
)

var widths = []string{"uint8", "uint16", "uint24", "uint32", "uint64"}

// bitsOf gives the number of bits of a width, such as uint16; 0 where it is
// none.
func bitsOf(width string) int {
	bits, err := strconv.Atoi(strings.TrimPrefix(width, "uint"))
	if err != nil || !strings.HasPrefix(width, "uint") {
		return 0
	}
	return bits
}

// largest is the largest number of so many bits that an int holds.
func largest(bits int) int {
	if bits >= strconv.IntSize-1 {
		return math.MaxInt
	}
	return 1<<bits - 1
}

func (l *loader) enum(name Name, n *yaml.Node) {
	e := &Enum{Name: name, Width: "uint8"}
	owner := "enum " + name.Text
	var values, texts *yaml.Node
	l.mapping(n, owner, name.Pos,
		optional("ref", l.ref(&e.Ref)),
		optional("doc", l.text(&e.Doc)),
		optional("width", l.oneOf(&e.Width, widths...)),
		required("values", later(&values)),
		optional("text", later(&texts)),
		optional("otherwise", l.word(&e.Otherwise)),
	)
	if values != nil {
		l.values(values, owner, e)
	}
	if texts != nil {
		l.entries(texts, "text of "+owner, func(name Name, n *yaml.Node) { l.textOf(name, n, owner, e) })
	}
	if l.goName(name, "an enum") {
		l.file.Enums = append(l.file.Enums, e)
	}
}

func (l *loader) values(n *yaml.Node, owner string, e *Enum) {
	byNumber := make(map[int]Name)
	l.entries(n, "values of "+owner, func(name Name, n *yaml.Node) {
		number := -1
		l.number(name.Text, 0, largest(bitsOf(e.Width)), &number)(n)
		if !l.goName(name, "a value") {
			return
		}
		// A value with a wrong number is a value still: those who name it have
		// done nothing wrong.
		e.Values = append(e.Values, Value{Name: name, Number: max(number, 0)})
		first, again := byNumber[number]
		switch {
		case number < 0:
		case again:
			l.errorf(at(n), "%s: %s has the number of %s", owner, name.Text, first.Text)
		default:
			byNumber[number] = name
		}
	})
}

// textOf reads what a value prints.
func (l *loader) textOf(name Name, n *yaml.Node, owner string, e *Enum) {
	names := make([]string, len(e.Values))
	for i := range e.Values {
		v := &e.Values[i]
		if v.Name.Text == name.Text {
			l.text(&v.Text)(n)
			return
		}
		names[i] = v.Name.Text
	}
	l.hinted(name.Pos, fmt.Sprintf("%s has no value %q", owner, name.Text), diag.DidYouMean(name.Text, names))
}

func (l *loader) flags(name Name, n *yaml.Node) {
	f := &Flags{Name: name, Width: "uint8", Reserved: "keep"}
	owner := "flags " + name.Text
	var bits *yaml.Node
	l.mapping(n, owner, name.Pos,
		optional("ref", l.ref(&f.Ref)),
		optional("doc", l.text(&f.Doc)),
		optional("width", l.oneOf(&f.Width, widths...)),
		required("bits", later(&bits)),
		optional("reserved", l.oneOf(&f.Reserved, "keep", "zero", "reject")),
	)
	if bits != nil {
		l.bits(bits, owner, f)
	}
	if l.goName(name, "flags") {
		l.file.Flags = append(l.file.Flags, f)
	}
}

func (l *loader) bits(n *yaml.Node, owner string, f *Flags) {
	l.entries(n, "bits of "+owner, func(name Name, n *yaml.Node) {
		b := Bits{Name: name}
		named := l.goName(name, "a flag")
		place := n
		if n.Kind == yaml.MappingNode {
			l.mapping(n, "flag "+name.Text, name.Pos,
				required("bits", later(&place)),
				optional("doc", l.text(&b.Doc)),
			)
			if place == n {
				return
			}
		}
		var ok bool
		if b.Low, b.High, ok = l.span("flag "+name.Text, place, 0, bitsOf(f.Width)-1); !ok || !named {
			return
		}
		for _, other := range f.Bits {
			if b.Low <= other.High && other.Low <= b.High {
				l.errorf(at(place), "%s: %s overlaps %s", owner, name.Text, other.Name.Text)
				return
			}
		}
		f.Bits = append(f.Bits, b)
	})
}
