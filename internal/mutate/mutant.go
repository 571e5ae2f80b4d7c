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

// Class says what a change is made in, and so what it takes to look at it.
type Class string

// The classes of changes.
const (
	Rows     Class = "table"    // states, rows, macros, grids: the table is another one
	Bindings Class = "bindings" // an action or a guard is bound to another one's method
	Codecs   Class = "codecs"   // values, PDUs, times, the order of states: the generated code is another one
)

// Classes are all of them, in the order in which mutants are numbered.
func Classes() []Class { return []Class{Rows, Bindings, Codecs} }

// Mutant is one change of a specification.
type Mutant struct {
	ID     int // from 0, class by class, in the order of the file
	Class  Class
	Line   int    // of what is changed
	Change string // as "drop send PairingFailed"
	Where  string // the states, events or phases around it, as "Idle/Pair"

	// Equivalent is the reason, where the specification says that the change
	// makes no difference.
	Equivalent string

	apply func()             // to the specification that it was collected from
	bind  func(*table.Table) // to the table made of it; nil for nothing
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
	for i := range mutants {
		mutants[i].apply, mutants[i].bind = nil, nil
	}
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

// Table gives the table of the machine with one change of rows or bindings. The
// error is what the static checks have against it.
func (s *Source) Table(id int) (*table.Table, error) {
	c, err := s.change(id)
	if err != nil {
		return nil, err
	}
	return c.table, nil
}

// changed is a specification with one change.
type changed struct {
	mutant  Mutant
	machine *machine.Machine
	table   *table.Table
}

// change makes one change; the mutant comes with an error of the static checks
// too.
func (s *Source) change(id int) (*changed, error) {
	f, err := spec.Parse(s.path, s.text)
	if err != nil {
		return nil, err
	}
	all := collect(f)
	if id < 0 || id >= len(all) {
		return nil, fmt.Errorf("mutate: there is no mutant %d", id)
	}
	c := &changed{mutant: all[id]}
	c.mutant.apply()
	if c.machine, err = machine.Resolve(f); err != nil {
		return nil, err
	}
	c.table = c.machine.Table()
	if c.mutant.bind != nil {
		c.mutant.bind(c.table)
	}
	if c.mutant.Class != Codecs && !sameNames(c.table, smp.Table()) {
		return nil, errNames
	}
	return c, nil
}

// original is the specification with no change.
func (s *Source) original() (*changed, error) {
	f, err := spec.Parse(s.path, s.text)
	if err != nil {
		return nil, err
	}
	m, err := machine.Resolve(f)
	if err != nil {
		return nil, err
	}
	return &changed{machine: m, table: m.Table()}, nil
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
