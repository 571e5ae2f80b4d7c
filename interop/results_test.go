//go:build interop

package interop

import (
	"fmt"
	"sync"
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
