package main

import (
	"strings"
	"testing"
)

func TestVerify(t *testing.T) {
	tests := []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"verify", "--quick", "--only", "SC, out of band, LTK and identity"}, exitOK, "1 setups, ", ""},
		{[]string{"verify", "--quick", "--no-numbers", "--only", "SC, numeric comparison, LTK and identity, three pairings"}, exitFailure, "| PairingRequest -----", ""},
		{[]string{"verify", "--quick", "--no-numbers", "--mermaid", "--only", "SC, numeric comparison, LTK and identity, three pairings"}, exitFailure, "\nsequenceDiagram\n", ""},
		{[]string{"verify", "--quick", "--all", "--no-flush", "--only", "SC, just works, LTK and identity, SC bonds"}, exitFailure, "BROKEN: the two sides start encryption with different keys", ""},
		{[]string{"verify", "--only", "nothing"}, exitUsage, "", `there is no setup "nothing"`},
		{[]string{"verify", "--last-round", "20"}, exitUsage, "", "--last-round is 0 to 19"},
		{[]string{"verify", "more"}, exitUsage, "", "verify takes no arguments"},
		{[]string{"verify", "--quick", "--max-states", "100", "--only", "SC, out of band, LTK and identity"}, exitFailure, "", "more than 100 states"},
	}
	for _, test := range tests {
		code, stdout, stderr := call(test.args...)
		if code != test.code || !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) {
			t.Errorf("%q: exit code %d, want %d; stdout %q, stderr %q", test.args, code, test.code, stdout, stderr)
		}
	}
}
