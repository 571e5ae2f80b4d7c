package machine

import (
	"maps"
	"slices"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// gives resolves the values that an action may give to the vars that it sets.
func (r *resolver) gives(a *Action) {
	for _, g := range a.Spec.Gives {
		slot, ok := r.variable(g.Var)
		if !ok || slot.Type == nil {
			continue
		}
		if !slices.Contains(a.Sets, slot) {
			r.errors.add(g.Var.Pos, "action %s does not set %s", a.Name, slot.Name)
			continue
		}
		if a.Gives == nil {
			a.Gives = map[*Slot][]int{}
		}
		if g.Grid.Text != "" {
			a.Gives[slot] = r.outcomes(slot, g.Grid)
		} else {
			a.Gives[slot] = r.givenValues(slot, g.Values)
		}
	}
}

// outcomes gives all that a grid can come to.
func (r *resolver) outcomes(slot *Slot, n spec.Name) []int {
	grids := map[string]*Grid{}
	for _, g := range r.m.Grids {
		grids[g.Name] = g
	}
	g, ok := find(r, "grid", grids, n)
	if !ok || g.Result == nil {
		return nil
	}
	if t := enumType(g.Result); !t.same(slot.Type) {
		r.errors.add(n.Pos, "the outcome of grid %s is %s, and %s is %s", g.Name, t.a(), slot.Name, slot.Type.a())
		return nil
	}
	seen := map[int]bool{}
	for _, e := range g.exceptions {
		seen[e.result] = true
	}
	for _, cell := range g.Cells {
		seen[cell] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// givenValues gives the values of a list: those of flags in all combinations.
func (r *resolver) givenValues(slot *Slot, names []spec.Name) []int {
	values := map[int]bool{}
	if slot.Type.Kind == Flags {
		values[0] = true
	}
	for _, n := range names {
		v, ok := r.constant(slot.Type, n.Text)
		if !ok {
			r.unknown(slot.Type.what(), n, r.constants(slot.Type))
			continue
		}
		if slot.Type.Kind != Flags {
			values[v] = true
			continue
		}
		for _, other := range slices.Collect(maps.Keys(values)) {
			values[other|v] = true
		}
	}
	return slices.Sorted(maps.Keys(values))
}

// properties resolves what verify is to prove.
func (r *resolver) properties() {
	facts := r.facts()
	in := names{slots: r.slots, fields: r.fields, guards: map[string]*Guard{}}
	for name, g := range r.guards {
		if g.Expr != nil {
			in.guards[name] = g
		}
	}
	for _, s := range r.spec.Properties {
		r.declare("property", "property", s.Name)
		p := &Property{Name: s.Name.Text, Spec: s}
		for _, n := range s.In {
			p.In = append(p.In, r.statesOf(n)...)
		}
		p.Events = r.eventsOf(s.Event)
		if s.If != nil {
			p.Text, p.If = s.If.Text, r.truth(in, s.If)
			r.propertyFields(p)
		}
		for _, n := range s.Without {
			if f, ok := find(r, "fact", facts, n); ok {
				p.Without = append(p.Without, f)
			}
		}
		for _, n := range s.Never {
			r.forbid(p, n)
		}
		r.m.Properties = append(r.m.Properties, p)
	}
}

// propertyFields demands that the events of a property have the parts that its
// condition reads.
func (r *resolver) propertyFields(p *Property) {
	p.If.walk(func(x *Expr) {
		if x.Op != table.Load || x.Slot.Kind != table.Field {
			return
		}
		missing := len(p.Events) == 0
		for _, e := range p.Events {
			missing = missing || !slices.Contains(x.Slot.Of, e)
		}
		if missing {
			r.errors.add(x.Pos, "event.%s is not part of every event that property %s is about", x.Slot.Name, p.Name)
		}
	})
}

// statesOf gives a state, or the states of a phase and of those within it.
func (r *resolver) statesOf(n spec.Name) []*State {
	if s := r.states[n.Text]; s != nil {
		return []*State{s}
	}
	if p := r.phases[n.Text]; p != nil {
		return r.m.statesIn(p)
	}
	known := slices.Collect(maps.Keys(r.states))
	known = slices.AppendSeq(known, maps.Keys(r.phases))
	if hint := r.unknown("state or phase", n, known); hint != "" {
		return r.statesOf(spec.Name{Text: hint, Pos: n.Pos})
	}
	return nil
}

func (m *Machine) statesIn(p *Phase) []*State {
	var states []*State
	for _, s := range m.States {
		if s.In(p) {
			states = append(states, s)
		}
	}
	return states
}

// forbid adds one thing that a property says never to do. Where one name means
// several things, an effect comes before a PDU, and both before a state.
func (r *resolver) forbid(p *Property, n spec.Name) {
	switch {
	case r.effects[n.Text] != nil:
		p.Emit = append(p.Emit, r.effects[n.Text])
	case r.pdus[n.Text] != nil:
		p.Send = append(p.Send, r.pdus[n.Text])
	case r.groups[n.Text] != nil:
		before := len(p.Send)
		for _, e := range r.groups[n.Text].members {
			if e.PDU != nil {
				p.Send = append(p.Send, e.PDU)
			}
		}
		if len(p.Send) == before && !r.vague {
			r.errors.add(n.Pos, "group %s has no PDU, so nothing of it is ever sent", n.Text)
		}
	case r.states[n.Text] != nil || r.phases[n.Text] != nil:
		p.Goto = append(p.Goto, r.statesOf(n)...)
	default:
		known := slices.Collect(maps.Keys(r.effects))
		known = slices.AppendSeq(known, maps.Keys(r.pdus))
		known = slices.AppendSeq(known, maps.Keys(r.groups))
		known = slices.AppendSeq(known, maps.Keys(r.states))
		known = slices.AppendSeq(known, maps.Keys(r.phases))
		if hint := r.unknown("effect, PDU, group, state or phase", n, known); hint != "" {
			r.forbid(p, spec.Name{Text: hint, Pos: n.Pos})
		}
	}
}
