package mutate

import (
	"errors"
	"fmt"
	"reflect"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
	"blesmp/smp"
)

// Mutant is one change of a specification.
type Mutant struct {
	ID     int    // from 0, in the order of the file
	Line   int    // of what is changed
	Change string // as "drop send PairingFailed"
	Where  string // the states, events or phases around it, as "Idle/Pair"

	// Equivalent is the reason, where the specification says that the change
	// makes no difference.
	Equivalent string

	apply func()
}

// String gives line, place and change.
func (m Mutant) String() string { return fmt.Sprintf("%d: %s: %s", m.Line, m.Where, m.Change) }

// Source is a specification that mutants are made of.
type Source struct {
	path string
	text []byte
}

// NewSource takes a specification. The error says that it is none, or that
// the generated code is not the specification's.
func NewSource(path string, text []byte) (*Source, error) {
	s := &Source{path, text}
	f, err := spec.Parse(path, text)
	if err != nil {
		return nil, err
	}
	m, err := machine.Resolve(f)
	if err != nil {
		return nil, err
	}
	if f.Machine == nil || !reflect.DeepEqual(m.Table(), smp.Table()) {
		return nil, fmt.Errorf("mutate: %s is not the specification that package smp was generated from", path)
	}
	return s, nil
}

// Mutants lists all changes, in the order of the file. The order of changes to
// one row is fixed.
func (s *Source) Mutants() ([]Mutant, error) {
	f, err := spec.Parse(s.path, s.text)
	if err != nil {
		return nil, err
	}
	mutants := collect(f)
	remarks := remarksOf(s.text)
	for i := range mutants {
		mutants[i].Equivalent = remarks.take(mutants[i])
	}
	if left := remarks.left(); left != nil {
		return nil, fmt.Errorf("mutate: %s: %w", s.path, left)
	}
	return mutants, nil
}

// errNames says that a change has taken a name away or has moved one, so that
// the hand-written half no longer fits.
var errNames = errors.New("mutate: the names of the machine have changed")

// Machine gives the machine with one change. The error is what the static checks
// have against it.
func (s *Source) Machine(id int) (*machine.Machine, error) {
	f, err := spec.Parse(s.path, s.text)
	if err != nil {
		return nil, err
	}
	all := collect(f)
	if id < 0 || id >= len(all) {
		return nil, fmt.Errorf("mutate: there is no mutant %d", id)
	}
	all[id].apply()
	m, err := machine.Resolve(f)
	if err != nil {
		return nil, err
	}
	if !sameNames(m.Table(), smp.Table()) {
		return nil, errNames
	}
	return m, nil
}

// sameNames reports whether two tables number the same things.
func sameNames(a, b *table.Table) bool {
	return reflect.DeepEqual(names(a), names(b))
}

func names(t *table.Table) [][]string {
	all := [][]string{t.Roles, t.Events, t.Guards, t.Actions, t.PDUs, t.Effects, t.Timers, nil, nil}
	for _, s := range t.States {
		all[7] = append(all[7], s.Name)
	}
	for _, s := range t.Slots {
		all[8] = append(all[8], s.Name)
	}
	return all
}
