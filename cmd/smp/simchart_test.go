package main

import (
	"strings"
	"testing"
)

// TestSimMermaid draws every model twice.
func TestSimMermaid(t *testing.T) {
	for _, m := range simModels {
		args := []string{"sim", "--mermaid", "--model", m.name}
		code, first, stderr := call(args...)
		_, second, _ := call(args...)
		if code != exitOK || first != second || !strings.Contains(first, "initiator->>responder: PairingRequest\n") {
			t.Errorf("%s: exit status %d, %s\n%s\n%s", m.name, code, stderr, first, second)
		}
		if strings.Contains(first, "0x") {
			t.Errorf("%s shows values:\n%s", m.name, first)
		}
	}
	for _, flag := range []string{"--json", "--trace", "--interactive"} {
		if code, _, stderr := call("sim", "--mermaid", flag); code != exitUsage || !strings.Contains(stderr, "--mermaid") {
			t.Errorf("with %s: exit status %d, %s", flag, code, stderr)
		}
	}
}
