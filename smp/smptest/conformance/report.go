package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"blesmp/smp"
)

// Report is what a run has come to.
type Report struct{ Results []Result }

// Passed counts the scenarios of a kind: those that passed and all that were
// played.
func (r Report) Passed(kind Kind) (passed, played int) {
	for _, result := range r.Results {
		if result.Scenario.Kind != kind || errors.Is(result.Err, ErrNotPlayed) {
			continue
		}
		played++
		if result.Err == nil {
			passed++
		}
	}
	return passed, played
}

// OK reports whether everything that was played has passed.
func (r Report) OK() bool {
	for _, result := range r.Results {
		if result.Err != nil && !errors.Is(result.Err, ErrNotPlayed) {
			return false
		}
	}
	return true
}

// Summary is "88 of 88 LE, 37 of 37 attacks".
func (r Report) Summary() string {
	cases, allCases := r.Passed(Case)
	attacks, allAttacks := r.Passed(Attack)
	return fmt.Sprintf("%d of %d LE, %d of %d attacks", cases, allCases, attacks, allAttacks)
}

// verdict is pass, fail or "not played".
func (r Result) verdict() string {
	switch {
	case r.Err == nil:
		return "pass"
	case errors.Is(r.Err, ErrNotPlayed):
		return "not played"
	}
	return "fail"
}

// decision names the rule that decided.
func (r Result) decision() string {
	if r.Decided == nil {
		return ""
	}
	return describeRow(*r.Decided)
}

// describeRow gives file and line, state, event and condition of a rule.
func describeRow(t smp.Trace) string {
	return fmt.Sprintf("%s:%d %s", t.File(), t.Line(), nameRow(t))
}

// nameRow leaves the line out, which changes with the file.
func nameRow(t smp.Trace) string {
	var b strings.Builder
	b.WriteString(t.From.String())
	if t.Event != smp.EventChoose {
		fmt.Fprintf(&b, " on %s", t.Event)
	}
	if c := t.Condition(); c != "" {
		fmt.Fprintf(&b, " if %s", c)
	}
	return b.String()
}

// WriteText writes a table by group, then the failures with their ladders, then
// the summary.
func (r Report) WriteText(w io.Writer) error {
	p := printer{w: w}
	group := ""
	for _, result := range r.Results {
		s := result.Scenario
		if s.Group != group {
			p.printf("%s\n", s.Group)
			group = s.Group
		}
		p.printf("  %-10s  %-26s  %s\n", result.verdict(), s.ID, result.decision())
	}
	for _, result := range r.Results {
		if result.verdict() == "fail" {
			p.printf("\n%s: %v\n", result.Scenario.ID, result.Err)
		}
	}
	p.printf("\n%s\n", r.Summary())
	return p.err
}

// resultJSON is a Result as JSON.
type resultJSON struct {
	ID       string   `json:"id"`
	Alias    string   `json:"alias,omitempty"`
	Kind     Kind     `json:"kind"`
	Group    string   `json:"group"`
	About    string   `json:"about"`
	Versions string   `json:"versions,omitempty"`
	Rounds   int      `json:"rounds"`
	Result   string   `json:"result"`
	Error    string   `json:"error,omitempty"`
	Decided  *rowJSON `json:"decided,omitempty"`
	Lines    []int    `json:"lines,omitempty"` // of the specification
}

type rowJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Rule string `json:"rule"`
}

// WriteJSON writes one object.
func (r Report) WriteJSON(w io.Writer) error {
	type count struct {
		Passed int `json:"passed"`
		Played int `json:"played"`
	}
	var out struct {
		OK      bool         `json:"ok"`
		LE      count        `json:"le"`
		Attacks count        `json:"attacks"`
		Results []resultJSON `json:"results"`
	}
	out.OK = r.OK()
	out.LE.Passed, out.LE.Played = r.Passed(Case)
	out.Attacks.Passed, out.Attacks.Played = r.Passed(Attack)
	for _, result := range r.Results {
		out.Results = append(out.Results, result.json())
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

func (r Result) json() resultJSON {
	s := r.Scenario
	j := resultJSON{
		ID: s.ID, Alias: s.Alias, Kind: s.Kind, Group: s.Group, About: s.About, Versions: s.Versions,
		Rounds: len(s.rounds), Result: r.verdict(), Lines: r.lines(),
	}
	if r.Err != nil {
		j.Error = r.Err.Error()
	}
	if r.Decided != nil {
		j.Decided = &rowJSON{File: r.Decided.File(), Line: r.Decided.Line(), Rule: nameRow(*r.Decided)}
	}
	return j
}

// lines are where the rules stand that were taken, each once.
func (r Result) lines() []int {
	var lines []int
	for _, row := range r.Rows {
		if n := len(lines); n == 0 || lines[n-1] != row.Line() {
			lines = append(lines, row.Line())
		}
	}
	return lines
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
