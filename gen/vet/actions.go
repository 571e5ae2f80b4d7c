package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// Actions finds actions that drive the machine which runs them: that call Step,
// or that set the machine's state or role. Where a machine goes is for its
// table to say. The functions of the package that an action calls count as the
// action.
var Actions = &analysis.Analyzer{
	Name: "actions",
	Doc:  "find actions of a generated table that step the machine or set its state",
	Run:  runActions,
}

func runActions(pass *analysis.Pass) (any, error) {
	found := newFindings(pass)
	b := findBound(pass)
	for _, f := range b.actions {
		b.reach(f, func(d *ast.FuncDecl) {
			ast.Inspect(d.Body, func(n ast.Node) bool {
				b.drives(found, f.Name(), n)
				return true
			})
		})
	}
	found.report()
	return nil, nil
}

// drives reports a node by which an action drives the machine.
func (b *bound) drives(found *findings, action string, n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f := typeutil.StaticCallee(b.pass.TypesInfo, n); f != nil && b.steps(f) {
			found.add(n.Pos(), "action %s calls %s: the machine may not step within a step", action, f.Name())
		}
	case *ast.AssignStmt:
		for _, left := range n.Lhs {
			b.setsState(found, action, left)
		}
	case *ast.IncDecStmt:
		b.setsState(found, action, n.X)
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			b.setsState(found, action, n.X)
		}
	}
}

// steps reports whether a function is Step: that of a bound type, or anything
// that the runtime does to a machine.
func (b *bound) steps(f *types.Func) bool {
	if n := receiver(f); n != nil && f.Name() == "Step" && slices.Contains(b.hosts, n) {
		return true
	}
	for p := range f.Signature().Params().Variables() {
		if isMachine(p.Type()) && f.Pkg() != nil && namedOf(p.Type()).Obj().Pkg() == f.Pkg() {
			return true
		}
	}
	return false
}

// setsState reports what may be assigned to, or pointed at, if it is the state
// or the role of a machine, or the whole of it.
func (b *bound) setsState(found *findings, action string, left ast.Expr) {
	left = ast.Unparen(left)
	if t := b.pass.TypesInfo.TypeOf(left); t != nil && isMachine(t) {
		if _, local := left.(*ast.Ident); !local {
			found.add(left.Pos(), "action %s writes the machine: its table says where it goes", action)
		}
		return
	}
	s, ok := left.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "State" && s.Sel.Name != "Role" {
		return
	}
	if t := b.pass.TypesInfo.TypeOf(s.X); t != nil && isMachine(t) {
		found.add(left.Pos(), "action %s writes the machine's %s: its table says where it goes", action, s.Sel.Name)
	}
}
