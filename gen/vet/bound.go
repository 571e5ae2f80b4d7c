package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// bound is what a generated table binds in one package.
type bound struct {
	pass    *analysis.Pass
	bodies  map[*types.Func]*ast.FuncDecl // of the package, without tests
	actions []*types.Func                 // the methods that the table calls
	guards  []*types.Func
	hosts   []*types.Named // whose methods they are
}

// findBound looks for the generated interfaces actions and guards, and for the
// types that implement them.
func findBound(pass *analysis.Pass) *bound {
	b := &bound{pass: pass, bodies: map[*types.Func]*ast.FuncDecl{}}
	for _, file := range sources(pass) {
		for _, d := range file.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
				if f, ok := pass.TypesInfo.Defs[d.Name].(*types.Func); ok {
					b.bodies[f] = d
				}
			}
		}
	}
	b.actions = b.methods("actions")
	b.guards = b.methods("guards")
	return b
}

// methods gives the hand-written methods for a generated interface, in the
// order of the source.
func (b *bound) methods(name string) []*types.Func {
	obj, ok := b.pass.Pkg.Scope().Lookup(name).(*types.TypeName)
	if !ok || !b.generated(obj.Pos()) {
		return nil
	}
	want, ok := obj.Type().Underlying().(*types.Interface)
	if !ok || want.NumMethods() == 0 {
		return nil
	}
	var all []*types.Func
	for _, other := range b.pass.Pkg.Scope().Names() {
		t, ok := b.pass.Pkg.Scope().Lookup(other).(*types.TypeName)
		if !ok || types.IsInterface(t.Type()) || !types.Implements(types.NewPointer(t.Type()), want) {
			continue
		}
		for m := range want.Methods() {
			found, _, _ := types.LookupFieldOrMethod(t.Type(), true, b.pass.Pkg, m.Name())
			f, ok := found.(*types.Func)
			if !ok || b.bodies[f] == nil || slices.Contains(all, f) {
				continue
			}
			all = append(all, f)
			if named := receiver(f); named != nil && !slices.Contains(b.hosts, named) {
				b.hosts = append(b.hosts, named)
			}
		}
	}
	slices.SortFunc(all, func(x, y *types.Func) int { return int(x.Pos() - y.Pos()) })
	return all
}

// generated reports whether a position lies in a generated file.
func (b *bound) generated(pos token.Pos) bool {
	for _, f := range b.pass.Files {
		if f.FileStart <= pos && pos < f.FileEnd {
			return ast.IsGenerated(f)
		}
	}
	return false
}

// reach visits a bound method and the functions of the package that it calls,
// as far as the call says which they are. It does not go into Step.
func (b *bound) reach(start *types.Func, visit func(d *ast.FuncDecl)) {
	seen := map[*types.Func]bool{}
	var walk func(f *types.Func)
	walk = func(f *types.Func) {
		d := b.bodies[f]
		if d == nil || seen[f] {
			return
		}
		seen[f] = true
		visit(d)
		ast.Inspect(d.Body, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if callee := typeutil.StaticCallee(b.pass.TypesInfo, call); callee != nil && !b.steps(callee) {
					walk(callee.Origin())
				}
			}
			return true
		})
	}
	walk(start)
}

// receiver is the named type that a method belongs to, nil for a function.
func receiver(f *types.Func) *types.Named {
	r := f.Signature().Recv()
	if r == nil {
		return nil
	}
	return namedOf(r.Type())
}

// namedOf is the named type of a type or of what it points to, nil for none.
func namedOf(t types.Type) *types.Named {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, _ := types.Unalias(t).(*types.Named)
	return n
}

// isMachine reports whether a type is the machine of the runtime that
// generated code imports, or a pointer to it.
func isMachine(t types.Type) bool {
	n := namedOf(t)
	return n != nil && n.Obj().Name() == "Machine" && n.Obj().Pkg() != nil &&
		strings.HasSuffix("/"+n.Obj().Pkg().Path(), "/gen/table")
}
