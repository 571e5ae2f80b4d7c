package machine

import (
	"slices"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// allTimers resolves the timers and what starts each again.
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

// waiting gives the flag of a kind of waiting.
func (r *resolver) waiting(n spec.Name) table.StateFlags {
	return optional(r, "kind of waiting", waits, n)
}

// addTimers starts and stops the timers that run in the two states.
func (r *resolver) addTimers(rule *Rule, from, to *State, e *Event) {
	for _, t := range r.m.Timers {
		runs, ran := to.runs(t), from.runs(t)
		op := Op{ID: t.ID, Name: t.Name, Pos: t.Spec.Name.Pos, From: "timer " + t.Name}
		switch {
		case runs && (!ran || r.startsAgain(t, rule, e)):
			op.Kind = table.StartTimer
		case ran && !runs:
			op.Kind = table.StopTimer
		default:
			continue
		}
		rule.Ops = append(rule.Ops, op)
	}
}

// startsAgain reports whether a rule that stays with a running timer starts it
// again: by what it sends, or by its event, unless that is ignored.
func (r *resolver) startsAgain(t *Timer, rule *Rule, e *Event) bool {
	again := r.restarts[t]
	for _, op := range rule.Ops {
		if op.Kind == table.Send && again.sent[r.m.PDUs[op.ID]] {
			return true
		}
	}
	return again.received[e] && rule.Flags&table.Ignore == 0
}

// checkTimers reports timers whose event is not heard, and waiting without a
// timer.
func (r *resolver) checkTimers() {
	r.m.eachRule(func(c *Cell, rule *Rule) {
		for _, t := range c.State.Timers {
			if t.Fires == c.Event && rule.Flags&table.Ignore != 0 && len(c.Rules) == 1 {
				r.errors.add(c.State.Spec.Name.Pos, "timer %s runs in state %s, which ignores %s", t.Name, c.State.Name, c.Event.Name)
			}
		}
	})
	for _, t := range r.m.Timers {
		for _, s := range r.m.States {
			if s.Is(table.Rest) || s.runs(t) || !mustLeave(s) {
				continue
			}
			for _, n := range t.Spec.MustFor {
				if flag := waits[n.Text]; flag != 0 && s.Is(flag) {
					r.errors.add(s.Spec.Name.Pos, "state %s waits for the %s without timer %s", s.Name, n.Text, t.Name)
				}
			}
		}
	}
}

// mustLeave reports whether the state stands in a phase that has to be left.
func mustLeave(s *State) bool {
	return slices.ContainsFunc(s.path(), func(p *Phase) bool { return p.Spec.MustLeave })
}
