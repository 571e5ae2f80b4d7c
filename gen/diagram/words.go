package diagram

import (
	"strconv"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

func itoa(n int) string { return strconv.Itoa(n) }

// call writes a name with its argument.
func call(c spec.Call) string {
	if c.Arg == nil {
		return c.Name.Text
	}
	return c.Name.Text + " " + c.Arg.Text
}

// visible lists what of a rule is seen from outside: what it sends, what it
// emits, and its macro.
func visible(r *spec.Rule) []string {
	var parts []string
	if len(r.Send) > 0 {
		parts = append(parts, "send "+names(r.Send))
	}
	if len(r.Emit) > 0 {
		var all []string
		for _, c := range r.Emit {
			all = append(all, call(c))
		}
		parts = append(parts, "emit "+strings.Join(all, ", "))
	}
	if r.Macro != nil {
		parts = append(parts, call(*r.Macro))
	}
	return parts
}

// written writes a rule in one line, all but its condition.
func written(r *spec.Rule) string {
	var parts []string
	for _, s := range r.Sets {
		parts = append(parts, "set "+s.Var.Text+" = "+s.Value.Text)
	}
	if len(r.Do) > 0 {
		parts = append(parts, "do "+names(r.Do))
	}
	parts = append(parts, visible(r)...)
	if r.Goto.Text != "" {
		parts = append(parts, "goto "+r.Goto.Text)
	}
	return strings.Join(parts, "; ")
}

// row writes the rules of a row, each in a line.
func row(rules []*spec.Rule) []string {
	var lines []string
	for i, r := range rules {
		line := written(r)
		switch {
		case r.If != nil:
			line = "[" + r.If.Text + "] " + line
		case i > 0:
			line = "[else] " + line
		}
		lines = append(lines, line)
	}
	return lines
}

func names(all []spec.Name) string {
	var texts []string
	for _, n := range all {
		texts = append(texts, n.Text)
	}
	return strings.Join(texts, ", ")
}

// guard writes the condition of rule i of a cell; "" where there is none.
func guard(c *machine.Cell, i int) string {
	r := c.Rules[i]
	switch {
	case r.Cond != nil && r.Text != "":
		return r.Text
	case r.Cond != nil:
		return r.Cond.String()
	case i > 0:
		return "else"
	}
	return ""
}

// outcome writes all that a rule does in its place, in order.
func outcome(r *machine.Rule) string {
	var parts []string
	for _, op := range r.Ops {
		if op.Kind != table.StartTimer && op.Kind != table.StopTimer {
			parts = append(parts, op.String())
		}
	}
	if r.Flags&table.Ignore != 0 {
		parts = append(parts, "ignore")
	}
	if r.Next != nil {
		parts = append(parts, "→ "+r.Next.Name)
	}
	if r.Flags&table.Defer != 0 {
		parts = append(parts, "offer the event again")
	}
	return strings.Join(parts, "; ")
}

// ends reports whether a rule leads on by its macro, so that it is not the way
// that things should go.
func ends(r *machine.Rule) bool {
	return r.Macro != nil && r.Macro.Goto != nil
}

// wrap breaks a text at spaces into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// hang sets lines after the first in a little.
func hang(lines []string) []string {
	for i := 1; i < len(lines); i++ {
		lines[i] = "\u00a0\u00a0" + lines[i]
	}
	return lines
}

// cellText makes a text fit for a cell of a Markdown table.
func cellText(s string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "\n", " ").Replace(s)
}

// cells puts lines into one cell of a Markdown table.
func cells(lines []string) string {
	var all []string
	for _, line := range lines {
		all = append(all, cellText(line))
	}
	return strings.Join(all, "<br>")
}
