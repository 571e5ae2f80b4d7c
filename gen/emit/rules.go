package emit

import (
	"fmt"
	"strconv"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"

	"github.com/dave/jennifer/jen"
)

// rules writes the rules of the table as code: a method of binding for each cell,
// and the method step, which goes from one to the next as Table.Step does.
func (e *emitter) rules() {
	cells := e.distinctCells()
	e.step()
	e.cellMethods(cells)
	for _, c := range cells {
		e.cellMethod(c)
	}
}

// distinctCell is a cell that decides one event in one state at least.
type distinctCell struct {
	span    table.Span
	method  string
	decides string // the first of what it decides, for a comment
	more    int    // how much else it decides
}

// distinctCells gives the cells that have rules, in the order of the table.
func (e *emitter) distinctCells() []*distinctCell {
	var cells []*distinctCell
	known := map[uint16]*distinctCell{} // by the first rule: cells do not overlap
	names := e.bindingMethods()
	e.eachCell(func(role, state, event int, span table.Span) {
		if span.Len == 0 {
			return
		}
		if c := known[span.First]; c != nil {
			c.more++
			return
		}
		c := &distinctCell{span: span, method: e.cellMethodName(state, event), decides: e.cellName(state, event)}
		if names[c.method] { // the roles differ in what the state does with the event
			c.method += e.exported(e.table.Roles[role])
			c.decides += " of the " + e.table.Roles[role]
		}
		if names[c.method] {
			c.method += strconv.Itoa(int(span.First))
		}
		names[c.method] = true
		known[span.First] = c
		cells = append(cells, c)
	})
	return cells
}

func (e *emitter) cellMethodName(state, event int) string {
	name := e.exported(e.table.States[state].Name)
	if event == table.Choose {
		return "choose" + name
	}
	return lowerFirst(name) + "On" + e.exported(e.table.Events[event])
}

// bindingMethods are the methods that binding has beside those of the cells.
func (e *emitter) bindingMethods() map[string]bool {
	names := map[string]bool{"step": true}
	for _, p := range e.machine.PDUs {
		names[sendMethod(p)] = true
	}
	for _, effect := range e.machine.Effects {
		names[emitMethod(effect)] = true
	}
	return names
}

// step writes the method that a Procedure calls.
func (e *emitter) step() {
	comment(e.file.Group, "step gives an event to a machine of Table, and does what Table().Step would do: it is the same rules as code.")
	e.file.Func().Params(jen.Id("b").Id("binding")).Id("step").
		Params(jen.Id("m").Op("*").Qual(tablePath, "Machine"), jen.Id("event").Uint8()).Bool().Block(
		jen.Id("current").Op(",").Id("deferred").Op(":=").Id("event").Op(",").False(),
		jen.For(jen.Range().Qual(tablePath, "MaxChoices")).Block(
			jen.Id("cell").Op(":=").Id("defaultTable").Dot("Cell").Call(jen.Id("m").Dot("Role"), jen.Id("m").Dot("State"), jen.Id("current")),
			jen.If(jen.Id("cell").Dot("Len").Op("==").Lit(0)).Block(jen.Return(jen.False())),
			jen.Id("turn").Op(":=").Id("cells").Index(jen.Id("cell").Dot("First")).Call(jen.Id("b"), jen.Id("m"), jen.Id("current")),
			jen.If(jen.Id("turn").Op("&").Qual(tablePath, "Defers").Op("!=").Lit(0)).Block(jen.Id("deferred").Op("=").True()),
			jen.Switch().Block(
				jen.Case(jen.Id("turn").Op("==").Qual(tablePath, "NoRule")).Block(jen.Return(jen.False())),
				jen.Case(jen.Id("turn").Op("&").Qual(tablePath, "Chooses").Op("!=").Lit(0)).Block(
					jen.Id("current").Op("=").Qual(tablePath, "Choose"),
				),
				jen.Case(jen.Id("deferred")).Block(
					jen.Id("current").Op(",").Id("deferred").Op("=").Id("event").Op(",").False(),
				),
				jen.Default().Block(jen.Return(jen.True())),
			),
		),
		jen.Return(jen.False()),
	)
}

// cellMethods writes the methods of the cells by their first rules.
func (e *emitter) cellMethods(cells []*distinctCell) {
	comment(e.file.Group, "cells are the methods that decide, by the first rule of a cell.")
	e.file.Var().Id("cells").Op("=").Index(jen.Op("...")).
		Func().Params(jen.Id("binding"), jen.Op("*").Qual(tablePath, "Machine"), jen.Uint8()).Qual(tablePath, "Turn").
		CustomFunc(braces, func(g *jen.Group) {
			for _, c := range cells {
				g.Lit(int(c.span.First)).Op(":").Id("binding").Dot(c.method)
			}
		})
}

// cellMethod writes what decides a cell: its rules in turn, up to one that always
// holds.
func (e *emitter) cellMethod(c *distinctCell) {
	doc := c.method + " decides " + c.decides
	if c.more > 0 {
		doc += fmt.Sprintf(", and %d more", c.more)
	}
	comment(e.file.Group, doc+".")
	e.file.Func().Params(jen.Id("b").Id("binding")).Id(c.method).
		Params(jen.Id("m").Op("*").Qual(tablePath, "Machine"), jen.Id("event").Uint8()).Qual(tablePath, "Turn").
		BlockFunc(func(g *jen.Group) {
			for i := c.span.First; i < c.span.First+c.span.Len; i++ {
				rule := e.table.Rules[i]
				if rule.Cond == 0 {
					e.ruleBody(g, i)
					return
				}
				g.If(e.condition(rule.Cond)).BlockFunc(func(g *jen.Group) { e.ruleBody(g, i) })
			}
			g.Return(jen.Qual(tablePath, "NoRule"))
		})
}

// ruleBody writes what a rule does.
func (e *emitter) ruleBody(g *jen.Group, i uint16) {
	rule := e.table.Rules[i]
	text := fmt.Sprintf("line %d", rule.Line)
	if rule.If != "" {
		text += ": " + rule.If
	}
	g.Comment(text)
	to := jen.Id("m").Dot("State")
	if rule.Next != table.Stay {
		to = e.stateNumber(rule.Next)
	}
	g.Id("b").Dot("p").Dot("took").Call(jen.Qual(tablePath, "Step").Values(
		jen.Id("From").Op(":").Id("m").Dot("State"), jen.Id("To").Op(":").Add(to),
		jen.Id("Event").Op(":").Id("event"), jen.Id("Rule").Op(":").Lit(int(i)),
	))
	for _, op := range e.table.Ops[rule.Ops.First:][:rule.Ops.Len] {
		e.ruleOp(g, op)
	}
	turn := jen.Qual(tablePath, "Waits")
	if rule.Next != table.Stay {
		g.Id("m").Dot("State").Op("=").Add(e.stateNumber(rule.Next))
		if e.table.States[rule.Next].Flags&table.Choice != 0 {
			turn = jen.Qual(tablePath, "Chooses")
		}
	}
	if rule.Flags&table.Defer != 0 {
		turn.Op("|").Qual(tablePath, "Defers")
	}
	g.Return(turn)
}

func (e *emitter) stateNumber(state uint8) *jen.Statement {
	return jen.Uint8().Call(jen.Id(e.id("State", e.table.States[state].Name)))
}

// ruleOp writes one thing that a rule does.
func (e *emitter) ruleOp(g *jen.Group, op table.Op) {
	t := e.table
	binding := func(method string, args ...jen.Code) { g.Id("b").Dot(method).Call(args...) }
	procedure := func(method string, args ...jen.Code) { g.Id("b").Dot("p").Dot(method).Call(args...) }
	switch op.Kind {
	case table.Set:
		slot := e.machine.Slots[op.ID]
		g.Add(e.slot(uint16(op.ID))).Op("=").Add(e.octet(op.Arg, slot.Type))
	case table.Do:
		procedure(t.Actions[op.ID])
	case table.Send:
		pdu := e.machine.PDUs[op.ID]
		binding(sendMethod(pdu), e.argument(op.Arg, pdu.Arg != nil, e.fieldType(pdu.Arg))...)
	case table.Emit:
		effect := e.machine.Effects[op.ID]
		binding(emitMethod(effect), e.argument(op.Arg, effect.Arg != nil, effect.Arg)...)
	case table.StartTimer:
		procedure("startTimer", jen.Id(e.id("Timer", t.Timers[op.ID])))
	case table.StopTimer:
		procedure("stopTimer", jen.Id(e.id("Timer", t.Timers[op.ID])))
	}
}

// argument gives the argument of a send or an emit, where it takes one.
func (e *emitter) argument(node uint16, takes bool, t *machine.Type) []jen.Code {
	if !takes {
		return nil
	}
	return []jen.Code{e.octet(node, t)}
}

// fieldType is the type of the field that an argument fills, nil where it is none
// that has names.
func (e *emitter) fieldType(f *spec.Field) *machine.Type {
	if f == nil || e.enums[f.Type] == nil {
		return nil
	}
	return &machine.Type{Kind: machine.Enum, Enum: e.enums[f.Type]}
}
