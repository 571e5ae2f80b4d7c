package emit

import (
	"fmt"
	"strconv"

	"blesmp/gen/machine"
	"blesmp/gen/table"

	"github.com/dave/jennifer/jen"
)

// tableData writes the table as one literal, with names in place of numbers
// wherever something has a name.
func (e *emitter) tableData() {
	t := e.table
	comment(e.file.Group, "Table gives the machine of the specification. It is shared: whoever wants to change it makes a copy.")
	e.file.Func().Id("Table").Params().Op("*").Qual(tablePath, "Table").Block(jen.Return(jen.Id("defaultTable")))

	comment(e.file.Group, "defaultTable is the machine of "+e.options.Source+".")
	e.file.Var().Id("defaultTable").Op("=").Op("&").Qual(tablePath, "Table").CustomFunc(braces, func(g *jen.Group) {
		g.Id("Protocol").Op(":").Lit(t.Protocol)
		g.Id("Source").Op(":").Lit(t.Source)
		e.field(g, "Roles", texts(t.Roles), jen.String())
		e.field(g, "States", e.tableStates(), jen.Qual(tablePath, "State"))
		e.field(g, "Events", texts(t.Events), jen.String())
		e.field(g, "Slots", e.tableSlots(), jen.Qual(tablePath, "Slot"))
		e.field(g, "Guards", texts(t.Guards), jen.String())
		e.field(g, "Actions", texts(t.Actions), jen.String())
		e.field(g, "PDUs", texts(t.PDUs), jen.String())
		e.field(g, "Effects", texts(t.Effects), jen.String())
		e.field(g, "Timers", texts(t.Timers), jen.String())
		e.field(g, "Macros", texts(t.Macros), jen.String())
		e.field(g, "Nodes", e.tableNodes(), jen.Qual(tablePath, "Node"))
		e.field(g, "Ops", e.tableOps(), jen.Qual(tablePath, "Op"))
		e.field(g, "Rules", e.tableRules(), jen.Qual(tablePath, "Rule"))
		e.field(g, "Cells", e.tableCells(), jen.Qual(tablePath, "Span"))
		if grids := e.tableGrids(); len(grids) > 0 {
			g.Comment("In the condition of a grid a Load names one of its inputs.").Line().
				Id("Grids").Op(":").Index().Qual(tablePath, "Grid").Custom(braces, grids...)
		}
	})
}

// field writes one slice of the table, if there is anything in it.
func (e *emitter) field(g *jen.Group, name string, elements []jen.Code, of jen.Code) {
	if len(elements) == 0 {
		return
	}
	g.Id(name).Op(":").Index().Add(of).Custom(braces, elements...)
}

// texts writes strings, several a line.
func texts(names []string) []jen.Code {
	elements := make([]jen.Code, len(names))
	for i, name := range names {
		elements[i] = jen.Lit(name)
	}
	return lines(elements, func(i int) int { return len(names[i]) + 4 })
}

// lineWidth is what fits on a line of several elements.
const lineWidth = 96

// lines puts as many elements on a line as fit.
func lines(elements []jen.Code, width func(int) int) []jen.Code {
	var out []jen.Code
	var line []jen.Code
	used := 0
	for i, element := range elements {
		if len(line) > 0 && used+width(i) > lineWidth {
			out = append(out, jen.List(line...))
			line, used = nil, 0
		}
		line = append(line, element)
		used += width(i)
	}
	if len(line) > 0 {
		out = append(out, jen.List(line...))
	}
	return out
}

// keyed is a literal without a type: {A: 1, B: 2}. Zero values are left out by
// passing nil.
func keyed(pairs ...*pair) *jen.Statement {
	return jen.Values(elementsOf(pairs)...)
}

func elementsOf(pairs []*pair) []jen.Code {
	var elements []jen.Code
	for _, p := range pairs {
		if p != nil {
			elements = append(elements, jen.Id(p.key).Op(":").Add(p.value))
		}
	}
	return elements
}

type pair struct {
	key   string
	value jen.Code
}

// numberPair gives a pair, or nil for 0.
func numberPair(key string, n int) *pair {
	if n == 0 {
		return nil
	}
	return &pair{key, jen.Lit(n)}
}

func textPair(key, text string) *pair {
	if text == "" {
		return nil
	}
	return &pair{key, jen.Lit(text)}
}

// flagPair writes flags by their names.
func flagPair(key string, n int, names []string) *pair {
	if n == 0 {
		return nil
	}
	value := jen.Null()
	some := false
	for bit, name := range names {
		if n&(1<<bit) == 0 {
			continue
		}
		if some {
			value.Op("|")
		}
		value.Qual(tablePath, name)
		some = true
	}
	return &pair{key, value}
}

func spanPair(key string, s table.Span) *pair {
	if s == (table.Span{}) {
		return nil
	}
	return &pair{key, jen.Qual(tablePath, "Span").Add(span(s))}
}

func span(s table.Span) *jen.Statement {
	return keyed(numberPair("First", int(s.First)), numberPair("Len", int(s.Len)))
}

// The names of the flags of gen/table, by bit.
var (
	stateFlags = []string{"Initial", "Final", "Rest", "Choice", "WaitPeer", "WaitUser", "WaitController"}
	ruleFlags  = []string{"Defer", "Unreachable", "Ignore"}
	slotKinds  = []string{"Var", "Input", "Field"}
	opKinds    = []string{"Set", "Do", "Send", "Emit", "StartTimer", "StopTimer"}
	nodeOps    = []string{
		"", "Const", "Load", "Ask", "Not", "And", "Or", "Eq", "Ne", "Lt", "Le", "Gt", "Ge",
		"Has", "Add", "Sub", "With", "Without", "Else",
	}
)

func (e *emitter) tableStates() []jen.Code {
	var elements []jen.Code
	for _, s := range e.table.States {
		elements = append(elements, keyed(
			textPair("Name", s.Name), textPair("Phase", s.Phase),
			flagPair("Flags", int(s.Flags), stateFlags),
			numberPair("Roles", int(s.Roles)), numberPair("Line", int(s.Line)),
		))
	}
	return elements
}

func (e *emitter) tableSlots() []jen.Code {
	var elements []jen.Code
	for _, s := range e.table.Slots {
		var names *pair
		if len(s.Text) > 0 {
			var all []jen.Code
			for _, text := range s.Text {
				all = append(all, jen.Lit(text))
			}
			names = &pair{"Text", jen.Index().String().Values(all...)}
			if len(all) > 8 {
				names.value = jen.Index().String().Custom(braces, texts(s.Text)...)
			}
		}
		elements = append(elements, keyed(
			textPair("Name", s.Name),
			&pair{"Kind", jen.Qual(tablePath, slotKinds[s.Kind])},
			numberPair("Max", int(s.Max)), names,
		))
	}
	return elements
}

func (e *emitter) tableNodes() []jen.Code {
	var elements []jen.Code
	for i, n := range e.table.Nodes {
		if i == 0 {
			elements = append(elements, jen.Comment("0 is no expression").Line().Values())
			continue
		}
		a := numberPair("A", int(n.A))
		switch n.Op {
		case table.Load:
			a = &pair{"A", jen.Id(e.id("slot", e.slotName(n.A)))}
		case table.Ask:
			a = &pair{"A", jen.Uint16().Call(jen.Id(e.id("guard", e.table.Guards[n.A])))}
		}
		elements = append(elements, keyed(
			&pair{"Op", jen.Qual(tablePath, nodeOps[n.Op])}, a, numberPair("B", int(n.B)),
		))
	}
	return elements
}

func (e *emitter) slotName(n uint16) string { return e.table.Slots[n].Name }

// tableOps writes the ops; a comment before those of a rule names the line of
// one of the rules that do this.
func (e *emitter) tableOps() []jen.Code {
	starts := map[uint16]uint16{}
	for _, r := range e.table.Rules {
		if _, known := starts[r.Ops.First]; !known && r.Ops.Len > 0 {
			starts[r.Ops.First] = r.Line
		}
	}
	var elements []jen.Code
	for i, op := range e.table.Ops {
		var id *jen.Statement
		switch op.Kind {
		case table.Set:
			id = jen.Id(e.id("slot", e.table.Slots[op.ID].Name))
		case table.Do:
			id = jen.Uint8().Call(jen.Id(e.id("action", e.table.Actions[op.ID])))
		case table.Send:
			id = jen.Uint8().Call(jen.Id(e.id("pdu", e.table.PDUs[op.ID])))
		case table.Emit:
			id = jen.Uint8().Call(jen.Id(e.id("Effect", e.table.Effects[op.ID])))
		default:
			id = jen.Uint8().Call(jen.Id(e.id("Timer", e.table.Timers[op.ID])))
		}
		element := keyed(
			&pair{"Kind", jen.Qual(tablePath, opKinds[op.Kind])},
			&pair{"ID", id}, numberPair("Arg", int(op.Arg)),
		)
		if line, ok := starts[uint16(i)]; ok {
			element = jen.Commentf("line %d", line).Line().Add(element)
		}
		elements = append(elements, element)
	}
	return elements
}

// tableRules writes the rules; a comment before those of a cell names one of
// the cells that they decide.
func (e *emitter) tableRules() []jen.Code {
	starts := map[uint16]string{}
	e.eachCell(func(role, state, event int, cell table.Span) {
		if _, known := starts[cell.First]; !known && cell.Len > 0 {
			starts[cell.First] = e.cellName(state, event)
		}
	})
	var elements []jen.Code
	for i, r := range e.table.Rules {
		next := jen.Qual(tablePath, "Stay")
		if r.Next != table.Stay {
			next = jen.Uint8().Call(jen.Id(e.id("State", e.table.States[r.Next].Name)))
		}
		element := keyed(
			textPair("If", r.If), numberPair("Cond", int(r.Cond)), spanPair("Ops", r.Ops),
			&pair{"Next", next},
			flagPair("Flags", int(r.Flags), ruleFlags),
			numberPair("Macro", int(r.Macro)), numberPair("Line", int(r.Line)),
		)
		if name, ok := starts[uint16(i)]; ok {
			element = jen.Comment(name).Line().Add(element)
		}
		elements = append(elements, element)
	}
	return elements
}

// cellName names a cell, for a comment.
func (e *emitter) cellName(state, event int) string {
	name := e.table.States[state].Name
	if event == table.Choose {
		return name
	}
	return name + ", " + e.table.Events[event]
}

func (e *emitter) eachCell(visit func(role, state, event int, cell table.Span)) {
	for role := range e.table.Roles {
		for state := range e.table.States {
			for event := range e.table.Events {
				visit(role, state, event, e.table.Cell(uint8(role), uint8(state), uint8(event)))
			}
		}
	}
}

// tableCells writes the spans of rules, with a comment before those of a state
// at a role.
func (e *emitter) tableCells() []jen.Code {
	var elements []jen.Code
	for role, roleName := range e.table.Roles {
		for state := range e.table.States {
			var row []jen.Code
			var widths []int
			for event := range e.table.Events {
				s := e.table.Cell(uint8(role), uint8(state), uint8(event))
				row = append(row, span(s))
				widths = append(widths, spanWidth(s))
			}
			packed := lines(row, func(i int) int { return widths[i] })
			packed[0] = jen.Commentf("%s, %s", roleName, e.table.States[state].Name).Line().Add(packed[0])
			elements = append(elements, packed...)
		}
	}
	return elements
}

func spanWidth(s table.Span) int {
	width := len("{}, ")
	if s.First != 0 {
		width += len("First: , ") + len(strconv.Itoa(int(s.First)))
	}
	if s.Len != 0 {
		width += len("Len: ") + len(strconv.Itoa(int(s.Len)))
	}
	return width
}

func (e *emitter) tableGrids() []jen.Code {
	var elements []jen.Code
	for i, g := range e.table.Grids {
		of := e.machine.Grids[i]
		var inputs, exceptions, cells []jen.Code
		for _, input := range g.Inputs {
			inputs = append(inputs, jen.Lit(input))
		}
		for _, x := range g.Exceptions {
			exceptions = append(exceptions, keyed(
				textPair("If", x.If), numberPair("Cond", int(x.Cond)),
				&pair{"Result", e.outcome(of, x.Result)},
			))
		}
		for at := 0; at < len(g.Cells); at += int(g.Columns) {
			var row []jen.Code
			for _, n := range g.Cells[at : at+int(g.Columns)] {
				row = append(row, e.outcome(of, n))
			}
			cells = append(cells, jen.List(row...))
		}
		pairs := []*pair{textPair("Name", g.Name)}
		if len(inputs) > 0 {
			pairs = append(pairs, &pair{"Inputs", jen.Index().String().Values(inputs...)})
		}
		if len(exceptions) > 0 {
			pairs = append(pairs, &pair{
				"Exceptions", jen.Index().Qual(tablePath, "Exception").Custom(braces, exceptions...),
			})
		}
		pairs = append(pairs,
			numberPair("Columns", int(g.Columns)),
			&pair{"Cells", jen.Index().Uint8().Custom(braces, cells...)},
		)
		elements = append(elements, jen.Custom(braces, elementsOf(pairs)...))
	}
	return elements
}

// outcome names a value of a grid's result.
func (e *emitter) outcome(g *machine.Grid, n uint8) *jen.Statement {
	for _, v := range g.Result.Values {
		if v.Number == int(n) {
			return jen.Uint8().Call(jen.Id(v.Name.Text))
		}
	}
	e.fail(g.Spec.Name, "grid %s: no value %d of %s", g.Name, n, g.Result.Name.Text)
	return jen.Lit(fmt.Sprint(n))
}
