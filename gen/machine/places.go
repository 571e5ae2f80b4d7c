package machine

import (
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// scope is a part of the file that decides cells: the body of a state, of a
// phase, or the defaults.
type scope struct {
	level  Level
	name   string
	state  *State  // nil for a phase and the defaults
	bodies []*body // those for one role, then `when`
}

// places makes the phases and states, gives each state its scopes, and resolves
// all rows.
func (r *resolver) places() {
	var defaults *scope
	if r.spec.Defaults != nil {
		defaults = &scope{level: InDefaults}
	}
	for _, p := range r.spec.Phases {
		r.addPhase(p, nil)
	}
	initial := 0
	for _, s := range r.m.States {
		if s.Is(table.Initial) {
			initial++
			if initial > 1 {
				r.errors.add(s.Spec.Name.Pos, "state %s is a second initial state", s.Name)
			}
		}
	}
	if initial == 0 {
		r.errors.add(r.file.Protocol.Pos, "no state is initial")
		r.vague = true
	}
	for _, m := range r.m.Macros {
		m.Goto = optional(r, "state", r.states, m.Spec.Goto)
	}
	// Rows lead to states, so they come once all states are known.
	of := map[*Phase]*scope{}
	for _, p := range r.m.Phases {
		of[p] = r.addScope(&scope{level: InPhase, name: p.Name}, &p.Spec.Body)
		r.noChoice(&p.Spec.Body)
	}
	if defaults != nil {
		r.addScope(defaults, r.spec.Defaults)
		r.noChoice(r.spec.Defaults)
		r.noPDUs(r.spec.Defaults)
	}
	for _, s := range r.m.States {
		s.FailedTo = optional(r, "state", r.states, s.Spec.FailedTo)
		own := r.addScope(&scope{level: InState, name: s.Name, state: s}, &s.Spec.Body)
		r.scopes[s] = []*scope{own}
		for p := s.Phase; p != nil; p = p.Parent {
			r.scopes[s] = append(r.scopes[s], of[p])
		}
		if defaults != nil {
			r.scopes[s] = append(r.scopes[s], defaults)
		}
		r.addChoices(s)
		r.checkKind(s)
	}
}

func (r *resolver) addPhase(p *spec.Phase, parent *Phase) {
	r.declare("phase", "phase", p.Name)
	phase := &Phase{ID: len(r.m.Phases), Name: p.Name.Text, Parent: parent, Spec: p}
	r.phases[p.Name.Text] = phase
	r.m.Phases = append(r.m.Phases, phase)
	if parent != nil {
		parent.Phases = append(parent.Phases, phase)
	}
	phase.Timer = optional(r, "timer", r.timers, p.Timer)
	for _, n := range p.OnLeave {
		if a, ok := find(r, "action", r.actions, n); ok {
			phase.OnLeave = append(phase.OnLeave, a)
		}
	}
	if p.Sequence != nil {
		for _, s := range r.expand(p.Sequence) {
			r.addState(s, phase).Generated = true
		}
	}
	for _, s := range p.States {
		r.addState(s, phase)
	}
	for _, inner := range p.Phases {
		r.addPhase(inner, phase)
	}
	if len(p.States) == 0 && len(p.Phases) == 0 && p.Sequence == nil {
		r.errors.add(p.Name.Pos, "phase %s has no states", p.Name.Text)
	}
}

func (r *resolver) addState(s *spec.State, phase *Phase) *State {
	r.declare("state", "state", s.Name)
	state := &State{ID: len(r.m.States), Name: s.Name.Text, Phase: phase, Spec: s}
	for name, at := range r.roles {
		if s.Role.Text == "" || s.Role.Text == name {
			state.Roles |= 1 << at
		}
	}
	if _, known := r.roles[s.Role.Text]; !known && s.Role.Text != "" {
		if role, ok := find(r, "role", r.roles, s.Role); ok {
			state.Roles = 1 << role
		}
	}
	for flag, set := range map[table.StateFlags]bool{
		table.Initial: s.Initial, table.Final: s.Final, table.Rest: s.Rest, table.Choice: isChoice(s),
	} {
		if set {
			state.Flags |= flag
		}
	}
	if s.Initial && s.Role.Text != "" {
		r.errors.add(s.Role.Pos, "initial state %s has to exist at every role", s.Name.Text)
		state.Roles = 1<<len(r.m.Roles) - 1
	}
	state.Flags |= r.waiting(s.WaitsFor)
	if t := optional(r, "timer", r.timers, s.Timer); t != nil {
		state.Timers = append(state.Timers, t)
	}
	for p := phase; p != nil; p = p.Parent {
		if p.Timer != nil && !state.runs(p.Timer) {
			state.Timers = append(state.Timers, p.Timer)
		}
	}
	r.states[s.Name.Text] = state
	r.m.States = append(r.m.States, state)
	phase.States = append(phase.States, state)
	return state
}

func isChoice(s *spec.State) bool {
	if s.Body.Choose != nil {
		return true
	}
	for _, b := range s.Body.Roles {
		if b.Choose != nil {
			return true
		}
	}
	return false
}

// runs reports whether the timer runs in the state.
func (s *State) runs(t *Timer) bool {
	for _, own := range s.Timers {
		if own == t {
			return true
		}
	}
	return false
}

// noChoice reports a choice where there is no state.
func (r *resolver) noChoice(b *spec.Body) {
	if b.Choose != nil {
		r.errors.add(b.Choose.Pos, "only a state can be a choice")
	}
	for _, role := range b.Roles {
		if role.Choose != nil {
			r.errors.add(role.Choose.Pos, "only a state can be a choice")
		}
	}
}

// noPDUs reports rows for single PDUs in the defaults.
func (r *resolver) noPDUs(b *spec.Body) {
	report := func(rows []*spec.Row) {
		for _, row := range rows {
			if r.pdus[row.Event.Text] != nil {
				r.errors.add(row.Event.Pos, "defaults hold no row for a single PDU: %s belongs to a phase or a state", row.Event.Text)
			}
		}
	}
	report(b.When)
	for _, role := range b.Roles {
		report(role.When)
	}
}

// checkKind holds a state against what choices, final states and places to wait
// have to look like.
func (r *resolver) checkKind(s *State) {
	n := s.Spec.Name
	waiting := s.Flags & (table.WaitPeer | table.WaitUser | table.WaitController)
	switch {
	case s.Is(table.Choice):
		if waiting != 0 {
			r.errors.add(s.Spec.WaitsFor.Pos, "choice %s is no place to wait", s.Name)
		}
		if s.Is(table.Initial) || s.Is(table.Final) || s.Is(table.Rest) {
			r.errors.add(n.Pos, "choice %s is no place to stay: it cannot be initial, final or at rest", s.Name)
		}
		r.rowsOfChoice(s)
	case waiting == 0 && !s.Is(table.Final) && !s.Is(table.Rest) && s.Spec.WaitsFor.Text == "":
		r.errors.add(n.Pos, "state %s is neither a choice nor at rest: say what it waits for", s.Name)
	case s.Is(table.Final) && waiting != 0:
		r.errors.add(s.Spec.WaitsFor.Pos, "final state %s waits for nothing", s.Name)
	}
}

func (r *resolver) rowsOfChoice(s *State) {
	report := func(rows []*spec.Row) {
		for _, row := range rows {
			r.errors.add(row.Event.Pos, "%s is a choice, which has no rows for events", s.Name)
		}
	}
	report(s.Spec.Body.When)
	for _, b := range s.Spec.Body.Roles {
		report(b.When)
	}
}
