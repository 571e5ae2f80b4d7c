// Package bench measures what pairings, links and bonds cost, each beside a
// floor that is measured in the same run: what the cryptography alone takes, or
// the disk. What a ratio to such a floor says holds on other machines too.
//
// Costs are processor time of this process, the collection of garbage included,
// on one core, and at the engine of one goroutine with the collector on any core,
// or between the rounds: what else the machine does then counts little. Medians of
// rounds are taken, floor and figure in turn.
package bench

import (
	"context"
	"path"
	"runtime"
	"time"

	"blesmp/internal/floor"
)

// Options say what to measure, and for how long. All have to be set.
type Options struct {
	Only    string        // a glob that the names of figures have to match, "" for all
	Time    time.Duration // for each figure, about
	Rounds  int           // at least floor.MinRounds
	Links   []int         // how many links to hold, ascending
	Pairing int           // how many of them pair at the same time
	Bonds   []int         // how many bonds a store has, ascending
	Folder  string        // where stores are put

	// Progress is told which figures come next.
	Progress func(names string)
}

// group are figures that are measured together.
type group struct {
	names []string
	run   func(context.Context, *session) error
}

// groups are all that can be measured, in the order of the report.
func groups() []group {
	all := []group{engineGroup()}
	all = append(all, stackGroups()...)
	return append(all, linksGroup(), bondsGroup())
}

// Names are those of all figures.
func Names() []string {
	var all []string
	for _, g := range groups() {
		all = append(all, g.names...)
	}
	return all
}

// Matches gives the names that a glob matches, all for "". A glob that is none
// matches nothing.
func Matches(glob string) []string {
	var found []string
	for _, name := range Names() {
		if matches(glob, name) {
			found = append(found, name)
		}
	}
	return found
}

func matches(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return glob == "" || ok && err == nil
}

// session is one run.
type session struct {
	Options
	report *Report
}

// Run measures.
func Run(ctx context.Context, o Options) (*Report, error) {
	s := &session{Options: o, report: &Report{
		Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.GOMAXPROCS(0),
		Rounds: o.Rounds, Links: o.Links, Pairing: o.Pairing, Bonds: o.Bonds,
	}}
	for _, g := range groups() {
		if !s.wants(g.names...) {
			continue
		}
		if err := g.run(ctx, s); err != nil {
			return nil, err
		}
	}
	return s.report, nil
}

// wants reports whether any of these figures is asked for.
func (s *session) wants(names ...string) bool {
	for _, name := range names {
		if matches(s.Only, name) {
			return true
		}
	}
	return false
}

// begin tells what is measured now, unless the context has ended.
func (s *session) begin(ctx context.Context, names string) error {
	if s.Progress != nil && ctx.Err() == nil {
		s.Progress(names)
	}
	return context.Cause(ctx)
}

// add takes a figure into the report, if it is asked for.
func (s *session) add(f Figure) {
	if s.wants(f.Name) {
		s.report.Figures = append(s.report.Figures, f)
	}
}

// rounds is how long one of two works takes in each round.
func (s *session) rounds(clock func() time.Duration) floor.Options {
	return floor.Options{Rounds: s.Rounds, Time: s.Time / time.Duration(2*s.Rounds), Clock: clock}
}

// oneCore runs f on one processor, so that elapsed time is what the work takes
// and nothing waits for another processor to wake.
func oneCore(f func() error) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	return f()
}
