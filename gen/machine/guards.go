package machine

import (
	"strings"

	"blesmp/gen/table"
)

// allGuards resolves the guards. They may name each other in any order.
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
