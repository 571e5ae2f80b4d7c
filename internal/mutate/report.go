package mutate

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Judged is a mutant with its verdict.
type Judged struct {
	ID         int    `json:"id"`
	Line       int    `json:"line"`
	Where      string `json:"where"`
	Change     string `json:"change"`
	Equivalent string `json:"equivalent,omitempty"`
	Verdict
}

// Report is what a run has brought.
type Report struct {
	File    string         `json:"file"`
	Seed    int64          `json:"seed"`
	Mutants int            `json:"mutants"` // that the file has
	Judged  int            `json:"judged"`
	Killed  int            `json:"killed"`
	By      map[string]int `json:"by"`
	Seconds float64        `json:"seconds"`

	// Processor is the time that processors worked, in seconds: on a machine that
	// does other work too it says more than Seconds.
	Processor float64 `json:"processor"`

	Listed   []Judged `json:"equivalent"` // survivors with a reason
	Survived []Judged `json:"survivors"`

	// Wrong are those that the specification calls equivalent and something has
	// found.
	Wrong []Judged `json:"wrong"`
}

// Add counts a mutant.
func (r *Report) Add(m Mutant, v Verdict) {
	one := Judged{m.ID, m.Line, m.Where, m.Change, m.Equivalent, v}
	r.Judged++
	if r.By == nil {
		r.By = map[string]int{}
	}
	switch {
	case v.By != "":
		r.Killed++
		r.By[v.By]++
		if m.Equivalent != "" {
			r.Wrong = append(r.Wrong, one)
		}
	case m.Equivalent != "":
		r.Listed = append(r.Listed, one)
	default:
		r.Survived = append(r.Survived, one)
	}
}

// OK says that nothing survived without a reason, and that every reason holds.
func (r *Report) OK() bool { return len(r.Survived) == 0 && len(r.Wrong) == 0 }

// Score is the share of mutants that were found, of those that make a
// difference, in percent.
func (r *Report) Score() float64 {
	counted := r.Judged - len(r.Listed)
	if counted == 0 {
		return 100
	}
	return 100 * float64(r.Killed) / float64(counted)
}

// WriteJSON writes the report as one object.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	p := &printer{w: w}
	for _, list := range []struct {
		title string
		some  []Judged
	}{
		{"found, though the specification calls it equivalent", r.Wrong},
		{"survived", r.Survived},
	} {
		for _, m := range list.some {
			p.printf("%s:%d: %s: %s: %s", r.File, m.Line, m.Where, m.Change, list.title)
			if m.By != "" {
				p.printf(" (%s: %s)", m.By, m.Saw)
			}
			p.printf("\n")
		}
	}
	took := time.Duration(r.Seconds * float64(time.Second)).Round(time.Second)
	p.printf("%d of %d mutants in %v, seed %d\n", r.Judged, r.Mutants, took, r.Seed)
	for _, means := range Means() {
		if n := r.By[means]; n > 0 {
			p.printf("  %-12s %5d\n", means, n)
		}
	}
	p.printf("  %-12s %5d\n  %-12s %5d\n", "equivalent", len(r.Listed), "survived", len(r.Survived))
	p.printf("score %.1f%%: %d of %d that make a difference\n", r.Score(), r.Killed, r.Judged-len(r.Listed))
	return p.err
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

// Sort puts the mutants into the order of the file.
func (r *Report) Sort() {
	for _, list := range [][]Judged{r.Listed, r.Survived, r.Wrong} {
		slices.SortFunc(list, func(a, b Judged) int { return a.ID - b.ID })
	}
}
