//go:build interop

package interop

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
)

// found collects the results of all cases.
var found results

type results struct {
	mu       sync.Mutex
	all      []Result
	compared map[string][]Comparison
}

// compare adds a line to one of the comparisons.
func (r *results) compare(what string, c Comparison) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.compared == nil {
		r.compared = map[string][]Comparison{}
	}
	r.compared[what] = append(r.compared[what], c)
}

func (r *results) add(x Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, x)
}

func (r *results) summary() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := map[string]int{}
	for _, x := range r.all {
		n[x.Outcome]++
	}
	return fmt.Sprintf("%d passed, %d failed, %d that a peer cannot do", n[Passed], n[Failed], n[Cannot])
}

// report gives all results, and whether they are those of a whole run.
func (r *results) report() (report *Report, whole bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	order := map[string]int{}
	for _, c := range matrix() {
		order[c.group+"/"+c.name] = len(order)
	}
	for _, c := range channelCases() {
		order[channelGroup+"/"+c.name] = len(order)
	}
	report = &Report{
		Results:     append([]Result{}, r.all...),
		ToResponder: r.compared["to a responder"],
		ToInitiator: r.compared["to an initiator"],
		Defects:     sorted(r.compared["defects"]),
		Quirks:      quirks,
	}
	report.Sort(order)
	if report.Peers, err = described(); err != nil {
		return nil, false, err
	}
	whole = len(r.all) == len(order)*len(peers)*2 &&
		len(report.ToResponder) > 0 && len(report.ToInitiator) > 0 && len(report.Defects) > 0
	return report, whole, nil
}

// sorted puts comparisons that end in any order in one.
func sorted(list []Comparison) []Comparison {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Comparison) int { return strings.Compare(a.Name, b.Name) })
	return list
}

const (
	resultsFile  = "results.json"
	documentFile = "../docs/interop.md"
)

// checkResults compares a whole run with what is written down, or writes it
// down.
func checkResults(t *testing.T) {
	report, whole, err := found.report()
	if err != nil {
		t.Fatal(err)
	}
	if !whole {
		t.Logf("a part of the cases: %s is not compared", resultsFile)
		return
	}
	var table strings.Builder
	report.matrix(&table)
	t.Logf("the matrix:\n%s", table.String())
	if *update && slices.ContainsFunc(report.Results, func(x Result) bool { return x.Outcome == Failed }) {
		t.Fatal("a run with failed cases is not written down")
	}
	if *update {
		b, err := report.JSON()
		if err == nil {
			err = os.WriteFile(resultsFile, b, 0o644)
		}
		if err == nil {
			err = os.WriteFile(documentFile, report.Markdown(), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(resultsFile)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ParseReport(b)
	if err != nil {
		t.Fatal(err)
	}
	want.Peers, report.Peers = nil, nil // other versions may do the same
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("%s is not what happened; go test -tags interop ./interop/... -update writes it (-file +run):\n%s", resultsFile, diff)
	}
}

// TestMatrixHasNoHoles checks that every cell of the report is filled.
func TestMatrixHasNoHoles(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range matrix() {
		key := c.group + "/" + c.name
		if seen[key] {
			t.Errorf("two cases are called %s", key)
		}
		seen[key] = true
		for _, p := range peers {
			for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
				if c.run == nil && (c.cannot == nil || c.cannot(p, role) == "") {
					t.Errorf("%s has neither a test nor a reason for %s, us as %s", key, p.name, role)
				}
			}
		}
	}
	for _, q := range quirks {
		if !seen[quirkKey(q.Test)] && q.Test != "PDUs that nobody should send" {
			t.Errorf("quirk %q names no case: %s", q.What, q.Test)
		}
	}
}

// quirkKey gives the case that a quirk names, as group and name.
func quirkKey(test string) string {
	group, name, _ := strings.Cut(test, ": ")
	return group + "/" + name
}
