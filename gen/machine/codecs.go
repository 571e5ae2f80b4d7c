package machine

import (
	"math"
	"strconv"
	"strings"

	"blesmp/gen/spec"
)

// types enters the types that fields can have: enumerations, flags and types
// made elsewhere; and the families.
func (r *resolver) types() {
	for _, e := range r.file.Enums {
		r.enums[e.Name.Text] = e
		if len(e.Values) == 0 {
			r.errors.add(e.Name.Pos, "enum %s has no values", e.Name.Text)
		}
	}
	for _, f := range r.file.Flags {
		r.flags[f.Name.Text] = f
	}
	for _, t := range r.file.Types {
		r.wires[t.Name.Text] = t
	}
	for _, f := range r.file.Families {
		r.declare("family", "family", f.Name)
		r.families[f.Name.Text] = f
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
		return n / 8, err == nil && n > 0 && n%8 == 0
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
	case 8*n >= strconv.IntSize-1:
		return 0, math.MaxInt, true
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
	for _, p := range r.file.PDUs {
		switch {
		case len(r.families) == 0 && p.Family.Text != "":
			r.errors.add(p.Family.Pos, "the file declares no families")
		case len(r.families) > 0 && p.Family.Text == "":
			r.errors.add(p.Name.Pos, "%s belongs to no family", p.Name.Text)
		default:
			optional(r, "family", r.families, p.Family)
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
	for i, f := range fields {
		r.answer(f.Otherwise)
		switch {
		case f.Count != "":
			if len(f.Of) == 0 {
				r.errors.add(f.Name.Pos, "items of %s have no fields", f.Name.Text)
			}
			r.checkFieldList(f.Of, false)
		case f.Length != "":
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
	r.unknown("type", spec.Name{Text: f.Type, Pos: f.TypePos}, known)
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

// checkRange holds a range against the width of a type made elsewhere, which is
// not known where the range is read.
func (r *resolver) checkRange(f *spec.Field) {
	if !f.Ranged || r.enums[f.Type] == nil && r.flags[f.Type] == nil && r.wires[f.Type] == nil {
		return
	}
	wire, _ := r.wire(f.Type)
	switch _, high, ok := limits(wire); {
	case !ok || r.wires[f.Type] == nil:
		r.errors.add(f.Name.Pos, "field %s has a range, and type %s is no number", f.Name.Text, f.Type)
	case f.High > high:
		r.errors.add(f.Name.Pos, "the range %d..%d of field %s does not fit %s", f.Low, f.High, f.Name.Text, wire)
	}
}
