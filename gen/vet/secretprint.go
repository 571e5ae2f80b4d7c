package vet

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// SecretPrint finds secrets on their way into text: as arguments of fmt, log,
// log/slog, errors.New, errors.Join and panic. A structure that has a secret in
// it counts as one, unless it has a method Error, Format or String: fmt prints
// fields that are not exported without asking their methods.
var SecretPrint = &analysis.Analyzer{
	Name:     "secretprint",
	Doc:      "find secrets that are given to fmt, log, slog, errors or panic",
	Requires: []*analysis.Analyzer{secrets},
	Run:      runSecretPrint,
}

func runSecretPrint(pass *analysis.Pass) (any, error) {
	found := newFindings(pass)
	s := pass.ResultOf[secrets].(*secretValues)
	for _, file := range sources(pass) {
		ast.Inspect(file, func(n ast.Node) bool {
			if d, ok := n.(*ast.FuncDecl); ok {
				if why, ok := directive(revealsDirective, d.Doc); ok && why == "" {
					found.add(d.Name.Pos(), "say why %s gives a secret up: %s REASON", d.Name.Name, revealsDirective)
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := printer(pass, call)
			if name == "" {
				return true
			}
			for _, arg := range call.Args {
				t := pass.TypesInfo.TypeOf(arg)
				switch {
				case s.holds(arg):
					found.add(arg.Pos(), "a secret is given to %s", name)
				case !formatsItself(t) && s.carries(t, false):
					found.add(arg.Pos(), "%s is given to %s and has a secret in it", types.TypeString(t, types.RelativeTo(pass.Pkg)), name)
				}
			}
			return true
		})
	}
	found.report()
	return nil, nil
}

// printer names the function of a call that makes text for people of its
// arguments, "" for another one.
func printer(pass *analysis.Pass, call *ast.CallExpr) string {
	if isBuiltin(pass, call.Fun, "panic", "print", "println") {
		return call.Fun.(*ast.Ident).Name
	}
	f, ok := typeutil.Callee(pass.TypesInfo, call).(*types.Func)
	if !ok || f.Pkg() == nil {
		return ""
	}
	switch path := f.Pkg().Path(); path {
	case "fmt", "log", "log/slog":
		return path + "." + f.Name()
	case "errors":
		if f.Name() == "New" || f.Name() == "Join" {
			return path + "." + f.Name()
		}
	}
	return ""
}

// formatsItself reports whether a type says itself how it is printed.
func formatsItself(t types.Type) bool {
	if t == nil {
		return false
	}
	methods := types.NewMethodSet(t)
	return slices.ContainsFunc([]string{"Error", "Format", "String"}, func(name string) bool {
		return methods.Lookup(nil, name) != nil
	})
}
