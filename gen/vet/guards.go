package vet

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// Guards finds guards that write: to the procedure or to anything else that
// outlives them, by themselves or by what they call. The table asks guards in
// any order and as often as it likes, so a guard only looks. What is behind an
// interface or a function value is taken not to write, unless it is given a
// slice of what outlives the guard.
var Guards = &analysis.Analyzer{
	Name:     "guards",
	Doc:      "find guards of a generated table that write",
	Requires: []*analysis.Analyzer{writes},
	Run:      runGuards,
}

func runGuards(pass *analysis.Pass) (any, error) {
	found := newFindings(pass)
	b := findBound(pass)
	w := pass.ResultOf[writes].(*writeTable)
	for _, f := range b.guards {
		ast.Inspect(b.bodies[f].Body, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if callee := typeutil.StaticCallee(pass.TypesInfo, call); callee != nil && slices.Contains(b.actions, callee) {
					found.add(call.Pos(), "guard %s calls action %s", f.Name(), callee.Name())
				}
			}
			return true
		})
		for _, site := range w.sites[f] {
			if !site.to.none() {
				found.add(site.pos, "guard %s %s", f.Name(), site.what)
			}
		}
	}
	found.report()
	return nil, nil
}

// hasPointers reports whether a value of a type leads to other memory that can
// be written through it.
func hasPointers(t types.Type) bool {
	seen := map[types.Type]bool{}
	var look func(t types.Type) bool
	look = func(t types.Type) bool {
		t = types.Unalias(t)
		if t == nil || seen[t] {
			return false
		}
		seen[t] = true
		if _, ok := t.(*types.TypeParam); ok {
			return true
		}
		switch u := t.Underlying().(type) {
		case *types.Basic:
			return u.Kind() == types.UnsafePointer
		case *types.Signature:
			return false
		case *types.Array:
			return look(u.Elem())
		case *types.Struct:
			for f := range u.Fields() {
				if look(f.Type()) {
					return true
				}
			}
			return false
		case *types.Tuple:
			for v := range u.Variables() {
				if look(v.Type()) {
					return true
				}
			}
			return false
		}
		return true
	}
	return look(t)
}
