package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"blesmp/internal/mutate"
)

// TestMain lets this program be smp: mutate starts it again as its worker.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "mutate" {
		main()
	}
	os.Exit(m.Run())
}

func TestMutate(t *testing.T) {
	t.Chdir("../..")
	code, stdout, stderr := call("mutate", "--no-build", "--quick", "--json", "--moves", "20", "--only", "bindings", "--sample", "2")
	var report mutate.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("%v in %s%s", err, stdout, stderr)
	}
	if report.Judged != 2 || report.Killed+len(report.Survived) != 2 || (code == exitOK) != (len(report.Survived) == 0) || report.Processor <= 0 {
		t.Errorf("exit code %d, %+v", code, report)
	}
	for means, found := range report.By {
		if found[mutate.Bindings] == 0 || len(found) != 1 {
			t.Errorf("%s has found %v, want bindings alone", means, found)
		}
	}
}

// TestMutate_withoutTools has nothing to build with.
func TestMutate_withoutTools(t *testing.T) {
	t.Chdir("../..")
	t.Setenv("PATH", "")
	for _, test := range []struct {
		args   []string
		code   int
		stderr string
	}{
		{[]string{"mutate"}, exitFailure, "or leave out what has to be built with --no-build"},
		{[]string{"mutate", "--only", "codecs", "--tests", "smp.test"}, exitFailure, "or leave out what has to be built with --no-build"},
		{[]string{"mutate", "--only", "codecs", "--no-build"}, exitFailure, "no mutant is left to try"},
		{[]string{"mutate", "--only", "rows"}, exitUsage, "there are [table bindings codecs]"},
		{[]string{"mutate", "one.yaml", "two.yaml"}, exitUsage, `"two.yaml"`},
		{[]string{"mutate", "none.yaml"}, exitFailure, "none.yaml"},
	} {
		code, stdout, stderr := call(test.args...)
		if code != test.code || stdout != "" || !strings.Contains(stderr, test.stderr) {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q; want %d and %q", test.args, code, stdout, stderr, test.code, test.stderr)
		}
	}
}
