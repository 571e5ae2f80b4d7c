package vet

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Deterministic keeps clocks and generators of pseudo-random numbers out of
// packages with the directive //vet:deterministic, and out of those that its
// flag packages lists. Such a package takes both from its caller, so that
// everything that it does can be replayed. A use counts, called or not.
var Deterministic = &analysis.Analyzer{
	Name: "deterministic",
	Doc:  "find clocks and math/rand in packages marked //vet:deterministic",
	Run:  runDeterministic,
}

var deterministicPackages string

func init() {
	Deterministic.Flags.StringVar(&deterministicPackages, "packages", "",
		"import `paths`, separated by commas, that count as marked")
}

// clocks are the functions that read a clock or wait for one.
var clocks = map[string][]string{
	"time":    {"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"},
	"context": {"WithDeadline", "WithDeadlineCause", "WithTimeout", "WithTimeoutCause"},
}

func runDeterministic(pass *analysis.Pass) (any, error) {
	found := newFindings(pass)
	if isDeterministic(pass) {
		for _, file := range sources(pass) {
			ast.Inspect(file, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					checkChance(pass, found, id)
				}
				return true
			})
		}
	}
	found.report()
	return nil, nil
}

func isDeterministic(pass *analysis.Pass) bool {
	if slices.Contains(strings.Split(deterministicPackages, ","), pass.Pkg.Path()) {
		return true
	}
	for _, file := range sources(pass) {
		if _, ok := directive(deterministicDirective, file.Doc); ok {
			return true
		}
	}
	return false
}

// checkChance reports a name that stands for a clock or for chance.
func checkChance(pass *analysis.Pass, found *findings, id *ast.Ident) {
	obj := pass.TypesInfo.Uses[id]
	if obj == nil || obj.Pkg() == nil || obj.Parent() != obj.Pkg().Scope() {
		return // a method belongs to a value that somebody has made
	}
	switch path := obj.Pkg().Path(); path {
	case "math/rand", "math/rand/v2":
		if _, ok := obj.(*types.Func); ok {
			found.add(id.Pos(), "package %s is marked deterministic and uses %s.%s", pass.Pkg.Name(), path, id.Name)
		}
	default:
		if slices.Contains(clocks[path], id.Name) {
			found.add(id.Pos(), "package %s is marked deterministic and uses the clock: %s.%s", pass.Pkg.Name(), path, id.Name)
		}
	}
}
