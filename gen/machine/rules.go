package machine

import (
	"slices"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// drafts resolves a list of rules as far as they do not depend on their place.
func (r *resolver) drafts(rules []*spec.Rule) []*draft {
	var out []*draft
	for _, rule := range rules {
		out = append(out, r.draft(rule))
	}
	return out
}

func (r *resolver) draft(s *spec.Rule) *draft {
	d := &draft{pos: s.Pos, rule: Rule{Spec: s}}
	if s.If != nil {
		d.rule.Text = s.If.Text
		if d.rule.Cond = r.truth(r.names(), s.If); d.rule.Cond == nil {
			r.vague = true
		}
	}
	for _, set := range s.Sets {
		r.set(d, set)
	}
	for _, n := range s.Do {
		if a, ok := find(r, "action", r.actions, n); ok {
			d.add(Op{Kind: table.Do, ID: a.ID, Name: a.Name, Pos: n.Pos})
		}
	}
	for _, n := range s.Send {
		pdu, ok := find(r, "PDU", r.pdus, n)
		if !ok {
			continue
		}
		if pdu.Arg != nil {
			r.errors.hint(n.Pos, r.macroThatSends(pdu), "%s is sent with an argument", pdu.Name)
		}
		d.add(Op{Kind: table.Send, ID: pdu.ID, Name: pdu.Name, Pos: n.Pos})
	}
	for _, c := range s.Emit {
		r.emit(d, c)
	}
	if s.Macro != nil {
		r.apply(d, s.Macro)
	}
	d.target = optional(r, "state", r.states, s.Goto)
	r.checkRule(d)
	return d
}

func (d *draft) add(op Op) { d.rule.Ops = append(d.rule.Ops, op) }

func (r *resolver) set(d *draft, set spec.Assignment) {
	slot, ok := r.variable(set.Var)
	if !ok || slot.Type == nil {
		r.expr(r.names(), set.Value, nil)
		return
	}
	if value := r.value(r.names(), set.Value, slot.Type); value != nil {
		d.add(Op{Kind: table.Set, ID: slot.ID, Name: slot.Name, Arg: value, Pos: set.Var.Pos})
	}
}

func (r *resolver) emit(d *draft, c spec.Call) {
	effect, ok := find(r, "effect", r.effects, c.Name)
	if !ok {
		return
	}
	op := Op{Kind: table.Emit, ID: effect.ID, Name: effect.Name, Pos: c.Name.Pos}
	switch {
	case effect.Spec.Arg.Text == "" && c.Arg != nil:
		r.errors.add(c.Arg.Pos, "effect %s takes no argument", effect.Name)
	case effect.Arg != nil && c.Arg == nil:
		r.errors.add(c.Name.Pos, "effect %s needs %s", effect.Name, effect.Arg.a())
	case effect.Arg != nil:
		op.Arg = r.value(r.names(), c.Arg, effect.Arg)
	}
	d.add(op)
}

// apply adds what a macro stands for.
func (r *resolver) apply(d *draft, c *spec.Call) {
	m, ok := find(r, "macro", r.macros, c.Name)
	if !ok {
		return
	}
	d.rule.Macro = m
	var arg *Expr
	bare := c.Arg == nil || c.Arg.Op == "name" && c.Arg.Name == "true" && m.Spec.Arg.Text == ""
	switch {
	case m.Spec.Arg.Text == "" && !bare:
		r.errors.add(c.Arg.Pos, "macro %s takes no argument", m.Name)
	case m.Arg == nil:
	case !bare:
		arg = r.value(r.names(), c.Arg, m.Arg)
	case m.Spec.Default.Text != "":
		if n, ok := r.constant(m.Arg, m.Spec.Default.Text); ok {
			arg = &Expr{Op: table.Const, Value: n, Type: m.Arg, Pos: m.Spec.Default.Pos}
		}
	default:
		r.errors.add(c.Name.Pos, "macro %s needs %s", m.Name, m.Arg.a())
	}
	from := "macro " + m.Name
	for i, pdu := range m.Send {
		op := Op{Kind: table.Send, ID: pdu.ID, Name: pdu.Name, Pos: c.Name.Pos, From: from}
		switch {
		case pdu.Arg == nil:
		case m.Spec.Arg.Text == "":
			r.errors.hint(m.Spec.Send[i].Pos, r.macroThatSends(pdu), "%s is sent with an argument", pdu.Name)
		default:
			op.Arg = arg
		}
		d.add(op)
	}
	for _, effect := range m.Emit {
		op := Op{Kind: table.Emit, ID: effect.ID, Name: effect.Name, Pos: c.Name.Pos, From: from}
		if effect.Arg != nil {
			op.Arg = arg
		}
		d.add(op)
	}
	for flag, set := range map[table.RuleFlags]bool{
		table.Defer: m.Spec.Defer, table.Unreachable: m.Spec.Unreachable, table.Ignore: m.Spec.Ignore,
	} {
		if set {
			d.rule.Flags |= flag
		}
	}
	d.macro = m.Goto
}

// macroThatSends gives a hint at a macro that sends the PDU with its argument.
func (r *resolver) macroThatSends(p *PDU) string {
	for _, m := range r.m.Macros {
		if m.Arg != nil && slices.Contains(m.Send, p) {
			return "use a macro such as " + m.Name
		}
	}
	return ""
}

// checkRule reports a rule that does nothing or contradicts itself.
func (r *resolver) checkRule(d *draft) {
	s := d.rule.Spec
	does := len(s.Sets) + len(s.Do) + len(s.Send) + len(s.Emit)
	if does == 0 && s.Macro == nil && s.Goto.Text == "" {
		hint := ""
		for _, m := range r.m.Macros {
			if m.Spec.Ignore {
				hint = "write " + m.Name
			}
		}
		r.errors.hint(d.pos, hint, "the rule does nothing")
	}
	if d.rule.Flags&table.Ignore != 0 && (does > 0 || s.Goto.Text != "") {
		r.errors.add(s.Macro.Name.Pos, "the rule does something and ignores the event at the same time")
	}
	if d.rule.Flags&table.Defer != 0 && d.target == nil && d.macro == nil && s.Goto.Text == "" {
		r.errors.add(s.Macro.Name.Pos, "%s offers the event again where the rule leads, and it leads nowhere: it needs a goto", d.rule.Macro.Name)
	}
}
