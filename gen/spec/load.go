package spec

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"blesmp/gen/diag"

	"go.yaml.in/yaml/v4"
)

// Load reads and parses the file at path; see Parse.
func Load(path string) (*File, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, source)
}

// Parse reads a specification. The path is for messages alone.
//
// Everything that is wrong with the file's form comes back as one *diag.List,
// with line and column. The File holds what could be read in spite of it, so
// that a caller can look for more mistakes; it is never nil. Whether names
// stand for something is not a matter of form, and not looked at here.
func Parse(path string, source []byte) (*File, error) {
	l := newLoader(path, source)
	l.load()
	return l.file, l.diags.Err()
}

// loader holds one file while it is read.
type loader struct {
	file  *File
	lines []string
	diags *diag.List

	roles    []string          // names of the roles, known before the rest is read
	macros   map[string]*Macro // the file's own words for the end of a rule
	ruleKeys []string          // keys that a rule can have

	index *index // made when it is needed

	root *yaml.Node
	// For the formatter: mappings that are rules, lists and mappings that hold
	// rules.
	rules, holders []*yaml.Node
}

func newLoader(path string, source []byte) *loader {
	l := &loader{
		file:   &File{Path: path, Source: source},
		lines:  strings.Split(string(source), "\n"),
		diags:  new(diag.List),
		macros: make(map[string]*Macro),
	}
	l.diags.Source(path, source)
	return l
}

func (l *loader) load() {
	if !l.readable() {
		return
	}
	if l.root = l.document(); l.root != nil && l.plainTree(l.root, 0) {
		l.readFile(l.root)
	}
}

// document gives the one YAML document of the file, or nil.
func (l *loader) document() (root *yaml.Node) {
	// The YAML package panics on mistakes of its own. They are not the
	// caller's.
	defer func() {
		if problem := recover(); problem != nil {
			l.errorf(Pos{1, 1}, "this is beyond the YAML parser: %v", problem)
			root = nil
		}
	}()
	documents, err := yaml.NewLoader(bytes.NewReader(l.file.Source))
	if err != nil {
		l.errorf(Pos{1, 1}, "%v", err)
		return nil
	}
	var first, second yaml.Node
	switch err := documents.Load(&first); {
	case errors.Is(err, io.EOF) || err == nil && len(first.Content) == 0:
		l.errorf(Pos{1, 1}, "the file is empty")
		return nil
	case err != nil:
		l.syntax(err)
		return nil
	}
	switch err := documents.Load(&second); {
	case err == nil:
		l.errorf(at(&second), "a second document: a file holds one")
		return nil
	case !errors.Is(err, io.EOF):
		l.syntax(err)
		return nil
	}
	return first.Content[0]
}

// readable refuses text whose lines an editor and YAML would count
// differently, and what no text holds.
func (l *loader) readable() bool {
	ok := true
	for i, line := range l.lines {
		line = strings.TrimSuffix(line, "\r")
		col := 0
		for at, r := range line {
			col++
			switch {
			case r == utf8.RuneError && !strings.HasPrefix(line[at:], "\uFFFD"):
				l.errorf(Pos{i + 1, col}, "the file is not UTF-8")
			case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff:
				l.errorf(Pos{i + 1, col}, "unexpected character %U", r)
			default:
				continue
			}
			ok = false
			break
		}
	}
	return ok
}

// syntax reports an error of the YAML parser.
func (l *loader) syntax(err error) {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		l.errorf(Pos{1, 1}, "%v", err)
		return
	}
	message := e.Message
	pos := Pos{e.Mark.Line, e.Mark.Column}
	if e.ContextMsg != "" {
		message = e.ContextMsg + ": " + message
	}
	// What misses its end is found missing at the start of a later line, or
	// after the last one. The place where it began is of more help.
	if e.ContextMark.Line > 0 && (e.ContextMark.Line < pos.Line || pos.Line > len(l.lines)) {
		pos = Pos{e.ContextMark.Line, e.ContextMark.Column}
	}
	switch {
	case pos.Line < 1:
		pos = Pos{1, 1}
	case pos.Line > len(l.lines):
		pos = Pos{len(l.lines), utf8.RuneCountInString(l.lines[len(l.lines)-1]) + 1}
	}
	hint := ""
	switch {
	case strings.HasPrefix(e.Message, "mapping values are not allowed"):
		hint = "text with a colon and a blank in it stands in quotes"
	case strings.HasPrefix(e.Message, "found character that cannot start any token") && l.tabBefore(pos):
		hint = "blanks indent, tabs do not"
	}
	l.hinted(pos, message, hint)
}

// tabBefore tells whether a tab indents the line of a position.
func (l *loader) tabBefore(p Pos) bool {
	line := l.lines[p.Line-1]
	return strings.Contains(line[:len(line)-len(strings.TrimLeft(line, " \t"))], "\t")
}

// deepest is how far mappings and lists may be nested.
const deepest = 100

// plainTree refuses what YAML has and the spec language has not: anchors,
// aliases, merge keys, tags of one's own.
func (l *loader) plainTree(n *yaml.Node, depth int) bool {
	switch {
	case depth > deepest:
		l.errorf(at(n), "nested too deep")
		return false
	case n.Kind == yaml.AliasNode:
		l.errorf(at(n), "alias *%s: write it out", n.Value)
		return false
	case n.Anchor != "":
		l.errorf(at(n), "anchor &%s: the language has none", n.Anchor)
		return false
	case n.Style&yaml.TaggedStyle != 0 || n.Tag == "!":
		l.errorf(at(n), "tag %s: the language has none", n.Tag)
		return false
	case n.Tag == "!!merge":
		l.errorf(at(n), "merge key <<: write it out")
		return false
	}
	ok := true
	for _, c := range n.Content {
		if !l.plainTree(c, depth+1) {
			ok = false
		}
	}
	return ok
}

func (l *loader) errorf(p Pos, format string, args ...any) {
	l.diags.Errorf(l.file.Path, p.Line, p.Col, format, args...)
}

// hinted is errorf with a hint.
func (l *loader) hinted(p Pos, message, hint string) {
	l.diags.Add(diag.Diagnostic{Path: l.file.Path, Line: p.Line, Col: p.Col, Message: message, Hint: hint})
}

// at is the place where a node begins.
func at(n *yaml.Node) Pos { return Pos{n.Line, n.Column} }
