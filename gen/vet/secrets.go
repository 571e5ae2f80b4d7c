package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// secrets learns which values are secrets: those of types, fields and functions
// with the directive //vet:secret, and what is made of them by conversion,
// slicing, indexing, arithmetic, appending and encoding as text. A function
// that returns such a value returns a secret without a directive; the directive
// //vet:reveals REASON on it says that it gives the secret up on purpose. What a
// local variable holds is followed; what is put into a field without directive
// is not.
var secrets = &analysis.Analyzer{
	Name:       "secrets",
	Doc:        "learn which values are secrets",
	Run:        runSecrets,
	ResultType: reflect.TypeFor[*secretValues](),
	FactTypes:  []analysis.Fact{new(isSecret), new(givesSecret)},
}

var secretTypes string

func init() {
	for _, a := range []*analysis.Analyzer{SecretPrint, SecretEqual} {
		a.Flags.StringVar(&secretTypes, "types", "",
			"`types`, separated by commas and written path.Name, that count as secret for all analyzers")
	}
}

// isSecret is the fact that a type or a field is secret.
type isSecret struct{}

// AFact makes it a fact.
func (*isSecret) AFact() {}

// givesSecret is the fact that results of a function are secrets.
type givesSecret struct{ Results []bool }

// AFact makes it a fact.
func (*givesSecret) AFact() {}

// secretValues knows the secrets of one package.
type secretValues struct {
	pass   *analysis.Pass
	locals map[types.Object]bool   // variables that hold a secret
	gives  map[types.Object][]bool // functions, and variables with function literals
}

func runSecrets(pass *analysis.Pass) (any, error) {
	s := &secretValues{pass: pass, locals: map[types.Object]bool{}, gives: map[types.Object][]bool{}}
	files := sources(pass)
	for _, file := range files {
		s.marks(file)
	}
	for changed := true; changed; {
		changed = false
		for _, file := range files {
			changed = s.spread(file) || changed
		}
	}
	for obj, results := range s.gives {
		if f, ok := obj.(*types.Func); ok {
			pass.ExportObjectFact(f, &givesSecret{results})
		}
	}
	return s, nil
}

// marks takes the directives of a file.
func (s *secretValues) marks(file *ast.File) {
	mark := func(id *ast.Ident) {
		if obj := s.pass.TypesInfo.Defs[id]; obj != nil {
			s.pass.ExportObjectFact(obj, new(isSecret))
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			_, all := directive(secretDirective, n.Doc)
			for _, spec := range n.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok {
					if _, one := directive(secretDirective, t.Doc, t.Comment); one || all {
						mark(t.Name)
					}
				}
			}
		case *ast.Field:
			if _, ok := directive(secretDirective, n.Doc, n.Comment); ok {
				for _, name := range n.Names {
					mark(name)
				}
			}
		case *ast.FuncDecl:
			f, ok := s.pass.TypesInfo.Defs[n.Name].(*types.Func)
			if _, marked := directive(secretDirective, n.Doc); !ok || !marked {
				break
			}
			results := f.Signature().Results()
			all := make([]bool, results.Len())
			for i := range all {
				all[i] = mayHold(results.At(i).Type())
			}
			s.gives[f] = all
		}
		return true
	})
}

// mayHold reports whether a value of a type can be a secret: no truth value
// and no error is one.
func mayHold(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return (!ok || basic.Info()&types.IsBoolean == 0) && !types.Identical(t, types.Universe.Lookup("error").Type())
}

// spread follows secrets through a file once, and reports whether it has
// learned anything.
func (s *secretValues) spread(file *ast.File) bool {
	changed := false
	learn := func(left ast.Expr) {
		if obj := s.root(left); obj != nil && !s.locals[obj] && mayHold(obj.Type()) {
			s.locals[obj], changed = true, true
		}
	}
	assign := func(left, right []ast.Expr) {
		if len(right) == 1 && len(left) > 1 {
			for i, secret := range s.results(right[0]) {
				if secret && i < len(left) {
					learn(left[i])
				}
			}
			return
		}
		for i := range right {
			if s.holds(right[i]) {
				learn(left[i])
			}
			if f, ok := ast.Unparen(right[i]).(*ast.FuncLit); ok {
				if obj := s.root(left[i]); obj != nil {
					changed = s.returns(obj, f.Type, f.Body) || changed
				}
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			assign(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			left := make([]ast.Expr, len(n.Names))
			for i, name := range n.Names {
				left[i] = name
			}
			assign(left, n.Values)
		case *ast.RangeStmt:
			if n.Value != nil && s.holds(n.X) {
				learn(n.Value)
			}
		case *ast.CallExpr:
			if isBuiltin(s.pass, n.Fun, "copy") && len(n.Args) == 2 && s.holds(n.Args[1]) {
				learn(n.Args[0])
			}
		case *ast.FuncDecl:
			f, ok := s.pass.TypesInfo.Defs[n.Name].(*types.Func)
			if _, meant := directive(revealsDirective, n.Doc); ok && !meant && n.Body != nil {
				changed = s.returns(f, n.Type, n.Body) || changed
			}
		}
		return true
	})
	return changed
}

// returns learns which results of a function are secrets.
func (s *secretValues) returns(f types.Object, t *ast.FuncType, body *ast.BlockStmt) bool {
	if t.Results == nil {
		return false
	}
	var named []types.Object
	var kinds []types.Type
	for _, field := range t.Results.List {
		kind := s.pass.TypesInfo.TypeOf(field.Type)
		for _, name := range field.Names {
			named = append(named, s.pass.TypesInfo.Defs[name])
		}
		for range max(1, len(field.Names)) {
			kinds = append(kinds, kind)
		}
	}
	gives := slices.Clone(s.gives[f])
	if gives == nil {
		gives = make([]bool, len(kinds))
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			var held []bool
			switch {
			case len(n.Results) == 1 && len(kinds) > 1:
				held = s.results(n.Results[0])
			case len(n.Results) == 0:
				for _, obj := range named {
					held = append(held, s.locals[obj])
				}
			default:
				for _, x := range n.Results {
					held = append(held, s.holds(x))
				}
			}
			for i, h := range held {
				gives[i] = gives[i] || h && mayHold(kinds[i]) && !s.isMarked(kinds[i])
			}
		}
		return true
	})
	if !slices.Contains(gives, true) || slices.Equal(gives, s.gives[f]) {
		return false
	}
	s.gives[f] = gives
	return true
}

// results says which results of a call are secrets.
func (s *secretValues) results(x ast.Expr) []bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return nil
	}
	switch f := typeutil.Callee(s.pass.TypesInfo, call).(type) {
	case *types.Func:
		var fact givesSecret
		if all, ok := s.gives[f.Origin()]; ok {
			return all
		}
		if s.pass.ImportObjectFact(f.Origin(), &fact) {
			return fact.Results
		}
	case *types.Var:
		return s.gives[f]
	}
	return nil
}

// root is the variable that an expression is, or is an element of; nil for a
// field, since fields say themselves what they are.
func (s *secretValues) root(x ast.Expr) types.Object {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		if obj, ok := s.pass.TypesInfo.ObjectOf(x).(*types.Var); ok && x.Name != "_" {
			return obj
		}
	case *ast.IndexExpr:
		return s.root(x.X)
	case *ast.SliceExpr:
		return s.root(x.X)
	case *ast.StarExpr:
		return s.root(x.X)
	}
	return nil
}

// encoders are the packages whose functions turn octets into other text or
// octets that tell as much.
var encoders = []string{"bytes", "encoding/base32", "encoding/base64", "encoding/hex", "slices", "strconv", "strings"}

// holds reports whether an expression is a secret or a part of one.
func (s *secretValues) holds(x ast.Expr) bool {
	x = ast.Unparen(x)
	tv, ok := s.pass.TypesInfo.Types[x]
	if ok && (tv.IsType() || tv.Value != nil || tv.IsBuiltin()) {
		return false
	}
	if ok && tv.IsValue() && s.isMarked(tv.Type) {
		return true
	}
	switch x := x.(type) {
	case *ast.Ident:
		return s.locals[s.pass.TypesInfo.ObjectOf(x)]
	case *ast.SelectorExpr:
		return s.marked(s.pass.TypesInfo.ObjectOf(x.Sel))
	case *ast.IndexExpr:
		return s.holds(x.X)
	case *ast.SliceExpr:
		return s.holds(x.X)
	case *ast.StarExpr:
		return s.holds(x.X)
	case *ast.TypeAssertExpr:
		return s.holds(x.X)
	case *ast.UnaryExpr:
		return s.holds(x.X)
	case *ast.BinaryExpr:
		return mayHold(tv.Type) && (s.holds(x.X) || s.holds(x.Y))
	case *ast.KeyValueExpr:
		return s.holds(x.Value)
	case *ast.CompositeLit:
		_, isStruct := tv.Type.Underlying().(*types.Struct)
		return !isStruct && slices.ContainsFunc(x.Elts, s.holds)
	case *ast.CallExpr:
		return s.callHolds(x)
	}
	return false
}

// callHolds reports whether what a call gives is a secret.
func (s *secretValues) callHolds(call *ast.CallExpr) bool {
	switch {
	case s.pass.TypesInfo.Types[call.Fun].IsType():
		return len(call.Args) == 1 && s.holds(call.Args[0])
	case isBuiltin(s.pass, call.Fun, "append", "max", "min"):
		return slices.ContainsFunc(call.Args, s.holds)
	}
	if results := s.results(call); len(results) == 1 && results[0] {
		return true
	}
	f, ok := typeutil.Callee(s.pass.TypesInfo, call).(*types.Func)
	if !ok || f.Pkg() == nil || !slices.Contains(encoders, f.Pkg().Path()) {
		return false
	}
	switch t := s.pass.TypesInfo.TypeOf(call).Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsString != 0 && slices.ContainsFunc(call.Args, s.holds)
	case *types.Slice:
		return slices.ContainsFunc(call.Args, s.holds)
	}
	return false
}

// isMarked reports whether a type is secret, or a pointer to secrets, or a list
// of them.
func (s *secretValues) isMarked(t types.Type) bool {
	for {
		switch u := types.Unalias(t).(type) {
		case *types.Named:
			return s.marked(u.Obj())
		case *types.Pointer:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		default:
			return false
		}
	}
}

// marked reports whether a type or a field has the directive, or the flag names
// the type.
func (s *secretValues) marked(obj types.Object) bool {
	switch o := obj.(type) {
	case *types.TypeName:
		if o.Pkg() != nil && secretTypes != "" && slices.Contains(strings.Split(secretTypes, ","), o.Pkg().Path()+"."+o.Name()) {
			return true
		}
	case *types.Var:
		obj = o.Origin()
	default:
		return false
	}
	return s.pass.ImportObjectFact(obj, new(isSecret))
}

// carries reports whether values of a type have secrets in them. By value, what
// stands behind pointers, slices, maps and interfaces does not count.
func (s *secretValues) carries(t types.Type, byValue bool) bool {
	seen := map[types.Type]bool{}
	var look func(t types.Type) bool
	look = func(t types.Type) bool {
		t = types.Unalias(t)
		if seen[t] {
			return false
		}
		seen[t] = true
		if n, ok := t.(*types.Named); ok && s.marked(n.Obj()) {
			return !byValue || !types.IsInterface(t)
		}
		switch u := t.Underlying().(type) {
		case *types.Pointer:
			return !byValue && look(u.Elem())
		case *types.Slice:
			return !byValue && look(u.Elem())
		case *types.Map:
			return !byValue && (look(u.Key()) || look(u.Elem()))
		case *types.Array:
			return look(u.Elem())
		case *types.Struct:
			for f := range u.Fields() {
				if s.marked(f) && (!byValue || !isReference(f.Type())) || look(f.Type()) {
					return true
				}
			}
		}
		return false
	}
	return t != nil && look(t)
}

// isReference reports whether values of a type compare by identity.
func isReference(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Interface, *types.Chan:
		return true
	}
	return false
}

// isBuiltin reports whether a function is one of the language's own.
func isBuiltin(pass *analysis.Pass, fun ast.Expr, names ...string) bool {
	id, ok := ast.Unparen(fun).(*ast.Ident)
	if !ok || !slices.Contains(names, id.Name) {
		return false
	}
	_, ok = pass.TypesInfo.Uses[id].(*types.Builtin)
	return ok
}

// isNil reports whether an expression is nil.
func isNil(pass *analysis.Pass, x ast.Expr) bool { return pass.TypesInfo.Types[x].IsNil() }

// compares reports whether an operator compares for equality.
func compares(op token.Token) bool { return op == token.EQL || op == token.NEQ }
