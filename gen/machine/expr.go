package machine

import (
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// operations are the operators of the language, by the way they are written.
var operations = map[string]table.NodeOp{
	"not": table.Not, "and": table.And, "or": table.Or, "or_else": table.Else,
	"==": table.Eq, "!=": table.Ne, "<": table.Lt, "<=": table.Le, ">": table.Gt, ">=": table.Ge,
	"has": table.Has, "with": table.With, "without": table.Without, "+": table.Add, "-": table.Sub,
}

// names are what a name in an expression can stand for, beside the constants
// of a type.
type names struct {
	slots  map[string]*Slot
	fields map[string]*Slot
	guards map[string]*Guard
}

func (r *resolver) names() names { return names{r.slots, r.fields, r.guards} }

// truth resolves a condition. A value of a flags type counts as true where any
// flag is set.
func (r *resolver) truth(in names, e *spec.Expr) *Expr {
	x := r.expr(in, e, nil)
	if x == nil {
		return nil
	}
	switch x.Type.Kind {
	case Bool, Flags:
		return x
	}
	r.errors.add(e.Pos, "a condition has to be true or false, and this is %s", x.Type.a())
	return nil
}

// value resolves an expression whose type is known.
func (r *resolver) value(in names, e *spec.Expr, want *Type) *Expr {
	x := r.expr(in, e, want)
	if x == nil {
		return nil
	}
	if !x.Type.same(want) {
		r.errors.add(e.Pos, "this is %s, and %s is wanted", x.Type.a(), want.a())
		return nil
	}
	if x.Op == table.Const && !want.holds(x.Value) {
		r.errors.add(e.Pos, "%d lies outside %d..%d", x.Value, want.Low, want.High)
		return nil
	}
	return x
}

// expr resolves an expression; constants take the type that is wanted. It gives
// nil where it has reported an error.
func (r *resolver) expr(in names, e *spec.Expr, want *Type) *Expr {
	switch e.Op {
	case "name":
		return r.name(in, e, want)
	case "number":
		if want != nil && (want.Kind == Number || want.Kind == Flags && e.Num == 0) {
			t := *want
			if t.Kind == Number {
				t.Low, t.High = e.Num, e.Num
			}
			return &Expr{Op: table.Const, Value: e.Num, Type: &t, Pos: e.Pos}
		}
		if want != nil {
			r.errors.add(e.Pos, "a number stands where %s is wanted", want.a())
			return nil
		}
		return &Expr{Op: table.Const, Value: e.Num, Type: &Type{Kind: Number, Low: e.Num, High: e.Num}, Pos: e.Pos}
	case "field":
		slot, ok := find(r, "event field", in.fields, spec.Name{Text: e.Name, Pos: e.Pos})
		if !ok {
			return nil
		}
		return load(slot, e.Pos)
	}
	op, ok := operations[e.Op]
	if !ok {
		r.errors.add(e.Pos, "unknown operation %q", e.Op)
		return nil
	}
	x := &Expr{Op: op, Pos: e.Pos}
	switch op {
	case table.Not:
		x.X = r.truth(in, e.X)
		x.Type = &Type{Kind: Bool, High: 1}
		if x.X == nil {
			return nil
		}
		return x
	case table.And, table.Or:
		x.X, x.Y = r.truth(in, e.X), r.truth(in, e.Y)
		x.Type = &Type{Kind: Bool, High: 1}
	case table.Else:
		if want == nil {
			r.errors.add(e.Pos, "a default value stands in arguments alone")
			return nil
		}
		x.X, x.Y, x.Type = r.value(in, e.X, want), r.value(in, e.Y, want), want
	default:
		r.binary(in, e, x, want)
	}
	if x.X == nil || x.Y == nil || x.Type == nil {
		return nil
	}
	return x
}

// binary resolves the two sides of a comparison or a calculation.
func (r *resolver) binary(in names, e *spec.Expr, x *Expr, want *Type) {
	operand := r.infer(in, e.X)
	if operand == nil {
		operand = r.infer(in, e.Y)
	}
	comparison := x.Op >= table.Eq && x.Op <= table.Has
	if operand == nil && !comparison {
		operand = want
	}
	if operand == nil {
		if r.resolvable(in, e.X) && r.resolvable(in, e.Y) {
			r.errors.add(e.Pos, "neither side of %q is a variable", e.Op)
		}
		return
	}
	x.X, x.Y = r.side(in, e.X, operand), r.side(in, e.Y, operand)
	if x.X == nil || x.Y == nil {
		return
	}
	switch x.Op {
	case table.Lt, table.Le, table.Gt, table.Ge, table.Add, table.Sub:
		if operand.Kind != Number {
			r.errors.add(e.Pos, "%q goes with numbers, and this is %s", e.Op, operand.a())
			return
		}
	case table.Has, table.With, table.Without:
		if operand.Kind != Flags {
			r.errors.add(e.Pos, "%q goes with flags, and this is %s", e.Op, operand.a())
			return
		}
	}
	switch {
	case comparison:
		x.Type = &Type{Kind: Bool, High: 1}
		r.comparable(e, x)
	case x.Op == table.Add:
		x.Type = &Type{Kind: Number, Low: x.X.Type.Low + x.Y.Type.Low, High: x.X.Type.High + x.Y.Type.High}
	case x.Op == table.Sub:
		x.Type = &Type{Kind: Number, Low: x.X.Type.Low - x.Y.Type.High, High: x.X.Type.High - x.Y.Type.Low}
	default:
		x.Type = operand
	}
}

// side resolves one side of an operation on the type. A number may lie outside
// the other side's range here; comparable looks at that.
func (r *resolver) side(in names, e *spec.Expr, operand *Type) *Expr {
	x := r.expr(in, e, operand)
	if x != nil && !x.Type.same(operand) {
		r.errors.add(e.Pos, "this is %s, and the other side is %s", x.Type.a(), operand.a())
		return nil
	}
	return x
}

// comparable reports comparisons that always come out the same, and
// calculations that leave the range of an octet.
func (r *resolver) comparable(e *spec.Expr, x *Expr) {
	a, b := x.X.Type, x.Y.Type
	if a.Kind != Number {
		return
	}
	for _, side := range []*Expr{x.X, x.Y} {
		if side.Type.Low < 0 || side.Type.High > 255 {
			r.errors.add(side.Pos, "this can be %d to %d, and values are 0 to 255", side.Type.Low, side.Type.High)
			return
		}
	}
	always := ""
	switch x.Op {
	case table.Eq:
		always = when(a.High < b.Low || a.Low > b.High, "false")
	case table.Ne:
		always = when(a.High < b.Low || a.Low > b.High, "true")
	case table.Lt:
		always = when(a.High < b.Low, "true") + when(a.Low >= b.High, "false")
	case table.Le:
		always = when(a.High <= b.Low, "true") + when(a.Low > b.High, "false")
	case table.Gt:
		always = when(a.Low > b.High, "true") + when(a.High <= b.Low, "false")
	case table.Ge:
		always = when(a.Low >= b.High, "true") + when(a.High < b.Low, "false")
	}
	if always != "" {
		r.errors.add(e.Pos, "this is always %s: the left side is %d..%d, the right side %d..%d",
			always, a.Low, a.High, b.Low, b.High)
	}
}

func when(cond bool, text string) string {
	if cond {
		return text
	}
	return ""
}

// name resolves a name: a constant of the type that is wanted, else a variable,
// an input or a guard.
func (r *resolver) name(in names, e *spec.Expr, want *Type) *Expr {
	if slot := in.slots[e.Name]; slot != nil {
		return load(slot, e.Pos)
	}
	if g := in.guards[e.Name]; g != nil {
		return &Expr{Op: table.Ask, Guard: g, Type: &Type{Kind: Bool, High: 1}, Pos: e.Pos}
	}
	if want != nil {
		if n, ok := r.constant(want, e.Name); ok {
			return &Expr{Op: table.Const, Value: n, Type: want, Pos: e.Pos}
		}
	}
	candidates := in.known()
	what := "name"
	if want != nil {
		candidates = append(candidates, r.constants(want)...)
		what = want.what()
	} else {
		candidates = append(candidates, "true", "false")
		switch e.Name {
		case "true":
			return &Expr{Op: table.Const, Value: 1, Type: &Type{Kind: Bool, High: 1}, Pos: e.Pos}
		case "false":
			return &Expr{Op: table.Const, Type: &Type{Kind: Bool, High: 1}, Pos: e.Pos}
		}
		if in.guards != nil {
			what = "guard or variable"
		}
	}
	hint := r.unknown(what, spec.Name{Text: e.Name, Pos: e.Pos}, candidates)
	if hint == "" {
		return nil
	}
	meant := *e
	meant.Name = hint
	return r.name(in, &meant, want)
}

// what names the kind of thing that a name of the type is.
func (t *Type) what() string {
	switch t.Kind {
	case Enum:
		return t.Enum.Name.Text
	case Flags:
		return "flag of " + t.Flags.Name.Text
	case PDUCode:
		return "PDU"
	case Bool:
		return "guard or variable"
	}
	return "number or variable"
}

func (in names) known() []string {
	var known []string
	for name := range in.slots {
		known = append(known, name)
	}
	for name := range in.guards {
		known = append(known, name)
	}
	return known
}

// infer gives the type of an expression that has one of its own, nil for
// constants and unknown names.
func (r *resolver) infer(in names, e *spec.Expr) *Type {
	switch e.Op {
	case "name":
		if slot := in.slots[e.Name]; slot != nil {
			return slot.Type
		}
		if in.guards[e.Name] != nil {
			return &Type{Kind: Bool, High: 1}
		}
	case "field":
		if slot := in.fields[e.Name]; slot != nil {
			return slot.Type
		}
	case "with", "without", "+", "-":
		if t := r.infer(in, e.X); t != nil {
			return t
		}
		return r.infer(in, e.Y)
	case "not", "and", "or", "==", "!=", "<", "<=", ">", ">=", "has":
		return &Type{Kind: Bool, High: 1}
	}
	return nil
}

// resolvable reports the unknown names of an operand that has no type, and
// tells whether there were none.
func (r *resolver) resolvable(in names, e *spec.Expr) bool {
	if e.Op != "name" && e.Op != "field" {
		return true
	}
	if e.Op == "field" {
		r.expr(in, e, nil)
		return false
	}
	r.unknown("guard or variable", spec.Name{Text: e.Name, Pos: e.Pos}, in.known())
	return false
}

func load(slot *Slot, pos spec.Pos) *Expr {
	if slot.Type == nil {
		return nil // the slot's own type has been reported
	}
	return &Expr{Op: table.Load, Slot: slot, Type: slot.Type, Pos: pos}
}

// walk visits an expression and what is in it, named guards too.
func (x *Expr) walk(visit func(*Expr)) {
	if x == nil {
		return
	}
	visit(x)
	x.X.walk(visit)
	x.Y.walk(visit)
	if x.Guard != nil {
		x.Guard.Expr.walk(visit)
	}
}
