package interop

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocument checks that docs/interop.md is made from results.json.
func TestDocument(t *testing.T) {
	b, err := os.ReadFile("results.json")
	if err != nil {
		t.Fatal(err)
	}
	report, err := ParseReport(b)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../docs/interop.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(report.Markdown()), string(got)); diff != "" {
		t.Errorf("docs/interop.md is not made from results.json (-want +got):\n%s", diff)
	}
	for _, x := range report.Results {
		if x.Outcome != Passed && x.Outcome != Cannot || (x.Outcome == Cannot) != (x.Note != "") {
			t.Errorf("%s, %s, %s, %s: %q with note %q", x.Group, x.Case, x.Peer, x.Role, x.Outcome, x.Note)
		}
	}
}

func TestMarkdown(t *testing.T) {
	report := &Report{
		Peers: []Peer{{Name: "P", Version: "P 1", About: "A peer.", Lacks: []string{"speech"}}},
		Results: []Result{
			{Group: "G", Case: "b", Peer: "P", Role: "us as central", Outcome: Passed},
			{Group: "G", Case: "a", Peer: "P", Role: "us as peripheral", Outcome: Cannot, Note: "no"},
			{Group: "G", Case: "a", Peer: "P", Role: "us as central", Outcome: Cannot, Note: "no"},
		},
		ToResponder: []Comparison{{Name: "x", Peer: "nothing", Us: "0x0a"}},
		Defects:     []Comparison{{Name: "y", Peer: "bad", Us: "good"}},
		Quirks:      []Quirk{{Peer: "P", What: "is odd", Test: "G: a"}},
	}
	report.Sort(map[string]int{"G/a": 0, "G/b": 1})
	want := heading + `## P

A peer.

Tested: P 1.

It lacks, so that cases are missing:

- speech

## Matrix

The columns say which role we had. A number refers to the list of what a peer cannot do, below.

### G

| case | P, us as central | P, us as peripheral |
| --- | --- | --- |
| a | no (1) | no (1) |
| b | passed | not run |

## What a peer cannot do

1. P: no

` + badHeading + `
### To a responder

| PDU | Linux | we |
| --- | --- | --- |
| x | nothing | 0x0a |

### To an initiator

| PDU | Linux | we |
| --- | --- | --- |

` + defectHeading + `
| defect | ble-host | we |
| --- | --- | --- |
| y | bad | good |

## Quirks

What we have to allow for, and the case that pins it.

| peer | quirk | case |
| --- | --- | --- |
| P | is odd | G: a |
`
	if diff := cmp.Diff(want, string(report.Markdown())); diff != "" {
		t.Errorf("Markdown (-want +got):\n%s", diff)
	}
}
