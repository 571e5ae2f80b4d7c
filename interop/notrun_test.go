//go:build !interop

package interop

import (
	"os"
	"slices"
	"testing"
)

// TestNotRun says which matrices this run of the tests leaves out: those of the
// peers in results.json.
func TestNotRun(t *testing.T) {
	b, err := os.ReadFile("results.json")
	if err != nil {
		t.Fatal(err)
	}
	report, err := ParseReport(b)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range report.Peers {
		names = append(names, p.Name)
	}
	for _, x := range report.Results {
		if !slices.Contains(names, x.Peer) {
			t.Errorf("results of %s, which is not described", x.Peer)
		}
	}
	for _, name := range names {
		n := 0
		for _, x := range report.Results {
			if x.Peer == name {
				n++
			}
		}
		t.Logf("not run: %d cases against %s; interop/setup && go test -tags interop ./interop/... runs them", n, name)
	}
}
