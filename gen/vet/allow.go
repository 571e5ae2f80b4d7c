package vet

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// The directives, as they are written in the source.
const (
	allowDirective         = "//vet:allow"
	secretDirective        = "//vet:secret"
	revealsDirective       = "//vet:reveals"
	deterministicDirective = "//vet:deterministic"
)

// directive looks for a directive in comments, and gives what stands behind it
// on its line.
func directive(name string, groups ...*ast.CommentGroup) (rest string, ok bool) {
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, c := range g.List {
			rest, found := strings.CutPrefix(c.Text, name)
			if found && (rest == "" || rest[0] == ' ') {
				return strings.TrimSpace(rest), true
			}
		}
	}
	return "", false
}

// findings collects what one analyzer finds in one package.
type findings struct {
	pass *analysis.Pass
	all  map[place][]analysis.Diagnostic
}

// place is a line of a file.
type place struct {
	file string
	line int
}

func newFindings(pass *analysis.Pass) *findings {
	return &findings{pass: pass, all: map[place][]analysis.Diagnostic{}}
}

func (f *findings) at(pos token.Pos) place {
	p := f.pass.Fset.Position(pos)
	return place{p.Filename, p.Line}
}

// add notes a finding. One position has one finding.
func (f *findings) add(pos token.Pos, format string, args ...any) {
	at := f.at(pos)
	for _, d := range f.all[at] {
		if d.Pos == pos {
			return
		}
	}
	f.all[at] = append(f.all[at], analysis.Diagnostic{Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// report tells of the findings that nothing allows, and of the allowances that
// allow nothing or give no reason.
func (f *findings) report() {
	for _, file := range sources(f.pass) {
		for _, group := range file.Comments {
			for _, c := range group.List {
				if rest, ok := directive(allowDirective, &ast.CommentGroup{List: []*ast.Comment{c}}); ok {
					f.allow(group, c, rest)
				}
			}
		}
	}
	var left []analysis.Diagnostic
	for _, ds := range f.all {
		left = append(left, ds...)
	}
	slices.SortFunc(left, func(a, b analysis.Diagnostic) int { return cmp.Compare(a.Pos, b.Pos) })
	for _, d := range left {
		f.pass.Report(d)
	}
}

// allow takes away the findings of the line of the comment c, or else those of
// the line behind its group.
func (f *findings) allow(group *ast.CommentGroup, c *ast.Comment, rest string) {
	name, reason, _ := strings.Cut(rest, ":")
	if name != f.pass.Analyzer.Name {
		return
	}
	at := f.at(c.Pos())
	if len(f.all[at]) == 0 {
		at = f.at(group.End())
		at.line++
	}
	switch {
	case len(f.all[at]) == 0:
		f.add(c.Pos(), "there is nothing to allow: remove the directive")
	case strings.TrimSpace(reason) == "":
		f.add(c.Pos(), "say why: %s %s: REASON", allowDirective, name)
	default:
		delete(f.all, at)
	}
}

// sources gives the files of a package without those of tests.
func sources(pass *analysis.Pass) []*ast.File {
	var files []*ast.File
	for _, f := range pass.Files {
		if !strings.HasSuffix(pass.Fset.Position(f.FileStart).Filename, "_test.go") {
			files = append(files, f)
		}
	}
	return files
}
