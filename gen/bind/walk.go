package bind

import (
	"go/ast"
	"go/token"
)

// body is one function on the way from a bound method: the method itself, or
// what it calls.
type body struct {
	decl *ast.FuncDecl
	recv string // name of the procedure in it; "" for none
	via  string // the helper's name; "" for the bound method itself
	// views are the local names of the slots, own those of the procedure and of
	// what it holds, by reference, and tainted those of values that come from a
	// variable, the state or the role.
	views   map[string]bool
	own     map[string]bool
	tainted map[string]string // to what they come from
}

// reach visits the bound method and everything that it calls in the package, as
// far as syntax tells. Bound methods that it calls are visited as well.
func (c *checker) reach(start *ast.FuncDecl, visit func(*body)) {
	seen := map[*ast.FuncDecl]bool{}
	var walk func(d *ast.FuncDecl, via string)
	walk = func(d *ast.FuncDecl, via string) {
		if d == nil || d.Body == nil || seen[d] {
			return
		}
		seen[d] = true
		b := c.open(d, via)
		visit(b)
		ast.Inspect(d.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch f := ast.Unparen(call.Fun).(type) {
			case *ast.Ident:
				walk(c.funcs[f.Name], f.Name)
			case *ast.SelectorExpr:
				if x, ok := f.X.(*ast.Ident); ok && x.Name == b.recv && b.recv != "" {
					walk(c.methods[f.Sel.Name], f.Sel.Name)
				}
			}
			return true
		})
	}
	walk(start, "")
}

// open learns the names of a function's locals, in the order of the source.
func (c *checker) open(d *ast.FuncDecl, via string) *body {
	b := &body{
		decl: d, via: via,
		views: map[string]bool{}, own: map[string]bool{}, tainted: map[string]string{},
	}
	if d.Recv != nil && receiverType(d) == c.procedure && len(d.Recv.List[0].Names) == 1 {
		b.recv = d.Recv.List[0].Names[0].Name
		b.own[b.recv] = true
	}
	for _, p := range d.Type.Params.List {
		if typeString(p.Type) != "*vars" {
			continue
		}
		for _, name := range p.Names {
			b.views[name.Name] = true
		}
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) {
					c.assigned(b, left, n.Rhs[i])
				} else {
					c.assigned(b, left, n.Rhs[0])
				}
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					c.assigned(b, name, n.Values[i])
				}
			}
		case *ast.RangeStmt:
			for _, left := range []ast.Expr{n.Key, n.Value} {
				if left != nil {
					c.assigned(b, left, n.X)
				}
			}
		}
		return true
	})
	return b
}

// assigned learns what a local name stands for.
func (c *checker) assigned(b *body, left, right ast.Expr) {
	name, ok := left.(*ast.Ident)
	if !ok {
		return
	}
	if c.isView(b, right) {
		b.views[name.Name] = true
		return
	}
	if u, ok := right.(*ast.UnaryExpr); ok && u.Op == token.AND && c.isOwn(b, u.X) {
		b.own[name.Name] = true
		return
	}
	if what := c.reads(b, right); what != "" {
		b.tainted[name.Name] = what
	}
}

// isView reports whether an expression is the typed view of the slots.
func (c *checker) isView(b *body, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return b.views[x.Name]
	case *ast.CallExpr:
		switch f := ast.Unparen(x.Fun).(type) {
		case *ast.SelectorExpr:
			return c.views[f.Sel.Name]
		case *ast.StarExpr: // (*vars)(&p.machine.Slots)
			return typeString(f) == "*vars"
		}
	}
	return false
}

// isOwn reports whether an expression is the procedure, or a part of it.
func (c *checker) isOwn(b *body, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return b.own[x.Name]
	case *ast.SelectorExpr:
		return c.isOwn(b, x.X)
	case *ast.IndexExpr:
		return c.isOwn(b, x.X)
	case *ast.SliceExpr:
		return c.isOwn(b, x.X)
	case *ast.StarExpr:
		return c.isOwn(b, x.X)
	}
	return false
}

// reads says what of a variable, the state or the role an expression reads, ""
// for nothing. Function literals within it do not count.
func (c *checker) reads(b *body, x ast.Node) string {
	found := ""
	if x == nil {
		return ""
	}
	ast.Inspect(x, func(n ast.Node) bool {
		if found != "" {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.Ident:
			found = b.tainted[n.Name]
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && c.isView(b, f.X) {
				if s := c.slots[f.Sel.Name]; s != nil {
					found = "variable " + s.Name
				}
			}
		case *ast.SelectorExpr:
			found = c.selects(b, n)
			if found == "" {
				found = c.reads(b, n.X)
			}
			return false
		}
		return found == ""
	})
	return found
}

// selects says what a selector reads, without what stands before the point.
func (c *checker) selects(b *body, s *ast.SelectorExpr) string {
	inner, _ := s.X.(*ast.SelectorExpr)
	ofMachine := inner != nil && c.machines[inner.Sel.Name] && c.isOwn(b, inner.X)
	switch name := s.Sel.Name; {
	case ofMachine && name == "State":
		return "the state"
	case ofMachine && name == "Slots":
		return "the machine's slots"
	case name == "Role" || name == "role":
		return "the role"
	case name == "State" && c.methods["State"] != nil && c.isOwn(b, s.X):
		return "the state"
	case c.roleFields[name] && c.isOwn(b, s.X):
		return "the role, by way of " + name
	}
	return ""
}

// learnRoles finds the fields of the procedure that are filled from its role,
// such as an index by role.
func (c *checker) learnRoles() {
	for _, f := range c.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if name, ok := n.Type.(*ast.Ident); !ok || name.Name != c.procedure {
					return true
				}
				for _, e := range n.Elts {
					if pair, ok := e.(*ast.KeyValueExpr); ok {
						if key, ok := pair.Key.(*ast.Ident); ok && !c.machines[key.Name] && mentionsRole(pair.Value) {
							c.roleFields[key.Name] = true
						}
					}
				}
			case *ast.FuncDecl:
				if n.Recv != nil && receiverType(n) == c.procedure && n.Body != nil {
					c.roleAssignments(n)
				}
			}
			return true
		})
	}
}

// roleAssignments looks for p.field = something of the role.
func (c *checker) roleAssignments(d *ast.FuncDecl) {
	if len(d.Recv.List[0].Names) != 1 {
		return
	}
	recv := d.Recv.List[0].Names[0].Name
	ast.Inspect(d.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, left := range a.Lhs {
			s, ok := left.(*ast.SelectorExpr)
			if !ok {
				continue
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == recv && mentionsRole(a.Rhs[i]) && !c.machines[s.Sel.Name] {
				c.roleFields[s.Sel.Name] = true
			}
		}
		return true
	})
}

// mentionsRole reports whether a value is made of a role alone: the role
// itself, converted or counted with. A structure that holds a role among other
// things is not.
func mentionsRole(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == "Role" || x.Sel.Name == "role"
	case *ast.CallExpr:
		return len(x.Args) == 1 && mentionsRole(x.Args[0])
	case *ast.BinaryExpr:
		return mentionsRole(x.X) || mentionsRole(x.Y)
	case *ast.UnaryExpr:
		return mentionsRole(x.X)
	}
	return false
}
