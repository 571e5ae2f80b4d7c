package explore

import (
	"fmt"
	"slices"
	"time"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// Options bound an exploration. The zero Options are the default.
type Options struct {
	MaxStates int // for one role; 0 means 5 million
}

// Result is what the exploration of one role has brought.
type Result struct {
	Role        string
	States      int
	Transitions int // steps that were tried
	Rules       int // rules at this role, each counted once for every line
	Taken       int // those of them that were taken
	Elapsed     time.Duration
	Violations  []*Violation // the first of each kind at each place, nearest first
}

// Violation is one promise that the machine does not keep.
type Violation struct {
	Text string
	Pos  spec.Pos // of what is violated; the zero Pos for the machine as a whole
	Path []Step   // a shortest way to it
}

// Step is one event on the way to a violation.
type Step struct {
	Event string
	Given []string // answers of guards, values of inputs and fields, in order
	From  string
	To    string
	Lines []int    // of the rules that were taken
	Does  []string // actions, sends and effects
}

// LimitError says that a machine has more states than Options allow.
type LimitError struct {
	Role string
	Max  int
}

// Error names the role and the bound.
func (e *LimitError) Error() string {
	return fmt.Sprintf("explore: more than %d states at the %s", e.Max, e.Role)
}

// Explore explores a machine for each of its roles. The error is a *LimitError.
func Explore(m *machine.Machine, o Options) ([]*Result, error) {
	if o.MaxStates == 0 {
		o.MaxStates = 5_000_000
	}
	var results []*Result
	for role, name := range m.Roles {
		x := newExplorer(m, role)
		begin := time.Now()
		if !x.explore(o.MaxStates) {
			return results, &LimitError{name, o.MaxStates}
		}
		x.checkLeaving()
		x.result.Elapsed = time.Since(begin)
		results = append(results, &x.result)
	}
	return results, nil
}

// config is one state of the exploration. It can be compared.
type config struct {
	state  uint8
	timers uint16
	facts  uint64
	slots  [table.MaxSlots]uint8 // variables alone
}

// node is a config that was reached.
type node struct {
	config config
	from   int32 // index of the node before; -1 at the start
	event  uint8
}

type explorer struct {
	m      *machine.Machine
	role   int
	result Result

	facts map[string]uint64
	needs needs
	live  []uint32 // by state: variables that something may still read
	tries [][]int  // by slot: values that make a difference

	nodes []node
	known map[config]int32
	into  [][]int32 // by node: where it was reached from
	said  map[string]bool
	taken map[*machine.Rule]bool
}

func newExplorer(m *machine.Machine, role int) *explorer {
	x := &explorer{
		m: m, role: role, result: Result{Role: m.Roles[role]},
		known: map[config]int32{}, said: map[string]bool{}, taken: map[*machine.Rule]bool{},
	}
	x.learnFacts()
	x.learnValues()
	x.learnLive()
	return x
}

// explore visits all states, nearest first; false where there are too many.
func (x *explorer) explore(most int) bool {
	start := config{}
	for _, s := range x.m.States {
		if s.Is(table.Initial) {
			start.state = uint8(s.ID)
		}
	}
	x.visit(start, -1, 0)
	for at := 0; at < len(x.nodes); at++ {
		if len(x.nodes) > most {
			return false
		}
		for _, e := range x.m.Events[1:] {
			x.event(int32(at), e)
		}
	}
	x.result.States = len(x.nodes)
	x.countRules()
	return true
}

// event tries an event in all ways in which it can go.
func (x *explorer) event(at int32, e *machine.Event) {
	if len(x.m.Cell(x.role, int(x.nodes[at].config.state), e.ID).Rules) == 0 {
		if e.Role == "" || e.Role == x.m.Roles[x.role] {
			s := x.m.States[x.nodes[at].config.state]
			x.violate(at, nil, s.Spec.Name.Pos, "nothing decides %s in %s", e.Name, s.Name)
		}
		return
	}
	s := &step{x: x}
	for more := true; more; more = s.next() {
		s.run(x.nodes[at].config, e)
		x.result.Transitions++
		for _, f := range s.found {
			x.violate(at, s, f.pos, "%s", f.text)
		}
		if !s.stuck {
			x.visit(x.forget(s.c), at, uint8(e.ID))
		}
	}
}

// visit enters a config, and where it was reached from.
func (x *explorer) visit(c config, from int32, event uint8) {
	id, ok := x.known[c]
	if !ok {
		id = int32(len(x.nodes))
		x.known[c] = id
		x.nodes = append(x.nodes, node{c, from, event})
		x.into = append(x.into, nil)
	}
	if from >= 0 && from != id && !slices.Contains(x.into[id][max(0, len(x.into[id])-4):], from) {
		x.into[id] = append(x.into[id], from)
	}
}

// forget clears the variables that nothing can read any more.
func (x *explorer) forget(c config) config {
	live := x.live[c.state]
	for i := range c.slots {
		if live&(1<<i) == 0 {
			c.slots[i] = 0
		}
	}
	return c
}

// countRules counts the lines of rules, and those that were taken.
func (x *explorer) countRules() {
	all, taken := map[spec.Pos]bool{}, map[spec.Pos]bool{}
	for _, c := range x.m.Cells {
		if c.Role != x.role {
			continue
		}
		for _, rule := range c.Rules {
			if rule.Flags&table.Unreachable == 0 {
				all[rule.Spec.Pos] = true
			}
			if x.taken[rule] {
				taken[rule.Spec.Pos] = true
			}
		}
	}
	x.result.Rules, x.result.Taken = len(all), len(taken)
}

// checkLeaving reports states in a phase that has to be left from which no way
// leads out.
func (x *explorer) checkLeaving() {
	for _, p := range x.m.Phases {
		if !p.Spec.MustLeave {
			continue
		}
		leaves := make([]bool, len(x.nodes))
		var next []int32
		for i, n := range x.nodes {
			if !x.m.States[n.config.state].In(p) {
				leaves[i] = true
				next = append(next, int32(i))
			}
		}
		for len(next) > 0 {
			at := next[len(next)-1]
			next = next[:len(next)-1]
			for _, from := range x.into[at] {
				if !leaves[from] {
					leaves[from] = true
					next = append(next, from)
				}
			}
		}
		if i := slices.Index(leaves, false); i >= 0 {
			s := x.m.States[x.nodes[i].config.state]
			x.violate(int32(i), nil, s.Spec.Name.Pos, "no way leads from here out of phase %s, which must be left", p.Name)
		}
	}
}
