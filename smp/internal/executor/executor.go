package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/looplab/fsm"

	"blesmp/bt"
	"blesmp/smp"
)

// Transition is one rule in one state, as the executor understands the file.
type Transition struct {
	Line     int
	If       string
	Does     []string // as smp.Trace.Does gives it
	To       string
	Deferred bool
}

// Spec is a specification that was read.
type Spec struct {
	roles [2]map[string]map[string][]Transition // by role, state and event
	fsm   [2]fsm.Events
}

// Load reads a specification.
func Load(path string) (*Spec, error) {
	r, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("executor: %s: %w", path, err)
	}
	s := &Spec{}
	for role := range s.roles {
		s.roles[role] = map[string]map[string][]Transition{}
		for _, state := range r.states {
			if state.role < 0 || state.role == role {
				s.roles[role][state.name] = r.cells(role, state)
			}
		}
		s.fsm[role] = events(s.roles[role])
	}
	return s, nil
}

// Cell gives the rules for an event in a state, in order.
func (s *Spec) Cell(role bt.Role, state, event string) []Transition {
	return s.roles[role][state][event]
}

// cells decides all events of a state.
func (r *reader) cells(role int, s *state) map[string][]Transition {
	cells := map[string][]Transition{}
	if rules := s.scope.choice(role); rules != nil {
		cells["Choose"] = r.place(s, rules)
		return cells
	}
	for _, event := range r.events {
		if only, ok := r.only[event]; ok && only != role {
			continue
		}
		for scope := &s.scope; scope != nil; scope = scope.outer {
			if rules := r.decide(scope, role, event); rules != nil {
				cells[event] = r.place(s, rules)
				break
			}
		}
	}
	return cells
}

func (s *scope) choice(role int) []rule {
	if own := s.byRole[role]["choose"]; own != nil {
		return own
	}
	return s.all["choose"]
}

// decide finds the rules for an event in one scope: those for the event itself
// before those for the smallest group with it, and each first for the role.
func (r *reader) decide(s *scope, role int, event string) []rule {
	bodies := []rows{s.byRole[role], s.all}
	for _, body := range bodies {
		if rules := body[event]; rules != nil {
			return rules
		}
	}
	for _, body := range bodies {
		var best []rule
		size := len(r.events) + 1
		for group, members := range r.groups {
			if rules := body[group]; rules != nil && slices.Contains(members, event) && len(members) < size {
				best, size = rules, len(members)
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// place works out where rules lead from a state, and which phases they leave.
func (r *reader) place(s *state, rules []rule) []Transition {
	var all []Transition
	for _, rule := range rules {
		to := s.name
		switch {
		case rule.to != "":
			to = rule.to
		case rule.macroTo != "" && s.failedTo != "":
			to = s.failedTo
		case rule.macroTo != "":
			to = rule.macroTo
		}
		does := slices.Clone(rule.does)
		for phase := s.scope.outer; phase != nil && !r.inside(to, phase); phase = phase.outer {
			does = append(does, phase.onLeave...)
		}
		all = append(all, Transition{Line: rule.line, If: rule.cond, Does: does, To: to, Deferred: rule.deferred})
	}
	return all
}

// inside reports whether a state belongs to a phase. All belong to the
// defaults.
func (r *reader) inside(name string, phase *scope) bool {
	for _, s := range r.states {
		if s.name != name {
			continue
		}
		for at := s.scope.outer; at != nil; at = at.outer {
			if at == phase {
				return true
			}
		}
	}
	return false
}

// events gives every rule a name of its own, so that no two collide.
func events(states map[string]map[string][]Transition) fsm.Events {
	var all fsm.Events
	for state, cells := range states {
		for event, rules := range cells {
			for _, t := range rules {
				all = append(all, fsm.EventDesc{Name: name(event, t.Line, t.If), Src: []string{state}, Dst: t.To})
			}
		}
	}
	return all
}

func name(event string, line int, cond string) string {
	return fmt.Sprintf("%s/%d %s", event, line, cond)
}

// Machine follows one Procedure.
type Machine struct {
	spec *Spec
	role bt.Role
	fsm  *fsm.FSM
}

// New gives a machine in the initial state.
func (s *Spec) New(role bt.Role) *Machine {
	return &Machine{spec: s, role: role, fsm: fsm.NewFSM(initial, s.fsm[role], nil)}
}

const initial = "Idle"

// Restart goes back to the initial state.
func (m *Machine) Restart() { m.fsm.SetState(initial) }

// State is where the machine stands.
func (m *Machine) State() string { return m.fsm.Current() }

// Take follows one rule of the Procedure. The error says what is not as the
// file has it: that there is no such rule in this state, that it leads
// elsewhere, or that it does something else.
func (m *Machine) Take(t smp.Trace) error {
	from := m.State()
	if t.From.String() != from {
		return fmt.Errorf("executor: %v: the machine is in %s", t, from)
	}
	err := m.fsm.Event(context.Background(), name(t.Event.String(), t.Line(), t.Condition()))
	if stays := (fsm.NoTransitionError{}); err != nil && !errors.As(err, &stays) {
		return fmt.Errorf("executor: %v: %w", t, err)
	}
	if m.State() != t.To.String() {
		return fmt.Errorf("executor: %v: leads to %s", t, m.State())
	}
	for _, one := range m.spec.Cell(m.role, from, t.Event.String()) {
		if one.Line == t.Line() && one.If == t.Condition() && slices.Equal(one.Does, t.Does()) {
			return nil
		}
	}
	return fmt.Errorf("executor: %v: does something else", t)
}
