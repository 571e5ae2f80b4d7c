package machine

import (
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// usage is what the cells of a machine use.
type usage struct {
	guards        map[*Guard]bool
	ops           map[table.OpKind]map[int]bool
	macros        map[*Macro]bool
	read, written map[*Slot]bool
}

func (r *resolver) usage() *usage {
	u := &usage{
		guards: map[*Guard]bool{}, ops: map[table.OpKind]map[int]bool{}, macros: map[*Macro]bool{},
		read: map[*Slot]bool{}, written: map[*Slot]bool{},
	}
	for kind := table.Set; kind <= table.StopTimer; kind++ {
		u.ops[kind] = map[int]bool{}
	}
	reads := func(names []spec.Name) {
		for _, n := range names {
			u.read[r.slots[n.Text]] = true
		}
	}
	r.m.eachRule(func(_ *Cell, rule *Rule) {
		u.macros[rule.Macro] = true
		rule.exprs(func(x *Expr) {
			switch x.Op {
			case table.Load:
				u.read[x.Slot] = true
			case table.Ask:
				u.guards[x.Guard] = true
				reads(x.Guard.Spec.Reads)
			}
		})
		for _, op := range rule.Ops {
			u.ops[op.Kind][op.ID] = true
			switch op.Kind {
			case table.Set:
				u.written[r.m.Slots[op.ID]] = true
			case table.Do:
				a := r.m.Actions[op.ID]
				reads(a.Spec.Reads)
				for _, s := range a.Sets {
					u.written[s] = true
				}
			}
		}
	})
	return u
}

// checkUnused reports what the file declares and no cell uses.
func (r *resolver) checkUnused() {
	u := r.usage()
	unused := func(n spec.Name, what string) { r.errors.add(n.Pos, "%s %s is never used", what, n.Text) }
	for _, g := range r.m.Guards {
		if !u.guards[g] {
			unused(g.Spec.Name, "guard")
		}
	}
	for _, a := range r.m.Actions {
		if !u.ops[table.Do][a.ID] {
			unused(a.Spec.Name, "action")
		}
	}
	for _, e := range r.m.Effects {
		if !u.ops[table.Emit][e.ID] {
			unused(e.Spec.Name, "effect")
		}
	}
	for _, m := range r.m.Macros {
		if !u.macros[m] {
			unused(m.Spec.Name, "macro")
		}
	}
	for _, t := range r.m.Timers {
		if !u.ops[table.StartTimer][t.ID] {
			unused(t.Spec.Name, "timer")
		}
	}
	r.unusedSlots(u)
	r.unusedEvents(u)
	r.unusedGroups()
	r.unusedRows()
	for _, s := range r.m.States {
		if n := s.Spec.FailedTo; n.Text != "" && !r.diverted[s] {
			r.errors.add(n.Pos, "no rule of state %s fails by a macro with a goto, so failed_to is never used", s.Name)
		}
	}
}

func (r *resolver) unusedSlots(u *usage) {
	for _, s := range r.m.Slots {
		n := s.Spec.Name
		switch {
		case s.Kind == table.Var && !u.written[s] && !u.read[s]:
			r.errors.add(n.Pos, "var %s is never used", s.Name)
		case s.Kind == table.Var && !u.written[s]:
			r.errors.add(n.Pos, "var %s is never written: no set and no action that is used sets it", s.Name)
		case s.Kind == table.Var && !u.read[s]:
			r.errors.add(n.Pos, "var %s is never read", s.Name)
		case s.Kind == table.Input && !u.read[s]:
			r.errors.add(n.Pos, "input %s is never read", s.Name)
		case s.Kind == table.Field && !u.read[s]:
			r.errors.add(n.Pos, "event field %s is never read", s.Name)
		}
	}
}

// unusedEvents reports events without a row, and PDUs that no rule sends or
// that have no row of their own.
func (r *resolver) unusedEvents(u *usage) {
	rows := r.eventsWithRows()
	exact := map[*Event]bool{}
	for _, s := range r.all {
		for _, b := range s.bodies {
			for _, row := range b.rows {
				exact[row.event] = true
			}
		}
	}
	for _, e := range r.m.Events[1:] {
		if e.PDU == nil {
			if !rows[e] {
				r.errors.add(e.Spec.Name.Pos, "event %s stands in no row", e.Name)
			}
			continue
		}
		n := e.PDU.Spec.Name
		sent := u.ops[table.Send][e.PDU.ID]
		switch {
		case !sent && !exact[e]:
			r.errors.add(n.Pos, "%s is never sent, and no row receives it", e.Name)
		case !sent:
			r.notes.add(n.Pos, "%s is never sent", e.Name)
		case !exact[e]:
			r.notes.add(n.Pos, "%s is sent, and no row receives it", e.Name)
		}
	}
}

func (r *resolver) unusedGroups() {
	used := map[string]bool{}
	mark := func(names []spec.Name) {
		for _, n := range names {
			used[n.Text] = true
		}
	}
	for _, s := range r.all {
		for _, b := range s.bodies {
			for _, row := range b.rows {
				if row.group != nil {
					used[row.group.name] = true
				}
			}
		}
	}
	for _, t := range r.spec.Timers {
		mark(t.RestartSent)
		mark(t.RestartExcept)
		mark(t.RestartOn)
	}
	for _, f := range r.spec.Fields {
		mark(f.Of)
	}
	for _, p := range r.spec.Properties {
		mark(p.Event)
		mark(p.Never)
	}
	for _, g := range r.spec.Groups {
		if !used[g.Name.Text] {
			r.errors.add(g.Name.Pos, "group %s is never used", g.Name.Text)
		}
	}
}

// unusedRows reports rows that decide no cell.
func (r *resolver) unusedRows() {
	for _, s := range r.all {
		for _, b := range s.bodies {
			for _, row := range b.rows {
				switch {
				case row.decide > 0:
				case s.state != nil && s.state.Is(table.Choice), s.level == InDefaults && row.event != nil && row.event.PDU != nil:
					// That there is such a row has been reported.
				case row.event != nil && row.event.Role != "" && b.role >= 0 && r.roles[row.event.Role] != b.role:
					r.errors.add(row.by.Pos, "%s occurs at the %s only", row.event.Name, row.event.Role)
				default:
					r.errors.add(row.by.Pos, "the row for %s decides nothing: wherever it could, a closer row does", row.by.Key)
				}
			}
		}
	}
}
