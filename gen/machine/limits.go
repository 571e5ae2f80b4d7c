package machine

import (
	"math"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// checkLimits reports machines that are too large for a table.
func (r *resolver) checkLimits() {
	m := r.m
	pos := func(n int, at func(int) spec.Pos) spec.Pos {
		if n == 0 {
			return r.file.Protocol.Pos
		}
		return at(n - 1)
	}
	for _, one := range []struct {
		what   string
		n, max int
		at     spec.Pos
	}{
		{"roles", len(m.Roles), 8, pos(len(r.spec.Roles), func(i int) spec.Pos { return r.spec.Roles[i].Pos })},
		{"states", len(m.States), table.Stay, pos(len(m.States), func(i int) spec.Pos { return m.States[i].Spec.Name.Pos })},
		{"PDUs and events", len(m.Events) - 1, math.MaxUint8, r.file.Protocol.Pos},
		{"vars, inputs and event fields", len(m.Slots), table.MaxSlots,
			pos(len(m.Slots), func(i int) spec.Pos { return m.Slots[i].Spec.Name.Pos })},
		{"opaque guards", len(m.Opaque()), math.MaxUint8 + 1,
			pos(len(m.Guards), func(i int) spec.Pos { return m.Guards[i].Spec.Name.Pos })},
		{"actions", len(m.Actions), math.MaxUint8 + 1,
			pos(len(m.Actions), func(i int) spec.Pos { return m.Actions[i].Spec.Name.Pos })},
		{"effects", len(m.Effects), math.MaxUint8 + 1,
			pos(len(m.Effects), func(i int) spec.Pos { return m.Effects[i].Spec.Name.Pos })},
		{"timers", len(m.Timers), math.MaxUint8 + 1,
			pos(len(m.Timers), func(i int) spec.Pos { return m.Timers[i].Spec.Name.Pos })},
		{"macros", len(m.Macros), math.MaxUint8,
			pos(len(m.Macros), func(i int) spec.Pos { return m.Macros[i].Spec.Name.Pos })},
	} {
		if one.n > one.max {
			r.errors.add(one.at, "%d %s are more than the %d that a table holds", one.n, one.what, one.max)
		}
	}
	if r.errors.list.HasErrors() {
		return
	}
	for _, s := range m.Slots {
		if s.Type != nil && s.Type.High > math.MaxUint8 {
			r.errors.add(s.Spec.Name.Pos, "%s can be %d, and a table holds values up to 255", s.Name, s.Type.High)
		}
	}
	if r.errors.list.HasErrors() {
		return
	}
	t := m.Table()
	for _, one := range []struct {
		what string
		n    int
	}{
		{"expressions", len(t.Nodes)}, {"operations", len(t.Ops)}, {"rules", len(t.Rules)},
		{"lines", lastLine(m)},
	} {
		if one.n > math.MaxUint16 {
			r.errors.add(r.file.Protocol.Pos, "%d %s are more than the %d that a table holds", one.n, one.what, math.MaxUint16)
		}
	}
}

// lastLine gives the last line that a rule or a state stands in.
func lastLine(m *Machine) int {
	last := 0
	for _, s := range m.States {
		last = max(last, s.Spec.Name.Pos.Line)
	}
	m.eachRule(func(_ *Cell, rule *Rule) { last = max(last, rule.Spec.Pos.Line) })
	return last
}
