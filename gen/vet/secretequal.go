package vet

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// SecretEqual finds comparisons of secrets that take longer the more is equal:
// ==, !=, switch, and functions such as bytes.Equal and reflect.DeepEqual. What
// compares in constant time is crypto/subtle.
var SecretEqual = &analysis.Analyzer{
	Name:     "secretequal",
	Doc:      "find comparisons of secrets that are not made in constant time",
	Requires: []*analysis.Analyzer{secrets},
	Run:      runSecretEqual,
}

// comparers are the functions that compare until they find a difference.
var comparers = map[string][]string{
	"bytes":   {"Compare", "Contains", "Equal", "EqualFold", "HasPrefix", "HasSuffix", "Index"},
	"cmp":     {"Compare"},
	"maps":    {"Equal"},
	"reflect": {"DeepEqual"},
	"slices":  {"Compare", "Contains", "Equal", "Index"},
	"strings": {"Compare", "Contains", "EqualFold", "HasPrefix", "HasSuffix", "Index"},
}

func runSecretEqual(pass *analysis.Pass) (any, error) {
	found := newFindings(pass)
	s := pass.ResultOf[secrets].(*secretValues)
	for _, file := range sources(pass) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if compares(n.Op) && !isNil(pass, n.X) && !isNil(pass, n.Y) && (s.compared(n.X) || s.compared(n.Y)) {
					found.add(n.OpPos, "%s compares a secret: use crypto/subtle", n.Op)
				}
			case *ast.SwitchStmt:
				if n.Tag != nil && s.compared(n.Tag) {
					found.add(n.Tag.Pos(), "switch compares a secret: use crypto/subtle")
				}
			case *ast.CallExpr:
				f, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
				if !ok || f.Pkg() == nil || !slices.Contains(comparers[f.Pkg().Path()], f.Name()) {
					break
				}
				if slices.ContainsFunc(n.Args, func(x ast.Expr) bool { return s.holds(x) || s.carries(pass.TypesInfo.TypeOf(x), false) }) {
					found.add(n.Pos(), "%s.%s compares a secret: use crypto/subtle", f.Pkg().Path(), f.Name())
				}
			}
			return true
		})
	}
	found.report()
	return nil, nil
}

// compared reports whether to compare an expression is to compare a secret.
// Pointers and interfaces compare by identity.
func (s *secretValues) compared(x ast.Expr) bool {
	t := s.pass.TypesInfo.TypeOf(x)
	if t == nil || isReference(t) {
		return false
	}
	return s.holds(x) || s.carries(t, true)
}
