package conformance

import (
	"fmt"
	"io"
	"strings"
)

const preface = `# Conformance

What the Security Manager of this project does in the test cases of the Bluetooth SIG's suite for LE, and under
published attacks. The table is written by ` + "`go run ./cmd/smp conformance --markdown docs/conformance.md`" + ` from a run in
which a scripted peer (package smp/smptest), which shares no code with the engine but the cryptographic toolbox and
the codecs of PDUs, plays every row over HCI against our host.

**This is not a qualification, and not PTS.** The ids are the SIG's; the descriptions are ours, and the suite's text is
not here. Whoever qualifies a product runs the SIG's own tests with the Profile Tuning Suite.

Where versions of the Core differ, the device follows the newest; the row says which versions it is about. The last
column tells which rule of ` + "`spec/smp_states.yaml`" + ` decided, and on how many lines of that file the rules stand that the
rounds took: ` + "`go run ./cmd/smp conformance --id ID --json`" + ` lists them.

`

// WriteMarkdown writes the page that docs/conformance.md is.
func (r Report) WriteMarkdown(w io.Writer) error {
	p := printer{w: w}
	p.printf("%s**%s.** ", preface, r.Summary())
	p.printf("The %d test cases that need BR/EDR are at the end.\n", len(CrossTransport()))
	group := ""
	for _, result := range r.Results {
		s := result.Scenario
		if s.Group != group {
			p.printf("\n## %s\n\n| id | what it checks | result | decided by |\n| --- | --- | --- | --- |\n", s.Group)
			group = s.Group
		}
		p.printf("| %s | %s | %s | %s |\n", names(s), about(s), result.verdict(), result.deciders())
	}
	p.printf("\n## Cross-transport key derivation\n\n")
	p.printf("These need BR/EDR and are not played. The derivations are tested with the vectors of the specification.\n\n")
	p.printf("| id | what it checks |\n| --- | --- |\n")
	for _, d := range CrossTransport() {
		p.printf("| %s | %s |\n", d.ID, d.About)
	}
	return p.err
}

// names gives both ids of a test case that has two.
func names(s Scenario) string {
	if s.Alias == "" {
		return s.ID
	}
	return s.ID + ", in Core 6.3 " + s.Alias
}

// about adds the versions, and says how many rounds there are.
func about(s Scenario) string {
	text := s.About
	if s.Versions != "" {
		text += " (" + s.Versions + ")"
	}
	if n := len(s.rounds); n > 1 {
		text += fmt.Sprintf("; %d rounds", n)
	}
	return escape(text)
}

func (r Result) deciders() string {
	if r.Decided == nil {
		return ""
	}
	return fmt.Sprintf("`%s`, line %d; %d lines", escape(nameRow(*r.Decided)), r.Decided.Line(), len(r.lines()))
}

// escape keeps a text in its cell.
func escape(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
