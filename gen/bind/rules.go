package bind

import (
	"go/ast"
	"go/token"

	"blesmp/gen/diag"
	"blesmp/gen/machine"
	"blesmp/gen/table"
)

// action holds the method of an action to what the language says of actions.
func (c *checker) action(a *machine.Action) {
	d := c.methods[a.Name]
	if d == nil {
		return
	}
	declared := map[*machine.Slot]bool{}
	for _, s := range a.Sets {
		declared[s] = true
	}
	written := map[*machine.Slot]bool{}
	c.reach(d, func(b *body) {
		c.branches(a.Name, b)
		c.eachWrite(b, func(at token.Pos, s *machine.Slot) {
			switch {
			case s == nil:
				c.errorAt(at, "use the setters of vars", "action %s writes the machine's slots%s", a.Name, b.where())
			case s.Kind != table.Var:
				c.errorAt(at, "", "action %s writes %s%s, which is the engine's to fill", a.Name, s.Name, b.where())
			case !declared[s]:
				c.errorAt(at, "declare it: sets", "action %s writes variable %s%s, which it does not declare", a.Name, s.Name, b.where())
			default:
				written[s] = true
			}
		})
	})
	for _, s := range a.Sets {
		if written[s] {
			continue
		}
		at := a.Spec.Name.Pos
		for _, name := range a.Spec.Sets {
			if name.Text == s.Name {
				at = name.Pos
			}
		}
		c.list.Add(diag.Diagnostic{
			Path: c.m.File.Path, Line: at.Line, Col: at.Col,
			Message: "action " + a.Name + " declares that it sets " + s.Name + ", but its method does not",
		})
	}
}

// where names the helper that a finding stands in.
func (b *body) where() string {
	if b.via == "" {
		return ""
	}
	return ", in " + b.via
}

// branches reports conditions that read a variable, the state or the role: the
// choice belongs into the table.
func (c *checker) branches(action string, b *body) {
	report := func(at token.Pos, conditions ...ast.Expr) {
		for _, x := range conditions {
			if x == nil {
				continue
			}
			if what := c.reads(b, x); what != "" {
				c.errorAt(at, "make it rules with a guard", "action %s branches on %s%s", action, what, b.where())
				return
			}
		}
	}
	ast.Inspect(b.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			report(n.If, n.Cond)
		case *ast.ForStmt:
			report(n.For, n.Cond)
		case *ast.RangeStmt:
			report(n.For, n.X)
		case *ast.SwitchStmt:
			conditions := []ast.Expr{n.Tag}
			for _, s := range n.Body.List {
				if clause, ok := s.(*ast.CaseClause); ok {
					conditions = append(conditions, clause.List...)
				}
			}
			report(n.Switch, conditions...)
		}
		return true
	})
}

// eachWrite visits every write of a slot: by a setter, or around them, for
// which the slot is nil.
func (c *checker) eachWrite(b *body, visit func(token.Pos, *machine.Slot)) {
	direct := func(left ast.Expr) {
		index, ok := ast.Unparen(left).(*ast.IndexExpr)
		if !ok {
			return
		}
		if s, ok := ast.Unparen(index.X).(*ast.SelectorExpr); ok && c.selects(b, s) == "the machine's slots" || c.isView(b, index.X) {
			visit(left.Pos(), nil)
		}
	}
	ast.Inspect(b.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && c.isView(b, f.X) {
				if s := c.setters[f.Sel.Name]; s != nil {
					visit(n.Pos(), s)
				}
			}
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				direct(left)
			}
		case *ast.IncDecStmt:
			direct(n.X)
		}
		return true
	})
}

// guard makes sure that the method of a guard writes nothing.
func (c *checker) guard(g *machine.Guard) {
	d := c.methods[g.Name]
	if d == nil {
		return
	}
	actions := map[string]bool{}
	for _, a := range c.m.Actions {
		actions[a.Name] = true
	}
	const hint = "a guard only looks: write in an action"
	c.reach(d, func(b *body) {
		if actions[b.via] {
			return // reported at the call
		}
		assigned := func(left ast.Expr) {
			if _, local := ast.Unparen(left).(*ast.Ident); !local && c.isOwn(b, left) {
				c.errorAt(left.Pos(), hint, "guard %s writes %s%s", g.Name, typeString(left), b.where())
			}
		}
		c.eachWrite(b, func(at token.Pos, s *machine.Slot) {
			if s != nil {
				c.errorAt(at, hint, "guard %s writes variable %s%s", g.Name, s.Name, b.where())
			}
		})
		ast.Inspect(b.decl.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					assigned(left)
				}
			case *ast.IncDecStmt:
				assigned(n.X)
			case *ast.CallExpr:
				c.guardCalls(g, b, n, actions, hint)
			}
			return true
		})
	})
}

// guardCalls reports calls by which a guard writes: of an action, and of copy
// and clear into the procedure.
func (c *checker) guardCalls(g *machine.Guard, b *body, call *ast.CallExpr, actions map[string]bool, hint string) {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		if (f.Name == "copy" || f.Name == "clear") && len(call.Args) > 0 && c.isOwn(b, call.Args[0]) {
			c.errorAt(call.Pos(), hint, "guard %s writes %s%s", g.Name, typeString(call.Args[0]), b.where())
		}
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && x.Name == b.recv && actions[f.Sel.Name] {
			c.errorAt(call.Pos(), hint, "guard %s calls action %s%s", g.Name, f.Sel.Name, b.where())
		}
	}
}
