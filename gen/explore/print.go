package explore

import (
	"fmt"
	"io"
	"strings"
)

// Print writes a result, with the way to each violation; source is the name of
// the specification's file.
func (r *Result) Print(w io.Writer, source string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %d states, %d steps, %d of %d rules taken, %.1f s\n",
		source, r.Role, r.States, r.Transitions, r.Taken, r.Rules, r.Elapsed.Seconds())
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "\n%s:%d:%d: at the %s: %s\n", source, v.Pos.Line, v.Pos.Col, r.Role, v.Text)
		for i, s := range v.Path {
			fmt.Fprintf(&b, "  %2d. %s\n", i+1, s.line(source))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// line writes a step.
func (s *Step) line(source string) string {
	var b strings.Builder
	b.WriteString(s.Event)
	if len(s.Given) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(s.Given, ", "))
	}
	fmt.Fprintf(&b, ": %s", s.From)
	if s.To != s.From {
		fmt.Fprintf(&b, " -> %s", s.To)
	}
	if len(s.Does) > 0 {
		fmt.Fprintf(&b, ": %s", strings.Join(s.Does, ", "))
	}
	for _, line := range s.Lines {
		fmt.Fprintf(&b, " [%s:%d]", source, line)
	}
	return b.String()
}
