package emit

import (
	"strings"

	"blesmp/gen/machine"

	"github.com/dave/jennifer/jen"
)

// interfaces writes what the procedure has to provide.
func (e *emitter) interfaces() {
	procedure := e.spec.Go.Procedure.Text
	methods := e.methods()
	var assertions []jen.Code
	for _, kind := range []struct{ name, kind, doc string }{
		{"actions", Action, "actions are what rules do."},
		{"guards", Guard, "guards answer the conditions that are no expressions."},
		{"senders", Sender, "senders make the PDUs that rules send."},
		{"emitters", Emitter, "emitters fill the effects that rules emit."},
		{"engine", Engine, "engine is what carries a machine's PDUs, effects and timers out."},
	} {
		var some bool
		body := func(g *jen.Group) {
			for _, m := range methods {
				if m.Kind != kind.kind {
					continue
				}
				some = true
				comment(g, m.Doc)
				g.Id(m.Name).ParamsFunc(func(g *jen.Group) {
					for _, p := range m.Params {
						g.Add(goCode(p))
					}
				}).Do(func(s *jen.Statement) {
					if m.Result != "" {
						s.Add(goCode(m.Result))
					}
				})
			}
		}
		declaration := jen.Type().Id(kind.name).InterfaceFunc(body)
		if !some {
			continue
		}
		comment(e.file.Group, kind.doc)
		e.file.Add(declaration)
		assertions = append(assertions, jen.Id("_").Id(kind.name).Op("=").Parens(jen.Op("*").Id(procedure)).Call(jen.Nil()))
	}
	comment(e.file.Group, "What a rule names and "+procedure+" lacks stops the build here.")
	e.file.Var().Defs(assertions...)
}

// goCode writes a type that Methods gives as text.
func goCode(t string) *jen.Statement {
	if name, ok := strings.CutPrefix(t, "table."); ok {
		return jen.Qual(tablePath, name)
	}
	return jen.Op(t)
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
				g.Case(jen.Id(e.id("pdu", p.Name))).Block(jen.Id("b").Dot(sendMethod(p)).Call(argument(p.Arg != nil)...))
			}
		})
	}, len(senders) > 0)
	for _, p := range senders {
		e.sendMethod(p)
	}

	e.host("Emit", "Emit has an effect filled.", []jen.Code{idArg}, nil, func(g *jen.Group) {
		g.Switch(jen.Id("EffectKind").Call(jen.Id("id"))).BlockFunc(func(g *jen.Group) {
			for _, effect := range e.machine.Effects {
				g.Case(jen.Id(e.id("Effect", effect.Name))).Block(jen.Id("b").Dot(emitMethod(effect)).Call(argument(effect.Arg != nil)...))
			}
		})
	}, len(e.machine.Effects) > 0)
	for _, effect := range e.machine.Effects {
		e.emitMethod(effect)
	}

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

// sendMethod is the name of the method of binding that sends a PDU, emitMethod of
// the one that emits an effect.
func sendMethod(p *machine.PDU) string         { return "send" + p.Name }
func emitMethod(effect *machine.Effect) string { return "emit" + effect.Name }

func (e *emitter) sendMethod(p *machine.PDU) {
	var args []jen.Code
	if p.Arg != nil {
		args = append(args, jen.Id(p.Arg.Type).Call(jen.Id("arg")))
	}
	comment(e.file.Group, sendMethod(p)+" has a "+p.Name+" made and sends it.")
	e.file.Func().Params(jen.Id("b").Id("binding")).Id(sendMethod(p)).Params(parameter(p.Arg != nil)...).Block(
		jen.Id("out").Op(":=").Id("b").Dot("p").Dot(lowerFirst(p.Name)).Call(args...),
		jen.Id("b").Dot("p").Dot("sent").Call(
			jen.Id(codeName(nil, p.Spec)), jen.Id("out").Dot("AppendTo").Call(jen.Id("b").Dot("p").Dot("scratch").Call()),
		),
	)
}

func (e *emitter) emitMethod(effect *machine.Effect) {
	args := []jen.Code{jen.Id("b").Dot("p").Dot("newEffect").Call(jen.Id(e.id("Effect", effect.Name)))}
	if effect.Arg != nil {
		args = append(args, fromSlot(effect.Arg, jen.Id("arg")))
	}
	comment(e.file.Group, emitMethod(effect)+" has the effect "+effect.Name+" filled.")
	e.file.Func().Params(jen.Id("b").Id("binding")).Id(emitMethod(effect)).Params(parameter(effect.Arg != nil)...).Block(
		jen.Id("b").Dot("p").Dot(lowerFirst(effect.Name)).Call(args...),
	)
}

// parameter declares the argument of a method that takes one, argument passes it.
func parameter(takes bool) []jen.Code {
	if !takes {
		return nil
	}
	return []jen.Code{jen.Id("arg").Uint8()}
}

func argument(takes bool) []jen.Code {
	if !takes {
		return nil
	}
	return []jen.Code{jen.Id("arg")}
}
