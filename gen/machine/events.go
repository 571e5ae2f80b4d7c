package machine

import (
	"slices"

	"blesmp/gen/spec"
)

// group is a resolved name for several events.
type group struct {
	name    string
	members []*Event
	spec    *spec.Group // nil for any_pdu
}

func (g *group) has(e *Event) bool { return slices.Contains(g.members, e) }

// eventsAndGroups numbers the events, the PDUs first, and resolves the groups.
func (r *resolver) eventsAndGroups() {
	r.reserve("event", "event", "Choose", "choose")
	r.reserve("event", "group", "any_pdu")
	r.addEvent(&Event{Name: "Choose", Doc: "decides where a state that is no place to wait goes on"})
	anyPDU := &group{name: "any_pdu"}
	for i, p := range r.file.PDUs {
		r.declare("event", "PDU", p.Name)
		pdu := &PDU{ID: i, Name: p.Name.Text, Spec: p}
		pdu.Event = r.addEvent(&Event{Name: p.Name.Text, Class: "pdu", Doc: p.Doc, PDU: pdu})
		r.pdus[p.Name.Text] = pdu
		r.m.PDUs = append(r.m.PDUs, pdu)
		anyPDU.members = append(anyPDU.members, pdu.Event)
		optional(r, "role", r.roles, p.SentBy)
	}
	for _, e := range r.spec.Events {
		r.declare("event", "event", e.Name)
		optional(r, "role", r.roles, e.Role)
		event := r.addEvent(&Event{Name: e.Name.Text, Class: e.Class.Text, Role: e.Role.Text, Doc: e.Doc, Spec: e})
		if event.Class == "bad_pdu" {
			anyPDU.members = append(anyPDU.members, event)
		}
	}
	delete(r.events, "Choose")
	r.groups["any_pdu"] = anyPDU
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

// eventOrGroup resolves the key of a row; one of the two is nil.
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
