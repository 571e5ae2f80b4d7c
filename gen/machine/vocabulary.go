package machine

import (
	"slices"
	"strings"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// vocabulary resolves what the rules are made of: roles, events, slots, guards,
// actions, effects, macros and timers. Targets of macros wait for the states.
func (r *resolver) vocabulary() {
	for i, n := range r.spec.Roles {
		if r.declare("role", "role", n) {
			r.roles[n.Text] = i
		}
		r.m.Roles = append(r.m.Roles, n.Text)
	}
	r.eventsAndGroups()
	r.allSlots()
	r.allGuards()
	for i, a := range r.spec.Actions {
		r.declare("method", "action", a.Name)
		action := &Action{ID: i, Name: a.Name.Text, Spec: a}
		for _, n := range a.Sets {
			if slot, ok := r.variable(n); ok {
				action.Sets = append(action.Sets, slot)
			}
		}
		r.reads(a.Reads)
		r.actions[a.Name.Text] = action
		r.m.Actions = append(r.m.Actions, action)
	}
	for i, e := range r.spec.Effects {
		r.declare("effect", "effect", e.Name)
		effect := &Effect{ID: i, Name: e.Name.Text, Spec: e}
		if e.Arg.Text != "" {
			effect.Arg = r.typeOf(e.Arg)
		}
		r.effects[e.Name.Text] = effect
		r.m.Effects = append(r.m.Effects, effect)
	}
	for _, e := range r.spec.Effects {
		for _, n := range e.With {
			find(r, "effect", r.effects, n)
		}
	}
	r.allMacros()
	r.allTimers()
}

// group is a resolved name for several events.
type group struct {
	name    string
	members []*Event
	spec    *spec.Group // nil for any_pdu
}

func (g *group) has(e *Event) bool { return slices.Contains(g.members, e) }

func (r *resolver) eventsAndGroups() {
	r.reserve("event", "event", "Choose", "choose")
	r.reserve("event", "group", "any_pdu")
	r.addEvent(&Event{Name: "Choose", Doc: "decides where a state that is no place to wait goes on"})
	any := &group{name: "any_pdu"}
	for i, p := range r.file.PDUs {
		r.declare("event", "PDU", p.Name)
		pdu := &PDU{ID: i, Name: p.Name.Text, Spec: p}
		pdu.Event = r.addEvent(&Event{Name: p.Name.Text, Class: "pdu", Doc: p.Doc, PDU: pdu})
		r.pdus[p.Name.Text] = pdu
		r.m.PDUs = append(r.m.PDUs, pdu)
		any.members = append(any.members, pdu.Event)
		optional(r, "role", r.roles, p.SentBy)
	}
	for _, e := range r.spec.Events {
		r.declare("event", "event", e.Name)
		optional(r, "role", r.roles, e.Role)
		event := r.addEvent(&Event{Name: e.Name.Text, Class: e.Class.Text, Role: e.Role.Text, Doc: e.Doc, Spec: e})
		if event.Class == "bad_pdu" {
			any.members = append(any.members, event)
		}
	}
	delete(r.events, "Choose")
	r.groups["any_pdu"] = any
	for _, g := range r.spec.Groups {
		r.declare("event", "group", g.Name)
		resolved := &group{name: g.Name.Text, spec: g}
		for _, n := range g.Members {
			e, ok := find(r, "event", r.events, n)
			if ok && resolved.has(e) {
				r.errors.add(n.Pos, "%s stands twice in group %s", n.Text, g.Name.Text)
			} else if ok {
				resolved.members = append(resolved.members, e)
			}
		}
		if len(g.Members) == 0 {
			r.errors.add(g.Name.Pos, "group %s is empty", g.Name.Text)
		}
		r.groups[g.Name.Text] = resolved
	}
}

func (r *resolver) addEvent(e *Event) *Event {
	e.ID = len(r.m.Events)
	r.m.Events = append(r.m.Events, e)
	r.events[e.Name] = e
	return e
}

// eventsOf resolves a list of events and groups.
func (r *resolver) eventsOf(list []spec.Name) []*Event {
	var events []*Event
	for _, n := range list {
		e, g := r.eventOrGroup(n)
		switch {
		case e != nil:
			events = append(events, e)
		case g != nil:
			events = append(events, g.members...)
		}
	}
	return events
}

func (r *resolver) eventOrGroup(n spec.Name) (*Event, *group) {
	if e := r.events[n.Text]; e != nil {
		return e, nil
	}
	if g := r.groups[n.Text]; g != nil {
		return nil, g
	}
	var known []string
	for name := range r.events {
		known = append(known, name)
	}
	for name := range r.groups {
		known = append(known, name)
	}
	if hint := r.unknown("event", n, known); hint != "" {
		return r.events[hint], r.groups[hint]
	}
	return nil, nil
}

func (r *resolver) allSlots() {
	add := func(kind table.SlotKind, what, space string, specs []*spec.Slot, into map[string]*Slot) {
		for _, s := range specs {
			r.declare(space, what, s.Name)
			slot := &Slot{ID: len(r.m.Slots), Name: s.Name.Text, Kind: kind, Spec: s}
			if s.Type.Text != "" {
				slot.Type = r.typeOf(s.Type)
			} else {
				slot.Type = &Type{Kind: Number, Low: s.Low, High: s.High}
				if kind == table.Var && s.Low > 0 {
					r.errors.add(s.Name.Pos, "var %s starts as 0, which is outside %d..%d", s.Name.Text, s.Low, s.High)
				}
			}
			into[s.Name.Text] = slot
			r.m.Slots = append(r.m.Slots, slot)
		}
	}
	add(table.Var, "var", "expression", r.spec.Vars, r.slots)
	add(table.Input, "input", "expression", r.spec.Inputs, r.slots)
	add(table.Field, "event field", "field", r.spec.Fields, r.fields)
	for _, s := range r.spec.Fields {
		r.fields[s.Name.Text].Of = r.eventsOf(s.Of)
		if len(s.Of) == 0 {
			r.errors.add(s.Name.Pos, "event field %s is part of no event: say which with `of`", s.Name.Text)
		}
	}
}

// variable finds a slot that rules and actions may write.
func (r *resolver) variable(n spec.Name) (*Slot, bool) {
	if slot := r.slots[n.Text]; slot != nil && slot.Kind == table.Input {
		r.errors.add(n.Pos, "%s is an input, which the driver alone writes", n.Text)
		return nil, false
	}
	vars := map[string]*Slot{}
	for name, slot := range r.slots {
		if slot.Kind == table.Var {
			vars[name] = slot
		}
	}
	return find(r, "var", vars, n)
}

// reads checks a list of variables and inputs that Go code reads.
func (r *resolver) reads(list []spec.Name) {
	for _, n := range list {
		find(r, "var or input", r.slots, n)
	}
}

func (r *resolver) allGuards() {
	opaque := 0
	for _, g := range r.spec.Guards {
		r.declare("expression", "guard", g.Name)
		guard := &Guard{ID: -1, Name: g.Name.Text, Spec: g}
		if g.Expr == nil {
			r.declare("method", "guard", g.Name)
			guard.ID = opaque
			opaque++
		}
		r.reads(g.Reads)
		r.guards[g.Name.Text] = guard
		r.m.Guards = append(r.m.Guards, guard)
	}
	for _, g := range r.m.Guards {
		if g.Spec.Expr == nil {
			continue
		}
		if g.Expr = r.truth(r.names(), g.Spec.Expr); g.Expr == nil {
			g.Expr = &Expr{Op: table.Const, Type: &Type{Kind: Bool, High: 1}}
			r.vague = true
		}
	}
	for _, g := range r.m.Guards {
		r.checkGuardCycle(g)
	}
}

// checkGuardCycle reports a guard that is part of its own definition, and cuts
// the circle.
func (r *resolver) checkGuardCycle(g *Guard) {
	var way []string
	on := map[*Guard]bool{}
	var visit func(*Guard) bool
	var within func(*Expr) bool
	within = func(x *Expr) bool {
		return x != nil && (x.Guard != nil && visit(x.Guard) || within(x.X) || within(x.Y))
	}
	visit = func(at *Guard) bool {
		if on[at] {
			return at == g
		}
		on[at] = true
		way = append(way, at.Name)
		if within(at.Expr) {
			return true
		}
		way = way[:len(way)-1]
		return false
	}
	if visit(g) {
		r.errors.add(g.Spec.Name.Pos, "guard %s is defined by itself: %s", g.Name, strings.Join(append(way, g.Name), " > "))
		g.Expr = &Expr{Op: table.Const, Type: &Type{Kind: Bool, High: 1}}
		r.vague = true
	}
}

func (r *resolver) allTimers() {
	for i, t := range r.spec.Timers {
		r.declare("timer", "timer", t.Name)
		timer := &Timer{ID: i, Name: t.Name.Text, Spec: t}
		timer.Fires = optional(r, "event", r.events, t.Fires)
		r.timers[t.Name.Text] = timer
		r.m.Timers = append(r.m.Timers, timer)
		r.restarts[timer] = r.restart(t)
		for _, n := range t.MustFor {
			r.waiting(n)
		}
	}
}

// restart says what starts a running timer again.
type restart struct {
	sent     map[*PDU]bool
	received map[*Event]bool
}

func (r *resolver) restart(t *spec.Timer) *restart {
	again := &restart{sent: map[*PDU]bool{}, received: map[*Event]bool{}}
	set := func(names []spec.Name, to bool) {
		for _, n := range names {
			for _, e := range r.eventsOf([]spec.Name{n}) {
				if e.PDU != nil {
					again.sent[e.PDU] = to
				} else if r.groups[n.Text] == nil {
					r.errors.add(n.Pos, "%s is no PDU and is never sent", n.Text)
				}
			}
		}
	}
	set(t.RestartSent, true)
	set(t.RestartExcept, false)
	for _, e := range r.eventsOf(t.RestartOn) {
		again.received[e] = true
	}
	return again
}

// waits are the kinds of waiting.
var waits = map[string]table.StateFlags{
	"peer": table.WaitPeer, "user": table.WaitUser, "controller": table.WaitController,
}

func (r *resolver) waiting(n spec.Name) table.StateFlags {
	return optional(r, "kind of waiting", waits, n)
}
