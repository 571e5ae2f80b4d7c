package spec_test

import (
	"regexp"
	"testing"

	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
)

// TestExpressions holds what binds tighter against the grammar.
func TestExpressions(t *testing.T) {
	places := regexp.MustCompile(`@\d+:\d+`)
	for text, want := range map[string]string{
		"a":                               "a",
		"a or b and c or d":               "(or (or a (and b c)) d)",
		"not a and b":                     "(and (not a) b)",
		"not not a == 1":                  "(not (not (== a 1)))",
		"a == b + 1 - c":                  "(== a (- (+ b 1) c))",
		"a has b with c":                  "(has a (with b c))",
		"a without b has c":               "(has (without a b) c)",
		"(a or b) and (not (c))":          "(and (or a b) (not c))",
		"round < 0x13 or round >= 19":     "(or (< round 19) (>= round 19))",
		"a<=b and c>d and e!=f":           "(and (and (<= a b) (> c d)) (!= e f))",
		"event.reason == Hot":             "(== event.reason Hot)",
		"event . reason has Hot or round": "(or (has event.reason Hot) round)",
		"hasty or nothing":                "(or hasty nothing)",
	} {
		source := "protocol: Lamp\ngo: {package: lamp, dir: .}\nroles: [lamp]\nphases: {}\nguards: {g: \"" + text + "\"}\n"
		f, err := spec.Parse("lamp.yaml", []byte(source))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		e := f.Machine.Guards[0].Expr
		if d := cmp.Diff(want, places.ReplaceAllString(lisp(e), "")); d != "" {
			t.Errorf("%s (-want +got)\n%s", text, d)
		}
		if e.Text != text {
			t.Errorf("Text = %q, want %q", e.Text, text)
		}
	}
}
