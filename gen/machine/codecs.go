package machine

import (
	"slices"
	"strconv"
	"strings"

	"blesmp/gen/spec"
)

// types enters the types that fields can have: enumerations, flags and types
// made elsewhere; and the families.
func (r *resolver) types() {
	r.reserve("type", "type", "bool", "bytes", "PDU", "int8")
	for _, e := range r.file.Enums {
		r.declare("type", "enum", e.Name)
		r.enums[e.Name.Text] = e
		r.checkEnum(e)
	}
	for _, f := range r.file.Flags {
		r.declare("type", "flags", f.Name)
		r.flags[f.Name.Text] = f
		r.checkFlags(f)
	}
	for _, t := range r.file.Types {
		r.declare("type", "type", t.Name)
		r.wires[t.Name.Text] = t
		if _, ok := octets(t.Wire); !ok {
			r.errors.add(t.Name.Pos, "type %s: wire %q is none of uint8, uint16, ..., bytes(N)", t.Name.Text, t.Wire)
		}
	}
	for _, f := range r.file.Families {
		r.declare("family", "family", f.Name)
		r.families[f.Name.Text] = f
		if f.Code != "uint8" && f.Code != "uint16" {
			r.errors.add(f.Name.Pos, "family %s: code %q is neither uint8 nor uint16", f.Name.Text, f.Code)
		}
	}
	optional(r, "enum", r.enums, r.file.Answers)
	for _, e := range r.file.Enums {
		r.answer(e.Otherwise)
	}
}

// octets gives the size of a type of fixed size.
func octets(wire string) (int, bool) {
	if wire == "int8" {
		return 1, true
	}
	if digits, ok := strings.CutPrefix(wire, "uint"); ok {
		n, err := strconv.Atoi(digits)
		return n / 8, err == nil && n > 0 && n%8 == 0 && n <= 512 && strconv.Itoa(n) == digits
	}
	if digits, ok := strings.CutPrefix(wire, "bytes("); ok {
		digits, ok = strings.CutSuffix(digits, ")")
		n, err := strconv.Atoi(digits)
		return n, ok && err == nil && n > 0 && n <= 1<<16
	}
	return 0, false
}

// limits gives the smallest and the largest number of a type that has numbers.
func limits(wire string) (low, high int, ok bool) {
	n, ok := octets(wire)
	switch {
	case wire == "int8":
		return -128, 127, true
	case !ok || n > 8 || strings.HasPrefix(wire, "bytes"):
		return 0, 0, false
	case n == 8:
		return 0, 1<<63 - 1, true
	}
	return 0, 1<<(8*n) - 1, true
}

// width gives the type under an enumeration or flags.
func width(declared string) string {
	if declared == "" {
		return "uint8"
	}
	return declared
}

func (r *resolver) checkEnum(e *spec.Enum) {
	_, high, ok := limits(width(e.Width))
	if !ok {
		r.errors.add(e.Name.Pos, "enum %s: width %q is none of uint8, uint16, uint32", e.Name.Text, e.Width)
		return
	}
	if len(e.Values) == 0 {
		r.errors.add(e.Name.Pos, "enum %s has no values", e.Name.Text)
	}
	names, numbers := map[string]spec.Pos{}, map[int]string{}
	for _, v := range e.Values {
		n := v.Name
		if first, ok := names[n.Text]; ok {
			r.errors.add(n.Pos, "value %s of %s is declared twice, first in line %d", n.Text, e.Name.Text, first.Line)
		} else if other, ok := numbers[v.Number]; ok {
			r.errors.add(n.Pos, "values %s and %s of %s are both %d", other, n.Text, e.Name.Text, v.Number)
		}
		if v.Number < 0 || v.Number > high {
			r.errors.add(n.Pos, "value %s of %s is %d and does not fit %s", n.Text, e.Name.Text, v.Number, width(e.Width))
		}
		names[n.Text], numbers[v.Number] = n.Pos, n.Text
	}
}

func (r *resolver) checkFlags(f *spec.Flags) {
	size, ok := octets(width(f.Width))
	if !ok || size > 8 {
		r.errors.add(f.Name.Pos, "flags %s: width %q is none of uint8, uint16, uint32", f.Name.Text, f.Width)
		return
	}
	switch f.Reserved {
	case "", "keep", "zero", "reject":
	default:
		r.errors.add(f.Name.Pos, "flags %s: reserved is %q and has to be keep, zero or reject", f.Name.Text, f.Reserved)
	}
	if len(f.Bits) == 0 {
		r.errors.add(f.Name.Pos, "flags %s have no bits", f.Name.Text)
	}
	owner := map[int]string{}
	names := map[string]bool{}
	for _, b := range f.Bits {
		n := b.Name
		if names[n.Text] {
			r.errors.add(n.Pos, "flag %s of %s is declared twice", n.Text, f.Name.Text)
		}
		names[n.Text] = true
		if b.Low < 0 || b.High < b.Low || b.High >= 8*size {
			r.errors.add(n.Pos, "flag %s of %s has bits %d..%d, and there are 0..%d", n.Text, f.Name.Text, b.Low, b.High, 8*size-1)
			continue
		}
		for bit := b.Low; bit <= b.High; bit++ {
			if other := owner[bit]; other != "" {
				r.errors.add(n.Pos, "flags %s and %s of %s share bit %d", other, n.Text, f.Name.Text, bit)
				break
			}
			owner[bit] = n.Text
		}
	}
}

// answer checks what bad input is answered with.
func (r *resolver) answer(n spec.Name) {
	if n.Text == "" || n.Text == "keep" {
		return
	}
	if r.file.Answers.Text == "" {
		r.errors.add(n.Pos, "%s answers bad input, and the file does not name an enumeration of `answers`", n.Text)
		return
	}
	if e := r.enums[r.file.Answers.Text]; e != nil {
		t := enumType(e)
		if _, ok := r.constant(t, n.Text); !ok {
			r.unknown(e.Name.Text, n, r.constants(t))
		}
	}
}

// codecs checks the PDUs.
func (r *resolver) codecs() {
	codes := map[string]map[int]string{}
	for _, p := range r.file.PDUs {
		r.declare("type", "PDU", p.Name)
		family, wide := p.Family.Text, "uint8"
		switch {
		case len(r.families) == 0 && family != "":
			r.errors.add(p.Family.Pos, "the file declares no families")
		case len(r.families) > 0 && family == "":
			r.errors.add(p.Name.Pos, "%s belongs to no family", p.Name.Text)
		case family != "":
			if f, ok := find(r, "family", r.families, p.Family); ok {
				wide, family = f.Code, f.Name.Text
			}
		}
		if _, high, _ := limits(wide); p.Code < 0 || p.Code > high {
			r.errors.add(codePos(p), "code 0x%02x of %s does not fit %s", p.Code, p.Name.Text, wide)
		}
		if codes[family] == nil {
			codes[family] = map[int]string{}
		}
		if other := codes[family][p.Code]; other != "" {
			r.errors.add(codePos(p), "%s and %s have the same code 0x%02x", other, p.Name.Text, p.Code)
		} else {
			codes[family][p.Code] = p.Name.Text
		}
		before := r.errors.list.Len()
		r.checkFieldList(p.Fields, true)
		if r.errors.list.Len() == before {
			r.checkExamples(p)
		}
	}
}

// checkFieldList checks the fields of a PDU or of an item; only the last field
// of the PDU itself can be the rest of it.
func (r *resolver) checkFieldList(fields []*spec.Field, outermost bool) {
	names := map[string]bool{}
	for i, f := range fields {
		if names[f.Name.Text] {
			r.errors.add(f.Name.Pos, "field %s is declared twice", f.Name.Text)
		}
		names[f.Name.Text] = true
		r.answer(f.Otherwise)
		switch {
		case f.Count != "":
			r.checkWidth(f, "count", f.Count)
			if len(f.Of) == 0 {
				r.errors.add(f.Name.Pos, "items of %s have no fields", f.Name.Text)
			}
			r.checkFieldList(f.Of, false)
		case f.Length != "":
			r.checkWidth(f, "length", f.Length)
			if f.Type != "bytes" {
				r.errors.add(f.TypePos, "field %s has a length, which goes with type bytes alone", f.Name.Text)
			}
		case f.Type == "bytes":
			if !outermost || i < len(fields)-1 {
				r.errors.add(f.Name.Pos, "field %s is the rest of the PDU and has to be its last field", f.Name.Text)
			}
		default:
			r.checkType(f)
		}
		r.checkRange(f)
	}
}

func (r *resolver) checkWidth(f *spec.Field, what, width string) {
	if !slices.Contains([]string{"uint8", "uint16"}, width) {
		r.errors.add(f.Name.Pos, "field %s: %s %q is neither uint8 nor uint16", f.Name.Text, what, width)
	}
}

// checkType reports a field whose type is unknown.
func (r *resolver) checkType(f *spec.Field) {
	if _, ok := r.wire(f.Type); ok {
		return
	}
	known := []string{"uint8", "uint16", "uint24", "uint32", "uint64", "uint128", "uint256", "int8", "bytes"}
	for name := range r.enums {
		known = append(known, name)
	}
	for name := range r.flags {
		known = append(known, name)
	}
	for name := range r.wires {
		known = append(known, name)
	}
	pos := f.TypePos
	if pos == (spec.Pos{}) {
		pos = f.Name.Pos
	}
	r.unknown("type", spec.Name{Text: f.Type, Pos: pos}, known)
}

// wire gives how a type of fixed size travels.
func (r *resolver) wire(name string) (string, bool) {
	if e := r.enums[name]; e != nil {
		return width(e.Width), true
	}
	if f := r.flags[name]; f != nil {
		return width(f.Width), true
	}
	if t := r.wires[name]; t != nil {
		return t.Wire, true
	}
	_, ok := octets(name)
	return name, ok
}

func (r *resolver) checkRange(f *spec.Field) {
	if !f.Ranged {
		return
	}
	wire := f.Type
	if t := r.wires[f.Type]; t != nil {
		wire = t.Wire
	}
	low, high, ok := limits(wire)
	switch {
	case !ok || f.Count != "":
		r.errors.add(f.Name.Pos, "field %s has a range and is no number", f.Name.Text)
	case f.High < f.Low:
		r.errors.add(f.Name.Pos, "the range %d..%d of field %s is empty", f.Low, f.High, f.Name.Text)
	case f.Low < low || f.High > high:
		r.errors.add(f.Name.Pos, "the range %d..%d of field %s does not fit %s", f.Low, f.High, f.Name.Text, f.Type)
	}
}

func codePos(p *spec.PDU) spec.Pos {
	if p.CodePos == (spec.Pos{}) {
		return p.Name.Pos
	}
	return p.CodePos
}
