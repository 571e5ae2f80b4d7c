package emit

import (
	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// The kinds of methods.
const (
	Action  = "action"
	Guard   = "guard"
	Sender  = "PDU"
	Emitter = "effect"
	Engine  = "engine"
)

// Method is a method that the procedure of a machine has to have.
type Method struct {
	Kind   string
	Of     string // the action, guard, PDU or effect
	Name   string // of the method
	Doc    string
	Params []string // types, as in Go
	Result string   // "" for none
	Pos    spec.Pos // of the declaration in the file; zero for those of the engine
}

// Methods lists the methods that generated code calls, by kind and in the order
// of the file.
func Methods(m *machine.Machine) []Method {
	return newEmitter(m, nil, Options{}).methods()
}

func (e *emitter) methods() []Method {
	var all []Method
	for _, a := range e.machine.Actions {
		all = append(all, Method{
			Kind: Action, Of: a.Name, Name: a.Name, Pos: a.Spec.Name.Pos,
			Doc: e.docOf(a.Name, a.Spec.Doc, "is an action", a.Spec.Ref),
		})
	}
	for _, g := range e.machine.Opaque() {
		all = append(all, Method{
			Kind: Guard, Of: g.Name, Name: g.Name, Pos: g.Spec.Name.Pos, Result: "bool",
			Doc: g.Name + " reports whether " + clause(g.Spec.Opaque) + e.section(g.Spec.Ref) + ".",
		})
	}
	senders := e.sent()
	for _, p := range senders {
		m := Method{
			Kind: Sender, Of: p.Name, Name: lowerFirst(p.Name), Pos: p.Spec.Name.Pos, Result: p.Name,
			Doc: lowerFirst(p.Name) + " makes the " + p.Name + " to send.",
		}
		if p.Arg != nil {
			m.Params = []string{p.Arg.Type}
		}
		all = append(all, m)
	}
	for _, effect := range e.machine.Effects {
		name := lowerFirst(effect.Name)
		m := Method{
			Kind: Emitter, Of: effect.Name, Name: name, Pos: effect.Spec.Name.Pos, Params: []string{"*Effect"},
			Doc: name + " fills the effect " + effect.Name + ".",
		}
		if effect.Spec.Doc != "" {
			m.Doc = name + " fills the effect that " + clause(effect.Spec.Doc) + e.section(effect.Spec.Ref) + "."
		}
		if effect.Arg != nil {
			m.Params = append(m.Params, typeText(effect.Arg))
		}
		all = append(all, m)
	}
	return append(all, e.engineMethods(len(senders) > 0)...)
}

func (e *emitter) engineMethods(sends bool) []Method {
	var all []Method
	add := func(name, doc, result string, params ...string) {
		all = append(all, Method{Kind: Engine, Of: name, Name: name, Doc: doc, Params: params, Result: result})
	}
	if len(e.machine.Effects) > 0 {
		add("newEffect", "newEffect gives a new effect of a kind, which an emitter fills next.", "*Effect", "EffectKind")
	}
	if sends {
		add("scratch", "scratch gives the buffer to append a PDU to.", "[]byte")
		add("sent", "sent takes the buffer of scratch, now with a PDU at its end, and sends that PDU.", "", codeType, "[]byte")
	}
	if len(e.machine.Timers) > 0 {
		add("startTimer", "startTimer starts a timer, again if it runs.", "", "Timer")
		add("stopTimer", "stopTimer stops a timer.", "", "Timer")
	}
	add("took", "took hears of every rule that is taken, before its ops run.", "", "table.Step")
	return all
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

// typeText is the Go type of a small value.
func typeText(t *machine.Type) string {
	switch t.Kind {
	case machine.Bool:
		return "bool"
	case machine.Enum:
		return t.Enum.Name.Text
	case machine.Flags:
		return t.Flags.Name.Text
	case machine.PDUCode:
		return codeType
	}
	return "uint8"
}

// Getter is the name of the method of vars that reads a slot.
func Getter(m *machine.Machine, s *machine.Slot) string {
	return newEmitter(m, nil, Options{}).exported(s.Name)
}

// Setter is the name of the method of vars that writes a slot.
func Setter(m *machine.Machine, s *machine.Slot) string { return "set" + Getter(m, s) }
