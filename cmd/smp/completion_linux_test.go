package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBashCompletes has bash complete some lines.
func TestBashCompletes(t *testing.T) {
	_, script, _ := once(t, "completion", "bash")
	for line, want := range map[string]string{
		"smp p":                    "pair peripheral",
		"smp completion ":          "bash zsh",
		"smp help sc":              "scan",
		"smp pair --pri":           "--privacy",
		"smp pair --io n":          "none",
		"smp pair --repairing ":    "stronger never ask always",
		"smp pair --passkey ":      "",
		"smp scan --bonds nothing": "",
	} {
		words := strings.Split(line, " ")
		command := fmt.Sprintf("%s\nCOMP_WORDS=(%s '%s'); COMP_CWORD=%d; _smp; echo \"${COMPREPLY[*]}\"",
			script, strings.Join(words[:len(words)-1], " "), words[len(words)-1], len(words)-1)
		out, err := exec.Command("bash", "-c", command).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		if diff := cmp.Diff(want, strings.TrimSpace(string(out))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}
