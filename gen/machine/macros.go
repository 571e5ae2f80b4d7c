package machine

import (
	"blesmp/gen/spec"
)

// allMacros resolves the macros but for their targets, and with them which
// PDUs are sent with an argument.
func (r *resolver) allMacros() {
	for i, s := range r.spec.Macros {
		r.declare("macro", "macro", s.Name)
		macro := &Macro{ID: i, Name: s.Name.Text, Spec: s}
		if s.Arg.Text != "" {
			macro.Arg = r.typeOf(s.Arg)
		}
		r.macros[s.Name.Text] = macro
		r.m.Macros = append(r.m.Macros, macro)
		r.checkMacro(macro)
	}
}

func (r *resolver) checkMacro(m *Macro) {
	s := m.Spec
	if s.Ignore && (len(s.Send) > 0 || len(s.Emit) > 0 || s.Goto.Text != "" || s.Defer || s.Unreachable) {
		r.errors.add(s.Name.Pos, "macro %s ignores, and does something at the same time", m.Name)
	}
	if m.Arg != nil && s.Default.Text != "" {
		r.value(names{}, &spec.Expr{Op: "name", Name: s.Default.Text, Pos: s.Default.Pos}, m.Arg)
	}
	takers := 0
	for _, n := range s.Send {
		pdu, ok := find(r, "PDU", r.pdus, n)
		if !ok {
			continue
		}
		m.Send = append(m.Send, pdu)
		if m.Arg == nil {
			continue
		}
		fields := r.fieldsOf(pdu, m.Arg)
		switch {
		case len(fields) > 1:
			r.errors.add(n.Pos, "%s has %d fields of type %s: which one takes the argument?", pdu.Name, len(fields), m.Arg)
		case len(fields) == 1:
			pdu.Arg = fields[0]
			takers++
		}
	}
	for _, n := range s.Emit {
		effect, ok := find(r, "effect", r.effects, n)
		if !ok {
			continue
		}
		m.Emit = append(m.Emit, effect)
		switch {
		case effect.Arg == nil:
		case m.Arg == nil:
			r.errors.add(n.Pos, "effect %s takes %s, and macro %s has no argument", effect.Name, effect.Arg.a(), m.Name)
		case !m.Arg.same(effect.Arg):
			r.errors.add(n.Pos, "effect %s takes %s, and macro %s has %s", effect.Name, effect.Arg.a(), m.Name, m.Arg.a())
			takers++
		default:
			takers++
		}
	}
	if m.Arg != nil && takers == 0 {
		r.errors.add(s.Arg.Pos, "nothing in macro %s takes its argument", m.Name)
	}
}

// fieldsOf gives the fields of a PDU that have the type of an argument.
func (r *resolver) fieldsOf(p *PDU, t *Type) []*spec.Field {
	var fields []*spec.Field
	for _, f := range p.Spec.Fields {
		if f.Type == t.String() && (t.Kind == Enum || t.Kind == Flags) {
			fields = append(fields, f)
		}
	}
	return fields
}
