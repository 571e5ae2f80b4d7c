package emit

import (
	"blesmp/gen/machine"
	"blesmp/gen/table"

	"github.com/dave/jennifer/jen"
)

// slots writes the typed view of a machine's variables, inputs and event
// fields. Rules write variables; a setter is there for those that an action
// declares, and for inputs and fields, which the engine fills.
func (e *emitter) slots() {
	slots := e.machine.Slots
	if len(slots) == 0 {
		return
	}
	comment(e.file.Group, "The places of variables, inputs and event fields in a machine.")
	e.file.Const().DefsFunc(func(g *jen.Group) {
		for i, s := range slots {
			d := g.Id(e.id("slot", s.Name))
			if i == 0 {
				d.Op("=").Iota()
			}
		}
	})
	comment(e.file.Group, "vars is the typed view of a machine's slots.")
	e.file.Type().Id("vars").Index(jen.Qual(tablePath, "MaxSlots")).Uint8()
	truth := false
	for _, s := range slots {
		e.getter(s)
		if s.Kind != table.Var || e.setByAction(s) {
			e.setter(s)
			truth = truth || s.Type.Kind == machine.Bool
		}
	}
	if truth {
		comment(e.file.Group, "truth is a truth value as a slot holds it.")
		e.file.Func().Id("truth").Params(jen.Id("b").Bool()).Uint8().Block(
			jen.If(jen.Id("b")).Block(jen.Return(jen.Lit(1))),
			jen.Return(jen.Lit(0)),
		)
	}
}

// setByAction reports whether an action declares that it writes the variable.
func (e *emitter) setByAction(s *machine.Slot) bool {
	for _, a := range e.machine.Actions {
		for _, set := range a.Sets {
			if set == s {
				return true
			}
		}
	}
	return false
}

func (e *emitter) getter(s *machine.Slot) {
	name := e.exported(s.Name)
	doc := name + " is the " + kindName(s.Kind) + " " + s.Name
	if s.Spec != nil && s.Spec.Doc != "" {
		doc += ": " + clause(s.Spec.Doc)
	}
	comment(e.file.Group, doc+".")
	e.file.Func().Params(jen.Id("v").Op("*").Id("vars")).Id(name).Params().Add(jen.Id(typeText(s.Type))).Block(
		jen.Return(fromSlot(s.Type, jen.Id("v").Index(jen.Id(e.id("slot", s.Name))))),
	)
}

func kindName(k table.SlotKind) string {
	switch k {
	case table.Input:
		return "input"
	case table.Field:
		return "event field"
	}
	return "variable"
}

func (e *emitter) setter(s *machine.Slot) {
	name := "set" + e.exported(s.Name)
	value := jen.Uint8().Call(jen.Id("to"))
	switch s.Type.Kind {
	case machine.Bool:
		value = jen.Id("truth").Call(jen.Id("to"))
	case machine.Number:
		value = jen.Id("to")
	}
	comment(e.file.Group, name+" writes the "+kindName(s.Kind)+" "+s.Name+".")
	e.file.Func().Params(jen.Id("v").Op("*").Id("vars")).Id(name).Params(jen.Id("to").Add(jen.Id(typeText(s.Type)))).Block(
		jen.Id("v").Index(jen.Id(e.id("slot", s.Name))).Op("=").Add(value),
	)
}

// fromSlot turns the octet of a slot or an argument into its Go type.
func fromSlot(t *machine.Type, octet *jen.Statement) *jen.Statement {
	switch t.Kind {
	case machine.Bool:
		return octet.Op("!=").Lit(0)
	case machine.Number:
		return octet
	}
	return jen.Id(typeText(t)).Call(octet)
}
