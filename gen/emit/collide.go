package emit

import (
	"go/token"

	"blesmp/gen/diag"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

// Check finds names of the file that would be the same in Go, or that Go keeps
// for itself. What it finds comes back as a *diag.List.
func Check(m *machine.Machine) error {
	e := newEmitter(m, nil, Options{})
	c := &collisions{file: m.File, list: new(diag.List)}
	c.list.Source(m.File.Path, m.File.Source)
	e.topLevel(c.scope("the package"))
	for _, p := range m.File.PDUs {
		e.members(c.scope("PDU "+p.Name.Text), e.family(p), p.Fields)
		for _, f := range p.Fields {
			if f.Count != "" {
				e.members(c.scope("item "+f.Item.Text), nil, f.Of)
			}
		}
	}
	for _, flags := range m.File.Flags {
		s := c.scope("flags " + flags.Name.Text)
		s.reserve("String")
		for _, b := range flags.Bits {
			s.add(b.Name.Text, "bit "+b.Name.Text, b.Name.Pos)
			s.add("With"+b.Name.Text, "the setter of bit "+b.Name.Text, b.Name.Pos)
		}
	}
	if m.File.Machine != nil {
		s := c.scope("type " + m.File.Go.Procedure.Text)
		methods := e.methods()
		for _, method := range methods {
			if method.Kind == Engine {
				s.reserve(method.Name)
			}
		}
		for _, method := range methods {
			if method.Kind != Engine {
				s.add(method.Name, method.Kind+" "+method.Of, method.Pos)
			}
		}
		s = c.scope("the slots")
		for _, slot := range m.Slots {
			what := kindName(slot.Kind) + " " + slot.Name
			s.add(e.exported(slot.Name), what, slot.Spec.Name.Pos)
			s.add("set"+e.exported(slot.Name), "the setter of "+what, slot.Spec.Name.Pos)
		}
	}
	return c.list.Err()
}

// collisions collects what collides, scope by scope.
type collisions struct {
	file *spec.File
	list *diag.List
}

// scope is a space of Go names.
type scope struct {
	c     *collisions
	what  string
	names map[string]taken
}

// taken says what has a name.
type taken struct {
	what string
	pos  spec.Pos // zero for names that the generator brings along
}

func (c *collisions) scope(what string) *scope {
	return &scope{c: c, what: what, names: map[string]taken{}}
}

// reserve takes names for what the generator brings along.
func (s *scope) reserve(names ...string) {
	for _, name := range names {
		s.names[name] = taken{}
	}
}

// add takes a name for something of the file.
func (s *scope) add(name, what string, at spec.Pos) {
	if token.IsKeyword(name) {
		s.c.list.Errorf(s.c.file.Path, at.Line, at.Col, "%s would be %s in Go, which is a word of that language", what, name)
		return
	}
	first, ok := s.names[name]
	switch {
	case !ok:
		s.names[name] = taken{what, at}
	case first.pos == spec.Pos{}:
		s.c.list.Errorf(s.c.file.Path, at.Line, at.Col, "%s would be %s in Go, a name that generated code needs for itself", what, name)
	default:
		s.c.list.Errorf(s.c.file.Path, at.Line, at.Col, "%s and %s (line %d) would both be %s in Go, in %s",
			what, first.what, first.pos.Line, name, s.what)
	}
}

// members takes the names of a structure: its fields, and its methods.
func (e *emitter) members(s *scope, family *spec.Family, fields []*spec.Field) {
	s.reserve("AppendTo", "Unmarshal", "appendTo", "unmarshal")
	if family != nil {
		s.reserve(family.Method)
	}
	for _, f := range fields {
		s.add(f.Name.Text, "field "+f.Name.Text, f.Name.Pos)
	}
}

// topLevel takes the names of all declarations of the package.
func (e *emitter) topLevel(s *scope) {
	f := e.spec
	if len(f.PDUs) > 0 {
		s.reserve("sizeError")
	}
	if len(f.PDUs) > 0 && len(f.Families) == 0 {
		s.reserve(codeType, lowerFirst(codeType)+"Names")
	}
	for i, family := range f.Families {
		if firstOfType(f.Families, i) {
			s.add(family.Type, "the type of family "+family.Name.Text, family.Name.Pos)
		}
	}
	if f.Machine != nil {
		e.reserveMachine(s)
	}
	for _, enum := range f.Enums {
		s.add(enum.Name.Text, "enum "+enum.Name.Text, enum.Name.Pos)
		for _, v := range enum.Values {
			s.add(v.Name.Text, "value "+v.Name.Text+" of "+enum.Name.Text, v.Name.Pos)
		}
	}
	for _, flags := range f.Flags {
		s.add(flags.Name.Text, "flags "+flags.Name.Text, flags.Name.Pos)
		for _, b := range flags.Bits {
			s.add(flags.Name.Text+b.Name.Text, "bit "+b.Name.Text+" of "+flags.Name.Text, b.Name.Pos)
		}
	}
	codes := map[string]bool{}
	for _, p := range f.PDUs {
		s.add(p.Name.Text, "PDU "+p.Name.Text, p.Name.Pos)
		if name := codeName(e.family(p), p); !codes[name] {
			codes[name] = true
			s.add(name, "the code of PDU "+p.Name.Text, p.Name.Pos)
		}
		for _, field := range p.Fields {
			if field.Count != "" {
				s.add(field.Item.Text, "item "+field.Item.Text, field.Item.Pos)
			}
		}
	}
	if f.Machine != nil {
		e.machineNames(s)
	}
}

// reserveMachine takes the names that generated code of every machine has, and
// those that the hand-written code has to have.
func (e *emitter) reserveMachine(s *scope) {
	s.reserve(
		"State", "stateNames", "EventKind", "eventKindNames", "EventChoose", "EffectKind", "effectKindNames",
		"Timer", "timerNames", "guard", "action", "pdu", "vars", "truth", "message",
		"actions", "guards", "senders", "emitters", "engine", "binding", "cells", "Table", "defaultTable",
		"Effect", e.spec.Go.Procedure.Text,
	)
	for _, effect := range engineEffects {
		s.reserve(effect.name)
	}
}

// machineNames takes the names of a machine's parts.
func (e *emitter) machineNames(s *scope) {
	m := e.machine
	for _, state := range m.States {
		s.add(e.id("State", state.Name), "state "+state.Name, state.Spec.Name.Pos)
	}
	for _, event := range m.Events {
		switch {
		case event.PDU != nil:
			s.add(e.id("Event", event.Name), "the event of PDU "+event.Name, event.PDU.Spec.Name.Pos)
		case event.Spec != nil:
			s.add(e.id("Event", event.Name), "event "+event.Name, event.Spec.Name.Pos)
		}
	}
	for _, effect := range m.Effects {
		s.add(e.id("Effect", effect.Name), "effect "+effect.Name, effect.Spec.Name.Pos)
	}
	for _, timer := range m.Timers {
		s.add(e.id("Timer", timer.Name), "timer "+timer.Name, timer.Spec.Name.Pos)
	}
	for _, g := range m.Opaque() {
		s.add(e.id("guard", g.Name), "guard "+g.Name, g.Spec.Name.Pos)
	}
	for _, a := range m.Actions {
		s.add(e.id("action", a.Name), "action "+a.Name, a.Spec.Name.Pos)
	}
	for _, p := range m.PDUs {
		s.add(e.id("pdu", p.Name), "the number of PDU "+p.Name, p.Spec.Name.Pos)
	}
	for _, slot := range m.Slots {
		s.add(e.id("slot", slot.Name), kindName(slot.Kind)+" "+slot.Name, slot.Spec.Name.Pos)
	}
	for _, grid := range m.Grids {
		s.add(e.gridName(grid), "grid "+grid.Name, grid.Spec.Name.Pos)
	}
}
