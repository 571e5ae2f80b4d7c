package emit

import (
	"regexp"
	"strconv"
	"strings"

	"blesmp/gen/spec"

	"github.com/dave/jennifer/jen"
)

// form says how a field travels.
type form int

const (
	number  form = iota // an integer of 1, 2, 3, 4 or 8 octets
	array               // octets of a fixed count
	rest                // the octets up to the end of the PDU
	counted             // octets with their count before them
	items               // structures with their count before them
)

// layout is what a field is on the wire and in Go.
type layout struct {
	field  *spec.Field
	form   form
	size   int    // octets on the wire; of the count, for counted and items
	basic  string // the Go type of a number without its name: uint8, int8, uint16, ...
	named  bool   // the Go type has a name of its own, and needs conversions
	flip   bool   // an array that travels least significant octet first
	enum   *spec.Enum
	flags  *spec.Flags
	goName *spec.Type // a type made elsewhere
}

// fixed reports whether the field always takes the same number of octets.
func (l *layout) fixed() bool { return l.form == number || l.form == array }

var (
	uintType  = regexp.MustCompile(`^uint([0-9]+)$`)
	bytesType = regexp.MustCompile(`^bytes\(([0-9]+)\)$`)
)

// layouts gives the layout of every field.
func (e *emitter) layouts(fields []*spec.Field) []*layout {
	all := make([]*layout, len(fields))
	for i, f := range fields {
		all[i] = e.layout(f)
	}
	return all
}

func (e *emitter) layout(f *spec.Field) *layout {
	l := &layout{field: f}
	switch {
	case f.Count != "":
		l.form, l.size, l.basic = items, octets(f.Count), f.Count
		return l
	case f.Type == "bytes" && f.Length != "":
		l.form, l.size, l.basic = counted, octets(f.Length), f.Length
		return l
	case f.Type == "bytes":
		l.form = rest
		return l
	}
	wire := f.Type
	if enum := e.enums[f.Type]; enum != nil {
		l.enum, l.named, wire = enum, true, basic(enum.Width)
	} else if flags := e.flags[f.Type]; flags != nil {
		l.flags, l.named, wire = flags, true, basic(flags.Width)
	} else if t := e.types[f.Type]; t != nil {
		l.goName, l.named, wire = t, true, t.Wire
	}
	if !l.wire(wire, !e.spec.BigEndian) {
		e.fail(spec.Name{Pos: f.TypePos}, "unknown type %q", wire)
	}
	return l
}

// wire sets what a basic type means, and reports false where it means nothing.
func (l *layout) wire(wire string, little bool) bool {
	if m := bytesType.FindStringSubmatch(wire); m != nil {
		l.form = array
		l.size, _ = strconv.Atoi(m[1])
		return l.size > 0
	}
	if wire == "int8" {
		l.size, l.basic = 1, "int8"
		return true
	}
	m := uintType.FindStringSubmatch(wire)
	if m == nil {
		return false
	}
	bits, _ := strconv.Atoi(m[1])
	l.size = bits / 8
	switch bits {
	case 8, 16, 32, 64:
		l.basic = wire
	case 24:
		l.basic = "uint32"
	default:
		l.form, l.flip = array, little
		return bits > 0 && bits%8 == 0
	}
	return true
}

// splitGo parts the import path and the name of a type made elsewhere.
func splitGo(t string) (importPath, name string) {
	i := strings.LastIndexByte(t, '.')
	return t[:max(i, 0)], t[i+1:]
}

// goType is the Go type of the field.
func (l *layout) goType() *jen.Statement {
	switch {
	case l.form == items:
		return jen.Index().Id(l.field.Item.Text)
	case l.form == rest, l.form == counted:
		return jen.Index().Byte()
	case l.goName != nil:
		return jen.Qual(splitGo(l.goName.Go))
	case l.named:
		return jen.Id(l.field.Type)
	case l.form == array:
		return jen.Index(jen.Lit(l.size)).Byte()
	}
	return jen.Id(l.basic)
}

// otherwise is what a wrong value of the field is answered with; ok says
// whether there are wrong values at all.
func (l *layout) otherwise() (answer string, ok bool) {
	f := l.field
	switch {
	case f.Ranged && refuses(f.Otherwise):
		return f.Otherwise.Text, true
	case f.Ranged:
		return "", true
	case l.enum == nil:
		return "", false
	case f.Otherwise.Text == "keep":
		return "", false
	case refuses(f.Otherwise):
		return f.Otherwise.Text, true
	case refuses(l.enum.Otherwise):
		return l.enum.Otherwise.Text, true
	}
	return "", false
}

// noteChecks remembers the enumerations whose unknown values a decoder refuses.
func (e *emitter) noteChecks(fields []*spec.Field) {
	for _, f := range fields {
		e.noteChecks(f.Of)
		if e.enums[f.Type] == nil || f.Ranged {
			continue
		}
		if _, ok := e.layout(f).otherwise(); ok {
			e.checks[f.Type] = true
		}
	}
}

// segment is a run of fields that one check of the length serves: fields of
// fixed size, and at the end at most one of another size, of which the run
// holds the count.
type segment struct {
	fixed []*layout
	last  *layout // nil at the end of a PDU
}

// size is the number of octets of the run.
func (s segment) size() int {
	n := 0
	for _, l := range s.fixed {
		n += l.size
	}
	if s.last != nil && s.last.form != rest {
		n += s.last.size
	}
	return n
}

// first is the name of the run's first field.
func (s segment) first() string {
	if len(s.fixed) > 0 {
		return s.fixed[0].field.Name.Text
	}
	return s.last.field.Name.Text
}

// segments splits fields into runs.
func segments(fields []*layout) []segment {
	var all []segment
	var s segment
	for _, l := range fields {
		if l.fixed() {
			s.fixed = append(s.fixed, l)
			continue
		}
		s.last = l
		all = append(all, s)
		s = segment{}
	}
	if len(s.fixed) > 0 {
		all = append(all, s)
	}
	return all
}
