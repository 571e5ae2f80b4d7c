//go:build !race

// The exploration is one goroutine, which the race detector would make take minutes.

package spec_test

import (
	"os"
	"strings"
	"testing"

	"blesmp/gen/explore"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

// found explores the Security Manager, after a text was replaced that has to be
// there once, and gives the violations.
func found(t *testing.T, old, change string) []*explore.Violation {
	t.Helper()
	const path = "smp_states.yaml"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	source := strings.ReplaceAll(string(text), "\r\n", "\n")
	if old != "" {
		if n := strings.Count(source, old); n != 1 {
			t.Fatalf("%q stands %d times in %s", old, n, path)
		}
		source = strings.Replace(source, old, change, 1)
	}
	f, err := spec.Parse(path, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	results, err := explore.Explore(m, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []*explore.Violation
	for _, r := range results {
		if r.States < 2 || r.Transitions < r.States || r.Taken == 0 {
			t.Errorf("%s: %d states, %d steps, %d rules", r.Role, r.States, r.Transitions, r.Taken)
		}
		all = append(all, r.Violations...)
	}
	return all
}

// TestPromises explores the Security Manager at both roles: its properties hold.
func TestPromises(t *testing.T) {
	for _, v := range found(t, "", "") {
		t.Errorf("%d:%d: %s", v.Pos.Line, v.Pos.Col, v.Text)
	}
}

// TestBrokenPromises plants rows that break a promise, and demands that each is
// found.
func TestBrokenPromises(t *testing.T) {
	tests := []struct {
		name, after, row, want string
		steps                  int // of the shortest way
	}{
		{
			"a mute peripheral that wakes up", "any_command: {refuse: LinkTimedOut}", "\n          Delivered: {goto: Idle}",
			"property muteIsSilent does not hold: after a timeout nothing but the key of a bond is given, and only a new link changes it (goes to Idle in state Mute)", 3,
		},
		{
			"a check that is taken for the user's yes", "NumbersEqual: {do: [computeKeys], goto: JudgeCheck}", "\n              DHKeyCheck: {do: [computeKeys], goto: JudgeCheck}",
			"property theUserCompares does not hold: nothing that the peer sends stands for the user's yes (goes to JudgeCheck in state CompareHoldCheck)", 7,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var texts []string
			for _, v := range found(t, test.after, test.after+test.row) {
				if v.Text == test.want {
					if len(v.Path) != test.steps {
						t.Errorf("a way of %d steps, want %d", len(v.Path), test.steps)
					}
					return
				}
				texts = append(texts, v.Text)
			}
			t.Errorf("not found: %s\nfound: %s", test.want, strings.Join(texts, "\n"))
		})
	}
}
