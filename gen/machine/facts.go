package machine

import (
	"maps"
	"slices"
	"strings"

	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// checkFacts reports guards, actions and effects that need something which some
// way to them has not made: a key before it was computed, say. Each fact is
// followed on its own through the states of a role, so that a message can name
// the way that lacks it.
func (r *resolver) checkFacts() {
	facts := r.facts()
	needed := map[string]bool{}
	need := func(names []spec.Name) {
		for _, n := range names {
			if f, ok := find(r, "fact", facts, n); ok {
				needed[f] = true
			}
		}
	}
	for _, g := range r.m.Guards {
		need(g.Spec.Needs)
	}
	for _, a := range r.m.Actions {
		need(a.Spec.Needs)
	}
	for _, e := range r.m.Effects {
		need(e.Spec.Needs)
	}
	for _, fact := range slices.Sorted(maps.Keys(needed)) {
		f := &follower{r: r, fact: fact, reported: map[spec.Pos]bool{}}
		for role := range r.m.Roles {
			f.follow(role)
		}
	}
}

// facts gives everything that a guard or an action makes.
func (r *resolver) facts() map[string]string {
	facts := map[string]string{}
	for _, g := range r.m.Guards {
		for _, n := range g.Spec.Makes {
			facts[n.Text] = n.Text
		}
	}
	for _, a := range r.m.Actions {
		for _, n := range a.Spec.Makes {
			facts[n.Text] = n.Text
		}
	}
	return facts
}

// follower follows one fact.
type follower struct {
	r        *resolver
	fact     string
	reported map[spec.Pos]bool

	at   point           // where the walk is
	came map[point]point // from where each point was reached first
}

// point is a state, with the fact or without it.
type point struct {
	state *State
	has   bool
}

// follow visits every state of a role, with the fact and without it as it can
// be there, on a shortest way from the initial state.
func (f *follower) follow(role int) {
	start := point{state: f.r.m.initial()}
	f.came = map[point]point{start: start}
	for next := []point{start}; len(next) > 0; {
		at := next[0]
		next = next[1:]
		f.at = at
		for e := range f.r.m.Events {
			rules := f.r.m.Cell(role, at.state.ID, e).Rules
			has := at.has
			for _, rule := range rules {
				f.condition(rule.Cond, has)
				if rule.Flags&table.Unreachable == 0 {
					to := point{at.state, f.run(rule, has)}
					if rule.Next != nil {
						to.state = rule.Next
					}
					if _, ok := f.came[to]; !ok {
						f.came[to] = at
						next = append(next, to)
					}
				}
				has = has || f.shows(rule.Cond, false)
			}
		}
	}
}

// run carries out a rule and tells whether the fact holds after it.
func (f *follower) run(rule *Rule, has bool) bool {
	has = has || f.shows(rule.Cond, true)
	for _, op := range rule.Ops {
		switch op.Kind {
		case table.Do:
			a := f.r.m.Actions[op.ID].Spec
			f.need("action", op.Name, a.Needs, op.Pos, has)
			has = has && !a.ClearsAll || f.in(a.Makes)
		case table.Emit:
			f.need("effect", op.Name, f.r.m.Effects[op.ID].Spec.Needs, op.Pos, has)
		}
	}
	return has
}

// condition checks the guards in a condition, in the order in which they are
// asked.
func (f *follower) condition(x *Expr, has bool) {
	if x == nil {
		return
	}
	if x.Op == table.Ask {
		f.need("guard", x.Guard.Name, x.Guard.Spec.Needs, x.Pos, has)
		f.condition(x.Guard.Expr, has)
		return
	}
	f.condition(x.X, has)
	switch x.Op {
	case table.And:
		has = has || f.shows(x.X, true)
	case table.Or:
		has = has || f.shows(x.X, false)
	}
	f.condition(x.Y, has)
}

// shows reports whether the fact holds once a condition came out true, or
// false.
func (f *follower) shows(x *Expr, truth bool) bool {
	if x == nil {
		return false
	}
	switch x.Op {
	case table.Ask:
		if x.Guard.Expr != nil {
			return f.shows(x.Guard.Expr, truth)
		}
		return truth && f.in(x.Guard.Spec.Makes)
	case table.Not:
		return f.shows(x.X, !truth)
	case table.And, table.Or:
		if (x.Op == table.And) == truth {
			return f.shows(x.X, truth) || f.shows(x.Y, truth)
		}
		return f.shows(x.X, truth) && f.shows(x.Y, truth)
	}
	return false
}

func (f *follower) in(names []spec.Name) bool {
	return slices.ContainsFunc(names, func(n spec.Name) bool { return n.Text == f.fact })
}

func (f *follower) need(what, name string, needs []spec.Name, pos spec.Pos, has bool) {
	if has || f.reported[pos] || !f.in(needs) {
		return
	}
	f.reported[pos] = true
	at := f.at
	way := []string{at.state.Name}
	for f.came[at] != at {
		at = f.came[at]
		way = append(way, at.state.Name)
	}
	slices.Reverse(way)
	f.r.errors.add(pos, "%s %s needs %s, which the way %s does not make", what, name, f.fact, strings.Join(way, " > "))
}
