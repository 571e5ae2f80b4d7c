package machine

import (
	"fmt"
	"strings"

	"blesmp/gen/spec"
)

// typeOf resolves the name of a type that a slot or an argument can have.
func (r *resolver) typeOf(n spec.Name) *Type {
	switch n.Text {
	case "bool":
		return &Type{Kind: Bool, High: 1}
	case "PDU":
		return r.codes()
	}
	if e := r.enums[n.Text]; e != nil {
		return enumType(e)
	}
	if f := r.flags[n.Text]; f != nil {
		return &Type{Kind: Flags, Flags: f, High: mask(f)}
	}
	names := []string{"bool", "PDU"}
	for name := range r.enums {
		names = append(names, name)
	}
	for name := range r.flags {
		names = append(names, name)
	}
	if hint := r.unknown("type", n, names); hint != "" {
		return r.typeOf(spec.Name{Text: hint, Pos: n.Pos})
	}
	return nil
}

func enumType(e *spec.Enum) *Type {
	t := &Type{Kind: Enum, Enum: e}
	for i, v := range e.Values {
		if i == 0 || v.Number < t.Low {
			t.Low = v.Number
		}
		t.High = max(t.High, v.Number)
	}
	return t
}

// codes is the type whose values are the codes of the file's PDUs.
func (r *resolver) codes() *Type {
	t := &Type{Kind: PDUCode}
	for _, p := range r.file.PDUs {
		t.High = max(t.High, p.Code)
	}
	return t
}

// mask gives all bits that the flags have.
func mask(f *spec.Flags) int {
	all := 0
	for _, b := range f.Bits {
		all |= bits(b)
	}
	return all
}

func bits(b spec.Bits) int {
	return (1<<(b.High-b.Low+1) - 1) << b.Low
}

// same reports whether values of the two types can be compared and assigned.
func (t *Type) same(u *Type) bool {
	return t != nil && u != nil && t.Kind == u.Kind && t.Enum == u.Enum && t.Flags == u.Flags
}

// holds reports whether a number is a value of the type.
func (t *Type) holds(n int) bool { return t.Low <= n && n <= t.High }

// constant gives the number of a name of the type.
func (r *resolver) constant(t *Type, name string) (int, bool) {
	switch t.Kind {
	case Bool:
		switch name {
		case "true":
			return 1, true
		case "false":
			return 0, true
		}
	case Enum:
		for _, v := range t.Enum.Values {
			if v.Name.Text == name {
				return v.Number, true
			}
		}
	case Flags:
		for _, b := range t.Flags.Bits {
			if b.Name.Text == name {
				return bits(b), true
			}
		}
	case PDUCode:
		for _, p := range r.file.PDUs {
			if p.Name.Text == name {
				return p.Code, true
			}
		}
	}
	return 0, false
}

// constants gives the names that values of the type have.
func (r *resolver) constants(t *Type) []string {
	var names []string
	switch t.Kind {
	case Bool:
		names = []string{"true", "false"}
	case Enum:
		for _, v := range t.Enum.Values {
			names = append(names, v.Name.Text)
		}
	case Flags:
		for _, b := range t.Flags.Bits {
			names = append(names, b.Name.Text)
		}
	case PDUCode:
		for _, p := range r.file.PDUs {
			names = append(names, p.Name.Text)
		}
	}
	return names
}

// a names the type with its article.
func (t *Type) a() string {
	name := t.String()
	if strings.ContainsRune("AEIOaeio", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// String names the type as messages do.
func (t *Type) String() string {
	switch t.Kind {
	case Bool:
		return "bool"
	case Number:
		return fmt.Sprintf("number from %d to %d", t.Low, t.High)
	case Enum:
		return t.Enum.Name.Text
	case Flags:
		return t.Flags.Name.Text
	}
	return "PDU"
}
