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
	Class      Class  `json:"class"`
	Line       int    `json:"line"`
	Where      string `json:"where"`
	Change     string `json:"change"`
	Equivalent string `json:"equivalent,omitempty"`
	Verdict
}

// Report is what a run has brought.
type Report struct {
	File    string  `json:"file"`
	Seed    int64   `json:"seed"`
	Mutants int     `json:"mutants"` // that the file has
	Judged  int     `json:"judged"`
	Killed  int     `json:"killed"`
	Seconds float64 `json:"seconds"`

	// Processor is the time that processors worked, in seconds: on a machine that
	// does other work too it says more than Seconds.
	Processor float64 `json:"processor"`

	By map[string]map[Class]int `json:"by"` // how many each means has found

	Listed   []Judged `json:"equivalent"` // survivors with a reason
	Survived []Judged `json:"survivors"`

	// Wrong are those that the specification calls equivalent and something has
	// found.
	Wrong []Judged `json:"wrong"`
}

// Add counts a mutant.
func (r *Report) Add(m Mutant, v Verdict) {
	one := Judged{m.ID, m.Class, m.Line, m.Where, m.Change, m.Equivalent, v}
	r.Judged++
	switch {
	case v.By != "":
		r.Killed++
		if r.By == nil {
			r.By = map[string]map[Class]int{}
		}
		if r.By[v.By] == nil {
			r.By[v.By] = map[Class]int{}
		}
		r.By[v.By][m.Class]++
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
	p.printf("%d of %d mutants in %v, %v of processor time, seed %d\n", r.Judged, r.Mutants, seconds(r.Seconds), seconds(r.Processor), r.Seed)
	p.printf("  %-12s", "")
	for _, class := range Classes() {
		p.printf(" %8s", class)
	}
	p.printf("\n")
	for _, means := range Means() {
		if found := r.By[means]; found != nil {
			p.line(means, found)
		}
	}
	p.line("equivalent", byClass(r.Listed))
	p.line("survived", byClass(r.Survived))
	p.printf("score %.1f%%: %d of %d that make a difference\n", r.Score(), r.Killed, r.Judged-len(r.Listed))
	return p.err
}

func seconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second)).Round(time.Second)
}

func byClass(some []Judged) map[Class]int {
	n := map[Class]int{}
	for _, m := range some {
		n[m.Class]++
	}
	return n
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

// line writes a number for each class.
func (p *printer) line(name string, n map[Class]int) {
	p.printf("  %-12s", name)
	for _, class := range Classes() {
		p.printf(" %8d", n[class])
	}
	p.printf("\n")
}

// Sort puts the mutants into the order of the file.
func (r *Report) Sort() {
	for _, list := range [][]Judged{r.Listed, r.Survived, r.Wrong} {
		slices.SortFunc(list, func(a, b Judged) int { return a.ID - b.ID })
	}
}
