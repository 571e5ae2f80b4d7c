package emit

import (
	"blesmp/gen/machine"
	"blesmp/gen/table"

	"github.com/dave/jennifer/jen"
)

// The operations that Go has as the table has them.
var (
	comparisons = map[table.NodeOp]string{
		table.Eq: "==", table.Ne: "!=", table.Lt: "<", table.Le: "<=", table.Gt: ">", table.Ge: ">=",
	}
	opposites = map[table.NodeOp]string{
		table.Eq: "!=", table.Ne: "==", table.Lt: ">=", table.Le: ">", table.Gt: "<=", table.Ge: "<",
	}
	calculations = map[table.NodeOp]string{table.Add: "+", table.Sub: "-", table.With: "|", table.Without: "&^"}
)

// condition writes an expression of the table as a truth value.
func (e *emitter) condition(node uint16) *jen.Statement {
	n := e.table.Nodes[node]
	switch n.Op {
	case table.Const:
		return jen.Lit(n.A != 0)
	case table.Ask:
		return jen.Id("b").Dot("p").Dot(e.table.Guards[n.A]).Call()
	case table.Not:
		negated := e.table.Nodes[n.A]
		if negated.Op == table.Load {
			return e.slot(negated.A).Op("==").Lit(0)
		}
		if op, ok := opposites[negated.Op]; ok {
			return e.comparison(negated, op)
		}
		return jen.Op("!").Add(e.operand(n.A, table.Not))
	case table.And:
		return e.operand(n.A, table.And).Op("&&").Add(e.operand(n.B, table.And))
	case table.Or:
		return e.operand(n.A, table.Or).Op("||").Add(e.operand(n.B, table.Or))
	case table.Has:
		return e.part(n.A, nil).Op("&").Add(e.part(n.B, nil)).Op("==").Add(e.part(n.B, nil))
	}
	if op, ok := comparisons[n.Op]; ok {
		return e.comparison(n, op)
	}
	return e.octet(node, nil).Op("!=").Lit(0)
}

func (e *emitter) comparison(n table.Node, op string) *jen.Statement {
	return e.part(n.A, e.typeOf(n.B)).Op(op).Add(e.part(n.B, e.typeOf(n.A)))
}

// operand is a condition as a part of another one, of which the operation is
// given: in parentheses where Go would read it otherwise.
func (e *emitter) operand(node uint16, of table.NodeOp) *jen.Statement {
	n := e.table.Nodes[node]
	switch {
	case n.Op == table.Ask, n.Op == table.Const, of != table.Not && n.Op != table.And && n.Op != table.Or, n.Op == of:
		return e.condition(node)
	}
	return jen.Parens(e.condition(node))
}

// octet writes an expression of the table as a value, a constant by its name where
// the type has names; that of no expression is 0.
func (e *emitter) octet(node uint16, t *machine.Type) *jen.Statement {
	n := e.table.Nodes[node]
	switch n.Op {
	case 0:
		return jen.Lit(0)
	case table.Const:
		return e.named(int(n.A), t)
	case table.Load:
		return e.slot(n.A)
	case table.Else:
		return jen.Qual("cmp", "Or").Call(e.octet(n.A, t), e.octet(n.B, t))
	}
	if op, ok := calculations[n.Op]; ok {
		return e.part(n.A, t).Op(op).Add(e.part(n.B, t))
	}
	return jen.Qual(tablePath, "Truth").Call(e.condition(node))
}

// part is a value as a part of another expression.
func (e *emitter) part(node uint16, t *machine.Type) *jen.Statement {
	if _, ok := calculations[e.table.Nodes[node].Op]; ok {
		return jen.Parens(e.octet(node, t))
	}
	return e.octet(node, t)
}

// named is a constant of a type.
func (e *emitter) named(value int, t *machine.Type) *jen.Statement {
	if t != nil && t.Kind == machine.Enum {
		for _, v := range t.Enum.Values {
			if v.Number == value {
				return jen.Uint8().Call(jen.Id(v.Name.Text))
			}
		}
	}
	return jen.Lit(value)
}

// typeOf is the type of a slot, nil for any other expression.
func (e *emitter) typeOf(node uint16) *machine.Type {
	if n := e.table.Nodes[node]; n.Op == table.Load {
		return e.machine.Slots[n.A].Type
	}
	return nil
}

// slot is the place of a variable, an input or a field.
func (e *emitter) slot(n uint16) *jen.Statement {
	return jen.Id("m").Dot("Slots").Index(jen.Id(e.id("slot", e.slotName(n))))
}
