package bind

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"blesmp/gen/diag"
	"blesmp/gen/emit"
)

// typeString writes a type as in the source.
func typeString(t ast.Expr) string { return types.ExprString(t) }

// signatures makes sure that every method is there as it has to be.
func (c *checker) signatures(methods []emit.Method) {
	names := make([]string, 0, len(c.methods))
	for name := range c.methods {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, m := range methods {
		d := c.methods[m.Name]
		if d == nil {
			c.missing(m, names)
			continue
		}
		if got, want := signature(d), wanted(m); got != want {
			c.errorAt(d.Name.Pos(), "", "method %s of %s is %s; %s needs %s", m.Name, c.procedure, got, about(m), want)
		}
	}
}

// missing reports a method that is not there, at the name in the file.
func (c *checker) missing(m emit.Method, names []string) {
	at := m.Pos
	if at.Line == 0 {
		at = c.m.File.Go.Procedure.Pos
	}
	write := fmt.Sprintf("func (%s *%s) %s%s",
		strings.ToLower(c.procedure[:1]), c.procedure, m.Name, strings.TrimPrefix(wanted(m), "func"))
	c.list.Add(diag.Diagnostic{
		Path: c.m.File.Path, Line: at.Line, Col: at.Col,
		Message: fmt.Sprintf("%s has no method: write %s in package %s", about(m), write, c.pkg),
		Hint:    diag.DidYouMean(m.Name, names),
	})
}

// about names what a method is for.
func about(m emit.Method) string {
	if m.Kind == emit.Engine {
		return "the engine's " + m.Of
	}
	return m.Kind + " " + m.Of
}

// wanted is the signature that a method has to have.
func wanted(m emit.Method) string {
	return strings.TrimSuffix("func("+strings.Join(m.Params, ", ")+") "+m.Result, " ")
}

// signature is that of a declaration, without names.
func signature(d *ast.FuncDecl) string {
	var b strings.Builder
	b.WriteString("func(" + strings.Join(fieldTypes(d.Type.Params), ", ") + ")")
	switch results := fieldTypes(d.Type.Results); {
	case len(results) == 1:
		b.WriteString(" " + results[0])
	case len(results) > 1:
		b.WriteString(" (" + strings.Join(results, ", ") + ")")
	}
	return b.String()
}

// fieldTypes lists the types of parameters or results, one each.
func fieldTypes(list *ast.FieldList) []string {
	if list == nil {
		return nil
	}
	var all []string
	for _, f := range list.List {
		for range max(1, len(f.Names)) {
			all = append(all, typeString(f.Type))
		}
	}
	return all
}

// unused reports unexported methods of the procedure that look like an action,
// a guard or an emitter, and that neither the file names nor anything in the package.
func (c *checker) unused(methods []emit.Method) {
	named := map[string]bool{}
	for _, m := range methods {
		named[m.Name] = true
	}
	for _, f := range c.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				named[s.Sel.Name] = true
			}
			return true
		})
	}
	var wanted []string
	for _, m := range methods {
		wanted = append(wanted, m.Name)
	}
	for name, d := range c.methods {
		if named[name] || ast.IsExported(name) {
			continue
		}
		switch s := signature(d); {
		case strings.HasPrefix(s, "func(*Effect"):
			c.errorAt(d.Name.Pos(), diag.DidYouMean(name, wanted), "nothing names method %s: no effect, and no Go code", name)
		case s == "func()":
			c.errorAt(d.Name.Pos(), diag.DidYouMean(name, wanted), "nothing names method %s: no action, and no Go code", name)
		case s == "func() bool":
			c.errorAt(d.Name.Pos(), diag.DidYouMean(name, wanted), "nothing names method %s: no guard, and no Go code", name)
		}
	}
}
