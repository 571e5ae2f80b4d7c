package machine

import "blesmp/gen/spec"

// Resolve works a specification out. The error is a diag.List of all that is
// wrong with it, sorted by position; the Machine's Notes hold what is only
// worth a look.
func Resolve(f *spec.File) (*Machine, error) {
	r := newResolver(f)
	r.types()
	r.codecs()
	r.grids()
	if r.spec != nil {
		r.vocabulary()
		r.places()
		r.decide()
		r.properties()
		r.check()
	}
	r.m.Notes = &r.notes.list
	if err := r.errors.list.Err(); err != nil {
		return nil, err
	}
	return r.m, nil
}

// resolver is the work in progress of Resolve.
type resolver struct {
	file   *spec.File
	spec   *spec.Machine // nil where the file has no machine part
	m      *Machine
	errors *problems
	notes  *problems
	// vague is set once a name is unknown and nothing like it exists. What
	// follows from its absence would only repeat the same mistake in other
	// words, so checks of the machine as a whole are left out.
	vague bool

	declared map[string]map[string]declaration
	enums    map[string]*spec.Enum
	flags    map[string]*spec.Flags
	wires    map[string]*spec.Type
	families map[string]*spec.Family
	roles    map[string]int
	events   map[string]*Event
	groups   map[string]*group
	states   map[string]*State
	phases   map[string]*Phase
	slots    map[string]*Slot // variables and inputs
	fields   map[string]*Slot
	guards   map[string]*Guard
	actions  map[string]*Action
	pdus     map[string]*PDU
	effects  map[string]*Effect
	timers   map[string]*Timer
	macros   map[string]*Macro

	scopes   map[*State][]*scope // the innermost first, the defaults last
	all      []*scope
	choices  map[*State]map[int]*choice // by role
	restarts map[*Timer]*restart
	diverted map[*State]bool // states whose failed_to is used
}

func newResolver(f *spec.File) *resolver {
	return &resolver{
		file:     f,
		spec:     f.Machine,
		m:        &Machine{File: f},
		errors:   newProblems(f, false),
		notes:    newProblems(f, true),
		declared: map[string]map[string]declaration{},
		enums:    map[string]*spec.Enum{},
		flags:    map[string]*spec.Flags{},
		wires:    map[string]*spec.Type{},
		families: map[string]*spec.Family{},
		roles:    map[string]int{},
		events:   map[string]*Event{},
		groups:   map[string]*group{},
		states:   map[string]*State{},
		phases:   map[string]*Phase{},
		slots:    map[string]*Slot{},
		fields:   map[string]*Slot{},
		guards:   map[string]*Guard{},
		actions:  map[string]*Action{},
		pdus:     map[string]*PDU{},
		effects:  map[string]*Effect{},
		timers:   map[string]*Timer{},
		macros:   map[string]*Macro{},
		scopes:   map[*State][]*scope{},
		choices:  map[*State]map[int]*choice{},
		restarts: map[*Timer]*restart{},
		diverted: map[*State]bool{},
	}
}

// check holds the machine as a whole against the rules of the language.
func (r *resolver) check() {
	r.checkLists()
	r.checkTargets()
	r.checkEffects()
	r.checkSenders()
	r.checkFields()
	r.checkTimers()
	r.checkChoiceCycles()
	r.checkDeferCycles()
	if r.vague {
		return
	}
	r.checkValues()
	r.checkDecided()
	r.checkHidden()
	r.checkReachable()
	r.checkLeaving()
	r.checkFacts()
	r.checkUnused()
	r.checkLimits()
}
