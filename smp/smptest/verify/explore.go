package verify

import (
	"context"
	"fmt"
	"hash/maphash"
	"runtime"
	"slices"
	"sync"
	"time"

	"blesmp/gen/table"
	"blesmp/smp"
)

// Options say what to explore. The zero Options are the full run.
type Options struct {
	Table   *table.Table // smp.Table() where nil
	Quick   bool         // one fault in each run instead of two, and fewer setups
	Only    string       // the setup with this name alone
	Workers int          // 0 means one for each processor

	// MaxStates bounds the states of one setup; 0 means 30 million, which take
	// 2 GB.
	MaxStates int

	// LastRound is the last round of Passkey Entry; 0 means 2, of 20 rounds as
	// the specification counts them it would be 19.
	LastRound int

	// Each of these takes one promise of the driver, or of the users, away.
	NoOrder   bool // link events may overtake PDUs
	NoFlush   bool // encryption starts before PDUs are acknowledged
	NoNumbers bool // answers and timeouts do not say to which question or start they belong
	NoPause   bool // a new pairing begins at once after one that has failed
	NoFresh   bool // the users give one passkey, or one TK, to several pairings
	NoChanges bool // the result of an encryption that was started before is taken for that of the last one

	// Progress, where it is set, is told of each setup that is done.
	Progress func(*Outcome)
}

// Outcome is what one setup has brought.
type Outcome struct {
	Setup     string
	States    int
	Steps     int
	Elapsed   time.Duration
	Violation *Violation // a shortest one, or nil

	taken *rules
}

// Report is what all setups have brought.
type Report struct {
	Outcomes []Outcome // in the order of the setups
	States   int
	Steps    int
	Elapsed  time.Duration
	Coverage Coverage // by all setups together
}

// Violations gives those of all setups.
func (r *Report) Violations() []*Violation {
	var all []*Violation
	for i := range r.Outcomes {
		if v := r.Outcomes[i].Violation; v != nil {
			all = append(all, v)
		}
	}
	return all
}

// Violation is one thing that no pairing may do, and a shortest way to it.
type Violation struct {
	Setup string
	Text  string
	Lines []Line
}

// LimitError says that a setup has more states than Options allow.
type LimitError struct {
	Setup string
	Max   int
}

// Error names the setup and the bound.
func (e *LimitError) Error() string {
	return fmt.Sprintf("verify: %s has more than %d states", e.Setup, e.Max)
}

// Run explores all setups. The error is a *LimitError or the context's.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Table == nil {
		o.Table = smp.Table()
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.MaxStates == 0 {
		o.MaxStates = 30_000_000 / max(1, o.Workers)
	}
	if o.LastRound == 0 {
		o.LastRound = 2
	}
	tasks := o.tasks()
	begin := time.Now()
	report := &Report{Outcomes: make([]Outcome, len(tasks))}
	errs := make([]error, len(tasks))
	next := make(chan int)
	var all sync.WaitGroup
	var telling sync.Mutex
	for range o.Workers {
		all.Go(func() {
			for i := range next {
				report.Outcomes[i], errs[i] = tasks[i](ctx)
				if o.Progress != nil && errs[i] == nil {
					telling.Lock()
					o.Progress(&report.Outcomes[i])
					telling.Unlock()
				}
			}
		})
	}
	for _, i := range o.order() {
		next <- i
	}
	close(next)
	all.Wait()
	report.Elapsed = time.Since(begin)
	var taken rules
	for i := range tasks {
		report.States += report.Outcomes[i].States
		report.Steps += report.Outcomes[i].Steps
		if errs[i] != nil {
			return report, errs[i]
		}
		taken.add(report.Outcomes[i].taken)
	}
	report.Coverage = taken.coverage(o.Table)
	return report, nil
}

// task explores one setup.
type task func(context.Context) (Outcome, error)

func (o *Options) tasks() []task {
	t := shorten(o.Table, uint16(o.LastRound))
	var all []task
	for _, s := range o.setups() {
		all = append(all, func(ctx context.Context) (Outcome, error) { return exploreSetup(ctx, &s, o, t) })
	}
	return all
}

func (o *Options) setups() []Setup {
	return slices.DeleteFunc(Setups(o.Quick), func(s Setup) bool { return o.Only != "" && o.Only != s.Name })
}

// order has the long setups begin first, so that all workers end together.
func (o *Options) order() []int {
	setups := o.setups()
	order := make([]int, len(setups))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return setups[b].size() - setups[a].size() })
	return order
}

// waiting is a state that is still to be expanded.
type waiting struct {
	world *world
	id    int32
}

func exploreSetup(ctx context.Context, s *Setup, o *Options, t *table.Table) (Outcome, error) {
	out := Outcome{Setup: s.Name}
	begin := time.Now()
	r, err := newRun(s, o, t)
	if err != nil {
		return out, err
	}
	out.taken = &r.taken
	h := &hasher{seed: maphash.MakeSeed()}
	seen := new(trail)
	start := r.start()
	seen.add(h.sum(start), -1, move{})
	layer := []waiting{{start, 0}}
	var moves []move
	for len(layer) > 0 {
		var next []waiting
		for i := range layer {
			at := layer[i]
			layer[i].world = nil // so that its memory is free
			var natural int
			moves, natural = r.moves(at.world, moves)
			if natural == 0 {
				r.found = r.found[:0]
				r.watchRest(at.world)
				if len(r.found) > 0 {
					out.finish(r, seen.way(at.id), r.found[0], begin, len(seen.parent))
					return out, nil
				}
			}
			for _, m := range moves {
				w := r.make(at.world, m)
				out.Steps++
				if len(r.found) > 0 {
					out.finish(r, append(seen.way(at.id), m), r.found[0], begin, len(seen.parent))
					return out, nil
				}
				if id, fresh := seen.add(h.sum(w), at.id, m); fresh {
					r.keep()
					next = append(next, waiting{w, id})
				}
			}
			if len(seen.parent) > o.MaxStates {
				return out, &LimitError{s.Name, o.MaxStates}
			}
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
		layer = next
	}
	out.States, out.Elapsed = len(seen.parent), time.Since(begin)
	return out, nil
}

// finish ends an exploration with a violation.
func (out *Outcome) finish(r *run, way []move, text string, begin time.Time, states int) {
	out.States, out.Elapsed = states, time.Since(begin)
	out.Violation = &Violation{Setup: r.setup.Name, Text: text, Lines: r.replay(way)}
}
