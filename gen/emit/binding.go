package emit

import (
	"blesmp/gen/machine"
	"blesmp/gen/table"

	"github.com/dave/jennifer/jen"
)

// method is one method that the procedure has to have.
type method struct {
	name   string
	doc    string
	params []jen.Code
	result jen.Code // nil for none
}

// sent gives the PDUs that some rule sends.
func (e *emitter) sent() []*machine.PDU {
	used := map[int]bool{}
	for _, cell := range e.machine.Cells {
		for _, rule := range cell.Rules {
			for _, op := range rule.Ops {
				if op.Kind == table.Send {
					used[op.ID] = true
				}
			}
		}
	}
	var pdus []*machine.PDU
	for _, p := range e.machine.PDUs {
		if used[p.ID] {
			pdus = append(pdus, p)
		}
	}
	return pdus
}

// interfaces writes what the procedure has to provide.
func (e *emitter) interfaces() {
	var actions, guards, senders, emitters []method
	for _, a := range e.machine.Actions {
		actions = append(actions, method{
			name: a.Name,
			doc:  e.docOf(a.Name, a.Spec.Doc, "is an action", a.Spec.Ref),
		})
	}
	for _, g := range e.machine.Opaque() {
		guards = append(guards, method{
			name:   g.Name,
			doc:    g.Name + " reports whether " + clause(g.Spec.Opaque) + e.section(g.Spec.Ref) + ".",
			result: jen.Bool(),
		})
	}
	for _, p := range e.sent() {
		m := method{
			name:   lowerFirst(p.Name),
			doc:    lowerFirst(p.Name) + " makes the " + p.Name + " to send.",
			result: jen.Id(p.Name),
		}
		if p.Arg != nil {
			m.params = []jen.Code{e.layout(p.Arg).goType()}
		}
		senders = append(senders, m)
	}
	for _, effect := range e.machine.Effects {
		name := lowerFirst(effect.Name)
		m := method{
			name:   name,
			doc:    e.docOf(name, effect.Spec.Doc, "fills the effect", effect.Spec.Ref),
			params: []jen.Code{jen.Op("*").Id("Effect")},
		}
		if effect.Arg != nil {
			m.params = append(m.params, e.typeOf(effect.Arg))
		}
		emitters = append(emitters, m)
	}
	engine := []method{
		{
			name:   "newEffect",
			doc:    "newEffect gives a new effect of a kind, which an emitter fills next.",
			params: []jen.Code{jen.Id("EffectKind")},
			result: jen.Op("*").Id("Effect"),
		},
		{
			name:   "scratch",
			doc:    "scratch gives the buffer to append a PDU to.",
			result: jen.Index().Byte(),
		},
		{
			name:   "sent",
			doc:    "sent takes the buffer of scratch, now with a PDU at its end, and sends that PDU.",
			params: []jen.Code{jen.Id(codeType), jen.Index().Byte()},
		},
		{name: "startTimer", doc: "startTimer starts a timer, again if it runs.", params: []jen.Code{jen.Id("Timer")}},
		{name: "stopTimer", doc: "stopTimer stops a timer.", params: []jen.Code{jen.Id("Timer")}},
		{
			name:   "took",
			doc:    "took hears of every rule that was taken.",
			params: []jen.Code{jen.Qual(tablePath, "Step")},
		},
	}
	if len(e.machine.Timers) == 0 {
		engine = append(engine[:3], engine[5:]...)
	}
	if len(senders) == 0 {
		engine = append(engine[:1], engine[3:]...)
	}
	if len(emitters) == 0 {
		engine = engine[1:]
	}

	procedure := e.spec.Go.Procedure.Text
	var assertions []jen.Code
	for _, list := range []struct {
		name, doc string
		methods   []method
	}{
		{"actions", "actions are what rules do.", actions},
		{"guards", "guards answer the conditions that are no expressions.", guards},
		{"senders", "senders make the PDUs that rules send.", senders},
		{"emitters", "emitters fill the effects that rules emit.", emitters},
		{"engine", "engine is what carries a machine's PDUs, effects and timers out.", engine},
	} {
		if len(list.methods) == 0 {
			continue
		}
		comment(e.file.Group, list.doc)
		e.file.Type().Id(list.name).InterfaceFunc(func(g *jen.Group) {
			for _, m := range list.methods {
				comment(g, m.doc)
				g.Id(m.name).Params(m.params...).Add(m.result)
			}
		})
		assertions = append(assertions, jen.Id("_").Id(list.name).Op("=").Parens(jen.Op("*").Id(procedure)).Call(jen.Nil()))
	}
	comment(e.file.Group, "What a rule names and "+procedure+" lacks stops the build here.")
	e.file.Var().Defs(assertions...)
}

// binding writes the adapter through which a table calls the procedure.
func (e *emitter) binding() {
	procedure := e.spec.Go.Procedure.Text
	comment(e.file.Group, "binding lets a table call the methods of a "+procedure+" by number.")
	e.file.Type().Id("binding").Struct(jen.Id("p").Op("*").Id(procedure))
	e.file.Var().Id("_").Qual(tablePath, "Host").Op("=").Id("binding").Values()

	id := jen.Id("id").Uint8()
	idArg := jen.List(jen.Id("id"), jen.Id("arg")).Uint8()
	call := func(method string, args ...jen.Code) *jen.Statement {
		return jen.Id("b").Dot("p").Dot(method).Call(args...)
	}

	e.host("Guard", "Guard asks a guard.", []jen.Code{id}, jen.Bool(), func(g *jen.Group) {
		if len(e.table.Guards) > 0 {
			g.Switch(jen.Id("guard").Call(jen.Id("id"))).BlockFunc(func(g *jen.Group) {
				for _, name := range e.table.Guards {
					g.Case(jen.Id(e.id("guard", name))).Block(jen.Return(call(name)))
				}
			})
		}
		g.Return(jen.False())
	}, len(e.table.Guards) > 0)

	e.host("Do", "Do runs an action.", []jen.Code{id}, nil, func(g *jen.Group) {
		g.Switch(jen.Id("action").Call(jen.Id("id"))).BlockFunc(func(g *jen.Group) {
			for _, name := range e.table.Actions {
				g.Case(jen.Id(e.id("action", name))).Block(call(name))
			}
		})
	}, len(e.table.Actions) > 0)

	senders := e.sent()
	e.host("Send", "Send has a PDU made and sends it.", []jen.Code{idArg}, nil, func(g *jen.Group) {
		g.Switch(jen.Id("pdu").Call(jen.Id("id"))).BlockFunc(func(g *jen.Group) {
			for _, p := range senders {
				var args []jen.Code
				if p.Arg != nil {
					args = append(args, e.layout(p.Arg).goType().Call(jen.Id("arg")))
				}
				g.Case(jen.Id(e.id("pdu", p.Name))).Block(
					jen.Id("out").Op(":=").Add(call(lowerFirst(p.Name), args...)),
					call("sent", jen.Id(codeName(nil, p.Spec)), jen.Id("out").Dot("AppendTo").Call(call("scratch"))),
				)
			}
		})
	}, len(senders) > 0)

	e.host("Emit", "Emit has an effect filled.", []jen.Code{idArg}, nil, func(g *jen.Group) {
		g.Id("kind").Op(":=").Id("EffectKind").Call(jen.Id("id"))
		g.Id("effect").Op(":=").Add(call("newEffect", jen.Id("kind")))
		g.Switch(jen.Id("kind")).BlockFunc(func(g *jen.Group) {
			for _, effect := range e.machine.Effects {
				args := []jen.Code{jen.Id("effect")}
				if effect.Arg != nil {
					args = append(args, e.fromSlot(effect.Arg, jen.Id("arg")))
				}
				g.Case(jen.Id(e.id("Effect", effect.Name))).Block(call(lowerFirst(effect.Name), args...))
			}
		})
	}, len(e.machine.Effects) > 0)

	timers := len(e.machine.Timers) > 0
	e.host("StartTimer", "StartTimer starts a timer, again if it runs.", []jen.Code{id}, nil, func(g *jen.Group) {
		g.Add(call("startTimer", jen.Id("Timer").Call(jen.Id("id"))))
	}, timers)
	e.host("StopTimer", "StopTimer stops a timer.", []jen.Code{id}, nil, func(g *jen.Group) {
		g.Add(call("stopTimer", jen.Id("Timer").Call(jen.Id("id"))))
	}, timers)
	e.host("Took", "Took passes on which rule was taken.", []jen.Code{jen.Id("step").Qual(tablePath, "Step")}, nil,
		func(g *jen.Group) { g.Add(call("took", jen.Id("step"))) }, true)
}

// host writes one method of the adapter. Where there is nothing to call, it has
// neither body nor names.
func (e *emitter) host(name, doc string, params []jen.Code, result jen.Code, body func(*jen.Group), used bool) {
	comment(e.file.Group, doc)
	if used {
		e.file.Func().Params(jen.Id("b").Id("binding")).Id(name).Params(params...).Add(result).BlockFunc(body)
		return
	}
	unnamed := []jen.Code{jen.Uint8()}
	if name == "Send" || name == "Emit" {
		unnamed = append(unnamed, jen.Uint8())
	}
	f := e.file.Func().Params(jen.Id("binding")).Id(name).Params(unnamed...).Add(result)
	if result != nil {
		f.Block(jen.Return(jen.False()))
		return
	}
	f.Block()
}
