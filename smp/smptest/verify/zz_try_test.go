package verify

import (
	"context"
	"os"
	"testing"
)

func TestTry(t *testing.T) {
	o := Options{Quick: os.Getenv("FULL") == "", Only: os.Getenv("ONLY")}
	o.Progress = func(out *Outcome) {
		t.Logf("%8d states %9d steps %v %s", out.States, out.Steps, out.Elapsed, out.Setup)
		if out.Violation != nil {
			out.Violation.WriteLadder(os.Stdout)
			os.Exit(1)
		}
	}
	r, err := Run(context.Background(), o)
	t.Log(r.States, r.Steps, r.Elapsed, err)
}
