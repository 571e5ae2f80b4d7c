package mutate

import (
	"slices"

	"blesmp/gen/spec"
)

// rules changes a list of rules: each condition always holds, never holds, or is
// turned round, and each rule does less or something else.
func (c *collector) rules(rules *[]*spec.Rule, where string) {
	for i, r := range *rules {
		if r.If != nil {
			c.add(r.Pos, where, "always "+r.If.Text, func() {
				r.If = nil
				*rules = (*rules)[:i+1]
			})
			c.add(r.Pos, where, "never "+r.If.Text, func() { *rules = slices.Delete(*rules, i, i+1) })
			c.add(r.Pos, where, "negate "+r.If.Text, func() { r.If = not(r.If) })
			c.operators(&r.If, r.If, where, r.Pos)
		}
		for j, a := range r.Sets {
			c.add(r.Pos, where, "drop set "+a.Var.Text, func() { r.Sets = slices.Delete(r.Sets, j, j+1) })
		}
		for j, n := range r.Do {
			c.add(r.Pos, where, "drop do "+n.Text, func() { r.Do = slices.Delete(r.Do, j, j+1) })
		}
		for j, n := range r.Send {
			c.add(r.Pos, where, "drop send "+n.Text, func() { r.Send = slices.Delete(r.Send, j, j+1) })
		}
		for j, e := range r.Emit {
			c.add(r.Pos, where, "drop emit "+e.Name.Text, func() { r.Emit = slices.Delete(r.Emit, j, j+1) })
		}
		c.ruleMacro(r, where)
		c.target(r, where)
	}
}

// target has a rule stay where it is, and go to the next state of the file.
func (c *collector) target(r *spec.Rule, where string) {
	if r.Goto.Text == "" {
		return
	}
	c.add(r.Pos, where, "drop goto "+r.Goto.Text, func() { r.Goto.Text = "" })
	at := max(slices.Index(c.states, r.Goto.Text), 0)
	for _, step := range []int{1, len(c.states) - 1} {
		to := c.states[(at+step)%len(c.states)]
		c.add(r.Pos, where, "goto "+to+" for "+r.Goto.Text, func() { r.Goto.Text = to })
	}
}

// quiet is the macro that does nothing.
const quiet = "ignore"

// ruleMacro swaps the reason of a macro, takes it away, and puts its sibling in
// its place.
func (c *collector) ruleMacro(r *spec.Rule, where string) {
	if r.Macro == nil {
		return
	}
	was := r.Macro.Name.Text
	if declared := c.declared(was); declared == nil || declared.Unreachable {
		return
	}
	if was != quiet {
		c.add(r.Pos, where, quiet+" for "+was, func() {
			if does := len(r.Sets) + len(r.Do) + len(r.Send) + len(r.Emit); does > 0 || r.Goto.Text != "" {
				r.Macro = nil
				return
			}
			r.Macro = &spec.Call{Name: spec.Name{Text: quiet, Pos: r.Macro.Name.Pos}}
		})
	} else {
		c.add(r.Pos, where, "fail for "+quiet, func() {
			r.Macro = &spec.Call{Name: spec.Name{Text: "fail", Pos: r.Pos}, Arg: &spec.Expr{Pos: r.Pos, Text: "UnspecifiedReason", Op: "name", Name: "UnspecifiedReason"}}
		})
	}
	if sibling, ok := map[string]string{"fail": "reject", "reject": "fail"}[was]; ok {
		c.add(r.Pos, where, sibling+" for "+was, func() { r.Macro.Name.Text = sibling })
	}
	c.argument(r.Macro, r.Pos, where)
}

// argument swaps a reason, a cause or a refusal for the next one.
func (c *collector) argument(call *spec.Call, pos spec.Pos, where string) {
	if call.Arg == nil {
		return
	}
	values := c.enum(c.declared(call.Name.Text).Arg.Text)
	if call.Arg.Op == "or_else" {
		c.add(pos, where, "drop event."+call.Arg.X.Name, func() { call.Arg = call.Arg.Y })
		c.swap(&call.Arg.Y, values, pos, where)
		return
	}
	if len(values) > 0 {
		c.swap(&call.Arg, values, pos, where)
	}
}

func (c *collector) swap(e **spec.Expr, values []string, pos spec.Pos, where string) {
	if (*e).Op != "name" || !slices.Contains(values, (*e).Name) {
		return
	}
	was, to := (*e).Name, after(values, (*e).Name)
	c.add(pos, where, to+" for "+was, func() { (*e).Name, (*e).Text = to, to })
}

func (c *collector) declared(macro string) *spec.Macro {
	for _, m := range c.f.Machine.Macros {
		if m.Name.Text == macro {
			return m
		}
	}
	return nil
}

func not(e *spec.Expr) *spec.Expr {
	return &spec.Expr{Pos: e.Pos, Text: "not (" + e.Text + ")", Op: "not", X: e}
}

// opposites are the operators that stand in for one another.
var opposites = map[string]string{
	"and": "or", "or": "and", "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "+": "-", "-": "+",
}

// operators changes the parts of a condition: and to or, one side alone, a
// number by one.
func (c *collector) operators(place **spec.Expr, e *spec.Expr, where string, pos spec.Pos) {
	if e == nil {
		return
	}
	text := (*place).Text
	if to, ok := opposites[e.Op]; ok {
		c.add(pos, where, to+" for "+e.Op+" in "+text, func() { e.Op, (*place).Text = to, text+" mutated" })
	}
	if e.Op == "number" && e.Num > 0 {
		c.add(pos, where, "one less in "+text, func() { e.Num-- })
	}
	if e.Op == "and" || e.Op == "or" {
		for i, side := range []*spec.Expr{e.X, e.Y} {
			c.add(pos, where, "only side "+string(rune('1'+i))+" of "+e.Op+" in "+text, func() {
				kept := *side
				kept.Text = text
				*e = kept
			})
		}
	}
	c.operators(place, e.X, where, pos)
	c.operators(place, e.Y, where, pos)
}
