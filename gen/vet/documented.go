package vet

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Documented wants a doc comment on everything that a package exports: on each
// type, function and method a sentence that begins with its name. In a group of
// constants or variables a comment of the group or one beside the name is
// enough. Commands are left out: they export nothing.
var Documented = &analysis.Analyzer{
	Name: "documented",
	Doc:  "find exported identifiers without a sentence that begins with their name",
	Run:  runDocumented,
}

func runDocumented(pass *analysis.Pass) (any, error) {
	found := newFindings(pass)
	for _, file := range sources(pass) {
		if pass.Pkg.Name() == "main" {
			break
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil || exportedReceiver(d) {
					checkDoc(found, d.Name, d.Doc)
				}
			case *ast.GenDecl:
				documentedGroup(found, d, d.Lparen.IsValid() || ast.IsGenerated(file))
			}
		}
	}
	found.report()
	return nil, nil
}

// documentedGroup checks a declaration with all that it declares. What a
// generator writes counts as a group even where there is one thing in it.
func documentedGroup(found *findings, d *ast.GenDecl, group bool) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if doc := s.Doc; doc != nil || d.Lparen.IsValid() {
				checkDoc(found, s.Name, doc)
			} else {
				checkDoc(found, s.Name, d.Doc)
			}
		case *ast.ValueSpec:
			for i, name := range s.Names {
				switch {
				case !group && i == 0:
					checkDoc(found, name, d.Doc)
				case s.Doc != nil && i == 0:
					checkDoc(found, name, s.Doc)
				case name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil:
					found.add(name.Pos(), "%s is exported and has no doc comment, and its group has none", name.Name)
				}
			}
		}
	}
}

// checkDoc checks the doc comment of a name.
func checkDoc(found *findings, name *ast.Ident, doc *ast.CommentGroup) {
	if !name.IsExported() {
		return
	}
	text := strings.TrimSpace(doc.Text())
	first, _, _ := strings.Cut(text, "\n\n")
	switch rest, ok := strings.CutPrefix(text, name.Name); {
	case text == "":
		found.add(name.Pos(), "%s is exported and has no doc comment", name.Name)
	case !ok || rest == "" || token.IsIdentifier("a"+rest[:1]):
		found.add(name.Pos(), "the doc comment of %s has to begin with its name", name.Name)
	case !strings.ContainsAny(first[len(first)-1:], ".:!?"):
		found.add(name.Pos(), "the doc comment of %s has to be a sentence: it ends without a full stop", name.Name)
	}
}

// exportedReceiver reports whether a method belongs to an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	t := ast.Unparen(d.Recv.List[0].Type)
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = ast.Unparen(x.X)
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
