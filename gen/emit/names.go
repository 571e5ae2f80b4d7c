package emit

import (
	"time"

	"blesmp/gen/machine"

	"github.com/dave/jennifer/jen"
)

// machinePart writes what a file with states has beside its PDUs.
func (e *emitter) machinePart() {
	e.stateNames()
	e.eventNames()
	e.effectNames()
	e.timerNames()
	e.ids("guard", "guard is a condition that Go code answers.", e.table.Guards)
	e.ids("action", "action is a piece of straight-line Go code.", e.table.Actions)
	e.ids("pdu", "pdu is the number of a PDU in the table.", e.table.PDUs)
	e.slots()
	e.message()
	e.grids()
	e.interfaces()
	e.binding()
	e.rules()
	e.tableData()
}

// named is one value of an enumeration of the machine's parts.
type named struct {
	name string // constant
	text string
	doc  string // "" for none
}

// partNames writes an enumeration that counts from 0.
func (e *emitter) partNames(typeName, doc string, values []named) {
	comment(e.file.Group, doc)
	e.file.Type().Id(typeName).Uint8()
	if len(values) == 0 {
		return
	}
	comment(e.file.Group, "The values of "+typeName+".")
	e.file.Const().DefsFunc(func(g *jen.Group) {
		for i, v := range values {
			if v.doc != "" {
				comment(g, v.doc)
			}
			if i == 0 {
				g.Id(v.name).Id(typeName).Op("=").Iota()
				continue
			}
			g.Id(v.name)
		}
	})
	constants := make([]constant, len(values))
	for i, v := range values {
		constants[i] = constant{name: v.name, number: i, text: v.text}
	}
	e.stringer(typeName, "uint8", constants)
}

// ids writes the numbers of parts that only the generated code names.
func (e *emitter) ids(typeName, doc string, names []string) {
	if len(names) == 0 {
		return
	}
	comment(e.file.Group, doc)
	e.file.Type().Id(typeName).Uint8()
	comment(e.file.Group, "The values of "+typeName+".")
	e.file.Const().DefsFunc(func(g *jen.Group) {
		for i, name := range names {
			d := g.Id(e.id(typeName, name))
			if i == 0 {
				d.Id(typeName).Op("=").Iota()
			}
		}
	})
}

// id is the constant of a part: guardTooSoon, StateIdle.
func (e *emitter) id(kind, name string) string { return kind + e.exported(name) }

// about is the doc comment of a constant whose meaning the file tells.
func (e *emitter) about(name, doc, ref string) string {
	if doc == "" {
		return ""
	}
	return name + ": " + clause(doc) + e.section(ref) + "."
}

func (e *emitter) stateNames() {
	values := make([]named, len(e.machine.States))
	for i, s := range e.machine.States {
		values[i] = named{name: e.id("State", s.Name), text: s.Name}
		if s.Spec != nil {
			values[i].doc = e.about(values[i].name, s.Spec.Doc, s.Spec.Ref)
		}
	}
	e.partNames("State", "State is where "+article(e.spec.Protocol.Text)+" procedure stands.", values)
}

func (e *emitter) eventNames() {
	values := make([]named, len(e.machine.Events))
	for i, event := range e.machine.Events {
		name := e.id("Event", event.Name)
		values[i] = named{name: name, text: event.Name}
		switch {
		case i == 0:
			values[i].name = "EventChoose"
			values[i].doc = "EventChoose is no event: it decides states that are left at once."
		case event.PDU != nil:
			values[i].doc = name + " is the receipt of " + article(event.Name) + "."
		default:
			values[i].doc = e.about(name, event.Doc, "")
		}
	}
	e.partNames("EventKind", "EventKind tells what a procedure steps on.", values)
}

// engineEffects are the effects that every machine has, after those of the file.
var engineEffects = []named{
	{name: "EffectSend", text: "Send", doc: "EffectSend sends a PDU."},
	{name: "EffectStartTimer", text: "StartTimer", doc: "EffectStartTimer starts a timer, again if it runs."},
	{name: "EffectStopTimer", text: "StopTimer", doc: "EffectStopTimer stops a timer."},
}

func (e *emitter) effectNames() {
	values := make([]named, len(e.machine.Effects))
	for i, effect := range e.machine.Effects {
		name := e.id("Effect", effect.Name)
		values[i] = named{name: name, text: effect.Name}
		if effect.Spec != nil && effect.Spec.Doc != "" {
			values[i].doc = e.docOf(name, effect.Spec.Doc, "", effect.Spec.Ref)
		}
	}
	e.partNames("EffectKind", "EffectKind tells what leaves a procedure.", append(values, engineEffects...))
}

func (e *emitter) timerNames() {
	timers := e.machine.Timers
	if len(timers) == 0 {
		return
	}
	values := make([]named, len(timers))
	for i, timer := range timers {
		values[i] = named{name: e.id("Timer", timer.Name), text: timer.Name}
		if timer.Spec != nil {
			values[i].doc = e.about(values[i].name, timer.Spec.Doc, timer.Spec.Ref)
		}
	}
	e.partNames("Timer", "Timer is a timer of a procedure.", values)

	comment(e.file.Group, "Duration is the time after which the timer fires.")
	e.timerMethod("Duration", jen.Qual("time", "Duration"), func(t *machine.Timer) jen.Code {
		after, err := time.ParseDuration(t.Spec.After)
		if err != nil {
			e.fail(t.Spec.Name, "timer %s: %q is no duration", t.Name, t.Spec.After)
		}
		return duration(after)
	})
	comment(e.file.Group, "Event is what the timer fires.")
	e.timerMethod("Event", jen.Id("EventKind"), func(t *machine.Timer) jen.Code {
		return jen.Id(e.id("Event", t.Fires.Name))
	})
}

// timerMethod writes a method with one answer for each timer.
func (e *emitter) timerMethod(name string, result jen.Code, value func(*machine.Timer) jen.Code) {
	timers := e.machine.Timers
	if len(timers) == 1 {
		e.file.Func().Params(jen.Id("Timer")).Id(name).Params().Add(result).Block(jen.Return(value(timers[0])))
		return
	}
	e.file.Func().Params(jen.Id("v").Id("Timer")).Id(name).Params().Add(result).Block(
		jen.Switch(jen.Id("v")).BlockFunc(func(g *jen.Group) {
			for _, t := range timers[:len(timers)-1] {
				g.Case(jen.Id(e.id("Timer", t.Name))).Block(jen.Return(value(t)))
			}
		}),
		jen.Return(value(timers[len(timers)-1])),
	)
}

// duration writes a duration in the largest unit that fits.
func duration(d time.Duration) *jen.Statement {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{
		{"Hour", time.Hour},
		{"Minute", time.Minute},
		{"Second", time.Second},
		{"Millisecond", time.Millisecond},
		{"Microsecond", time.Microsecond},
	} {
		if d%unit.size != 0 {
			continue
		}
		if d == unit.size {
			return jen.Qual("time", unit.name)
		}
		return jen.Lit(int(d/unit.size)).Op("*").Qual("time", unit.name)
	}
	return jen.Lit(int(d))
}
