package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerify explores a machine that is right and one that breaks a promise.
func TestVerify(t *testing.T) {
	const property = "\nproperties:\n  quiet: {doc: a lamp that is on says nothing, in: On, never: Toggle}\n"
	tests := []struct {
		name, source string
		args         []string
		code         int
		want         string
	}{
		{"right", lamp, nil, exitOK, "lamp.yaml: button: 2 states, "},
		{"a property that does not hold", lamp + property, nil, exitFound, "at the button: property quiet does not hold: a lamp that is on says nothing (sends Toggle in state On)\n   1. Press: Off -> On"},
		{"too many states", lamp, []string{"-max-states", "1"}, exitFound, "more than 1 states at the button"},
		{"a mistake", strings.Replace(lamp, "goto: On", "goto: Onn", 1), nil, exitFound, `unknown state "Onn"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lamp.yaml")
			if err := os.WriteFile(path, []byte(test.source), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			code := run(append(append([]string{"verify"}, test.args...), path), &out, &errs)
			if code != test.code || !strings.Contains(out.String()+errs.String(), test.want) {
				t.Errorf("exit code %d, want %d\n%s%s", code, test.code, out.String(), errs.String())
			}
		})
	}
}
