// Package diag collects what is wrong with a file and renders it for people:
// one line that names file, line and column, the source line, and a caret
// under the place.
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Diagnostic is one thing to say about one place of a file. Line and Col are
// counted from 1, columns in characters; Line 0 stands for the file as a whole.
type Diagnostic struct {
	Path      string
	Line, Col int
	Message   string
	Hint      string // printed in parentheses after the message; "" for none
	Note      bool   // worth knowing, but no error
}

// String gives the diagnostic in one line, without the source.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(d.Path)
	if d.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", d.Line, d.Col)
	}
	b.WriteString(": ")
	if d.Note {
		b.WriteString("note: ")
	}
	b.WriteString(d.Message)
	if d.Hint != "" {
		b.WriteString(" (" + d.Hint + ")")
	}
	return b.String()
}

func compare(a, b Diagnostic) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Col, b.Col),
		compareBool(a.Note, b.Note),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Hint, b.Hint),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// List is a collection of diagnostics that is an error. It is sorted by place
// and holds nothing twice. The zero List is empty and ready for use.
type List struct {
	all     []Diagnostic
	sources map[string][]string
}

// Source makes a file's lines known, so that the list can show them.
func (l *List) Source(path string, source []byte) {
	if l.sources == nil {
		l.sources = make(map[string][]string)
	}
	l.sources[path] = splitLines(string(source))
}

// Add puts a diagnostic in its place.
func (l *List) Add(d Diagnostic) {
	if i, found := slices.BinarySearchFunc(l.all, d, compare); !found {
		l.all = slices.Insert(l.all, i, d)
	}
}

// Errorf adds an error without a hint.
func (l *List) Errorf(path string, line, col int, format string, args ...any) {
	l.Add(Diagnostic{Path: path, Line: line, Col: col, Message: fmt.Sprintf(format, args...)})
}

// Join adds what err holds: all diagnostics and sources of a List within it,
// or else its text, about path as a whole. A nil err adds nothing.
func (l *List) Join(path string, err error) {
	if err == nil {
		return
	}
	var other *List
	if !errors.As(err, &other) {
		l.Add(Diagnostic{Path: path, Message: err.Error()})
		return
	}
	for _, d := range other.all {
		l.Add(d)
	}
	for path, lines := range other.sources {
		if l.sources == nil {
			l.sources = make(map[string][]string)
		}
		l.sources[path] = lines
	}
}

// All gives the diagnostics, sorted. The slice is the caller's own.
func (l *List) All() []Diagnostic { return slices.Clone(l.all) }

// Len counts the diagnostics, notes among them.
func (l *List) Len() int { return len(l.all) }

// HasErrors reports whether there is more than notes.
func (l *List) HasErrors() bool {
	return slices.ContainsFunc(l.all, func(d Diagnostic) bool { return !d.Note })
}

// Err gives the list as an error, or nil where it holds nothing but notes.
func (l *List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return l
}

// Error renders every diagnostic with its source line, if that is known. Each
// ends with a line feed but the last.
func (l *List) Error() string {
	var b strings.Builder
	for _, d := range l.all {
		b.WriteString(d.String())
		b.WriteByte('\n')
		if lines := l.sources[d.Path]; d.Line > 0 && d.Line <= len(lines) {
			b.WriteString(excerpt(lines[d.Line-1], d.Col))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
