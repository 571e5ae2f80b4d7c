package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// writes learns of every function to which memory it writes that it has not
// made itself: behind which of its parameters, or elsewhere. What other packages
// keep for themselves, such as pools and caches, does not count.
var writes = &analysis.Analyzer{
	Name:       "writes",
	Doc:        "learn what functions write to",
	Run:        runWrites,
	ResultType: reflect.TypeFor[*writeTable](),
	FactTypes:  []analysis.Fact{new(writesTo)},
}

// origin says where memory comes from: nowhere, which is the function itself,
// or parameters, or elsewhere.
type origin struct {
	Params    uint64 // one bit each; the receiver is the first
	Elsewhere bool
}

func (o origin) none() bool { return o == origin{} }

func (o origin) or(other origin) origin {
	return origin{o.Params | other.Params, o.Elsewhere || other.Elsewhere}
}

// writesTo is the fact of what a function writes to, and where what it returns
// leads to.
type writesTo struct{ Writes, Results origin }

// AFact makes it a fact.
func (*writesTo) AFact() {}

// site is one place of a function that writes.
type site struct {
	pos  token.Pos
	to   origin
	what string
}

// writeTable knows what the functions of one package write.
type writeTable struct {
	pass  *analysis.Pass
	facts map[*types.Func]writesTo
	sites map[*types.Func][]site
}

func runWrites(pass *analysis.Pass) (any, error) {
	w := &writeTable{pass: pass, facts: map[*types.Func]writesTo{}, sites: map[*types.Func][]site{}}
	type pair struct {
		f *types.Func
		d *ast.FuncDecl
	}
	var all []pair
	for _, file := range sources(pass) {
		for _, d := range file.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
				if f, ok := pass.TypesInfo.Defs[d.Name].(*types.Func); ok {
					all = append(all, pair{f, d})
				}
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, p := range all {
			fact, sites := w.learn(p.f, p.d)
			changed = changed || fact != w.facts[p.f]
			w.facts[p.f], w.sites[p.f] = fact, sites
		}
	}
	for f, fact := range w.facts {
		if fact != (writesTo{}) {
			pass.ExportObjectFact(f, &fact)
		}
	}
	return w, nil
}

// scope is one function that is looked at.
type scope struct {
	*writeTable
	leads map[types.Object]origin // where the pointers in a variable lead to
}

// learn looks at one function with what is known of the others.
func (w *writeTable) learn(f *types.Func, d *ast.FuncDecl) (writesTo, []site) {
	s := &scope{w, map[types.Object]origin{}}
	bit := uint64(1)
	if r := f.Signature().Recv(); r != nil {
		s.leads[r] = origin{Params: bit}
	}
	for p := range f.Signature().Params().Variables() {
		if bit <<= 1; bit == 0 {
			s.leads[p] = origin{Elsewhere: true}
		} else {
			s.leads[p] = origin{Params: bit}
		}
	}
	for s.follow(d.Body) {
	}
	var fact writesTo
	var sites []site
	add := func(pos token.Pos, to origin, what string) {
		if !to.none() {
			fact.Writes = fact.Writes.or(to)
			sites = append(sites, site{pos, to, what})
		}
	}
	depth := 0 // of function literals, whose returns are their own
	var stack []ast.Node
	ast.Inspect(d.Body, func(n ast.Node) bool {
		if n == nil {
			if _, ok := stack[len(stack)-1].(*ast.FuncLit); ok {
				depth--
			}
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.FuncLit:
			depth++
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					add(left.Pos(), s.lies(left), "writes "+types.ExprString(left))
				}
			}
		case *ast.IncDecStmt:
			add(n.Pos(), s.lies(n.X), "writes "+types.ExprString(n.X))
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				for _, left := range []ast.Expr{n.Key, n.Value} {
					if left != nil {
						add(left.Pos(), s.lies(left), "writes "+types.ExprString(left))
					}
				}
			}
		case *ast.SendStmt:
			add(n.Pos(), s.value(n.Chan), "sends to "+types.ExprString(n.Chan))
		case *ast.CallExpr:
			to, what := s.call(n)
			add(n.Pos(), to, what)
		case *ast.ReturnStmt:
			if depth == 0 {
				for _, x := range n.Results {
					fact.Results = fact.Results.or(s.value(x))
				}
			}
		}
		return true
	})
	results := f.Signature().Results()
	for r := range results.Variables() {
		fact.Results = fact.Results.or(s.leads[r])
	}
	if results.Len() == 0 || !hasPointers(results) {
		fact.Results = origin{}
	}
	return fact, sites
}

// follow learns once where local variables lead to, and reports whether it has
// learned anything.
func (s *scope) follow(body *ast.BlockStmt) bool {
	changed := false
	learn := func(left ast.Expr, to origin) {
		id, ok := ast.Unparen(left).(*ast.Ident)
		for !ok { // what is put into a local variable's field is the variable's
			switch x := ast.Unparen(left).(type) {
			case *ast.SelectorExpr:
				left = x.X
			case *ast.IndexExpr:
				left = x.X
			case *ast.StarExpr:
				left = x.X
			default:
				return
			}
			id, ok = ast.Unparen(left).(*ast.Ident)
		}
		obj, ok := s.pass.TypesInfo.ObjectOf(id).(*types.Var)
		if !ok || obj.Parent() == s.pass.Pkg.Scope() || !hasPointers(obj.Type()) {
			return
		}
		if sum := s.leads[obj].or(to); sum != s.leads[obj] {
			s.leads[obj], changed = sum, true
		}
	}
	assign := func(left, right []ast.Expr) {
		for i := range left {
			if len(right) == len(left) {
				learn(left[i], s.value(right[i]))
			} else if len(right) == 1 {
				learn(left[i], s.value(right[0]))
			}
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			assign(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					learn(name, s.value(n.Values[i]))
				} else if len(n.Values) == 1 {
					learn(name, s.value(n.Values[0]))
				}
			}
		case *ast.RangeStmt:
			for _, left := range []ast.Expr{n.Key, n.Value} {
				if left != nil {
					learn(left, s.value(n.X))
				}
			}
		case *ast.TypeSwitchStmt:
			if a, ok := n.Assign.(*ast.AssignStmt); ok {
				for _, clause := range n.Body.List {
					if obj := s.pass.TypesInfo.Implicits[clause]; obj != nil {
						if to := s.leads[obj].or(s.value(a.Rhs[0])); to != s.leads[obj] {
							s.leads[obj], changed = to, true
						}
					}
				}
			}
		}
		return true
	})
	return changed
}

// lies says where the memory of something that can be assigned to lies.
func (s *scope) lies(x ast.Expr) origin {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		if v, ok := s.pass.TypesInfo.ObjectOf(x).(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
			return origin{Elsewhere: true}
		}
	case *ast.SelectorExpr:
		selection := s.pass.TypesInfo.Selections[x]
		if selection == nil {
			return origin{Elsewhere: true} // of another package
		}
		if selection.Indirect() {
			return s.value(x.X)
		}
		return s.lies(x.X)
	case *ast.IndexExpr:
		if t := s.pass.TypesInfo.TypeOf(x.X); t != nil {
			if _, ok := t.Underlying().(*types.Array); ok {
				return s.lies(x.X)
			}
		}
		return s.value(x.X)
	case *ast.StarExpr:
		return s.value(x.X)
	}
	return origin{}
}

// value says where the pointers in a value lead to.
func (s *scope) value(x ast.Expr) origin {
	x = ast.Unparen(x)
	if t := s.pass.TypesInfo.TypeOf(x); t == nil || !hasPointers(t) {
		return origin{}
	}
	switch x := x.(type) {
	case *ast.Ident:
		obj := s.pass.TypesInfo.ObjectOf(x)
		if v, ok := obj.(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
			return origin{Elsewhere: true}
		}
		return s.leads[obj]
	case *ast.SelectorExpr:
		if s.pass.TypesInfo.Selections[x] == nil {
			return origin{Elsewhere: true}
		}
		return s.value(x.X)
	case *ast.IndexExpr:
		return s.value(x.X)
	case *ast.StarExpr:
		return s.value(x.X)
	case *ast.TypeAssertExpr:
		return s.value(x.X)
	case *ast.SliceExpr:
		if t := s.pass.TypesInfo.TypeOf(x.X); t != nil {
			if _, ok := t.Underlying().(*types.Array); ok {
				return s.lies(x.X).or(s.value(x.X))
			}
		}
		return s.value(x.X)
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			return s.lies(x.X).or(s.value(x.X))
		}
		return s.value(x.X)
	case *ast.CompositeLit:
		var all origin
		for _, e := range x.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok {
				e = pair.Value
			}
			all = all.or(s.value(e))
		}
		return all
	case *ast.CallExpr:
		return s.given(x)
	}
	return origin{}
}

// given says where what a call returns leads to.
func (s *scope) given(call *ast.CallExpr) origin {
	switch {
	case s.pass.TypesInfo.Types[call.Fun].IsType():
		return s.value(call.Args[0])
	case isBuiltin(s.pass, call.Fun, "new", "make"):
		return origin{}
	case isBuiltin(s.pass, call.Fun, "append"):
		all := s.value(call.Args[0])
		list, ok := s.pass.TypesInfo.TypeOf(call).Underlying().(*types.Slice)
		for _, x := range call.Args[1:] {
			if !ok || hasPointers(list.Elem()) { // else it copies
				all = all.or(s.value(x))
			}
		}
		return all
	}
	f := typeutil.StaticCallee(s.pass.TypesInfo, call)
	if f == nil {
		return origin{Elsewhere: true}
	}
	fact := s.fact(f)
	return s.passed(call, f, fact.Results)
}

// fact is what is known of a function.
func (s *scope) fact(f *types.Func) (fact writesTo) {
	f = f.Origin()
	if f.Pkg() == s.pass.Pkg {
		return s.facts[f]
	}
	s.pass.ImportObjectFact(f, &fact) // the zero fact where there is none
	return fact
}

// passed turns what a function says of its parameters into what a call of it
// means here.
func (s *scope) passed(call *ast.CallExpr, f *types.Func, of origin) origin {
	here := origin{Elsewhere: of.Elsewhere}
	signature := f.Signature()
	args := call.Args
	if r := signature.Recv(); r != nil && of.Params&1 != 0 {
		switch fun := ast.Unparen(call.Fun).(type) {
		case *ast.SelectorExpr:
			if selection := s.pass.TypesInfo.Selections[fun]; selection != nil && selection.Kind() == types.MethodVal {
				here = here.or(s.value(fun.X))
				if _, ok := types.Unalias(r.Type()).(*types.Pointer); ok && !isPointer(s.pass.TypesInfo.TypeOf(fun.X)) {
					here = here.or(s.lies(fun.X))
				}
			} else if len(args) > 0 { // T.Method(x)
				here = here.or(s.value(args[0]))
			}
		}
	}
	for i := range args {
		bit := uint64(2) << min(i, signature.Params().Len()-1)
		if of.Params&bit != 0 {
			here = here.or(s.value(args[i]))
		}
	}
	return here
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// call says where a call writes to.
func (s *scope) call(call *ast.CallExpr) (origin, string) {
	what := "writes by calling " + types.ExprString(call.Fun)
	if s.pass.TypesInfo.Types[call.Fun].IsType() {
		return origin{}, ""
	}
	if isBuiltin(s.pass, call.Fun, "copy", "clear", "delete", "close") && len(call.Args) > 0 {
		return s.value(call.Args[0]), what
	}
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok {
		if _, ok := s.pass.TypesInfo.Uses[id].(*types.Builtin); ok {
			return origin{}, ""
		}
	}
	f := typeutil.StaticCallee(s.pass.TypesInfo, call)
	if f == nil { // an interface or a function value may fill the slices that it gets
		var all origin
		for _, x := range call.Args {
			if t := s.pass.TypesInfo.TypeOf(x); t != nil {
				if _, ok := t.Underlying().(*types.Slice); ok {
					all = all.or(s.value(x))
				}
			}
		}
		return all, what
	}
	if f.Pkg() != nil && strings.HasPrefix(f.Pkg().Path()+"/", "sync/") { // the compiler's own
		if strings.HasPrefix(f.Name(), "Load") {
			return origin{}, ""
		}
		return s.passed(call, f, origin{Params: 3}), what
	}
	fact := s.fact(f)
	if f.Pkg() != s.pass.Pkg {
		fact.Writes.Elsewhere = false // its pools and caches are its own
	}
	return s.passed(call, f, fact.Writes), what
}
