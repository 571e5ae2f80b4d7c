package spec

import (
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// index finds places in a text: offsets in octets from lines and columns, and
// back.
type index struct {
	text  string
	lines []int // offset of the first octet of each line
}

func newIndex(text string) *index {
	x := &index{text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			x.lines = append(x.lines, i+1)
		}
	}
	return x
}

// offset gives the octet at a place.
func (x *index) offset(p Pos) int {
	if p.Line < 1 || p.Line > len(x.lines) {
		return len(x.text)
	}
	at := x.lines[p.Line-1]
	for range p.Col - 1 {
		if at >= len(x.text) || x.text[at] == '\n' {
			break
		}
		_, size := utf8.DecodeRuneInString(x.text[at:])
		at += size
	}
	return at
}

// pos gives the place of an octet.
func (x *index) pos(offset int) Pos {
	line := sort.SearchInts(x.lines, offset+1)
	return Pos{line, utf8.RuneCountInString(x.text[x.lines[line-1]:offset]) + 1}
}

// scalarText knows where each octet of a scalar's value stands in the file.
type scalarText struct {
	x     *index
	start int
	at    []int // offset for each octet of the value, and for its end
}

// pos is the place of the octet i of the value.
func (t *scalarText) pos(i int) Pos {
	if i < len(t.at) {
		return t.x.pos(t.at[i])
	}
	return t.x.pos(t.start)
}

func (l *loader) textAt(n *yaml.Node) *scalarText {
	if l.index == nil {
		l.index = newIndex(string(l.file.Source))
	}
	return l.index.scalar(n)
}

// scalar follows a scalar's value through the file: quotes, escapes and folded
// lines make the two differ. Where they part, the rest has no places of its
// own.
func (x *index) scalar(n *yaml.Node) *scalarText {
	t := &scalarText{x: x, start: x.offset(at(n))}
	p := t.start
	switch {
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		p++
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		header := strings.IndexByte(x.text[p:], '\n')
		if header < 0 {
			return t
		}
		p += header
		p += space(x.text[p:])
	}
	var offsets []int
	for _, r := range n.Value {
		for range utf8.RuneLen(r) {
			offsets = append(offsets, p)
		}
		size, ok := written(x.text[p:], r, n.Style)
		if !ok {
			return t
		}
		p += size
	}
	t.at = append(offsets, p)
	return t
}

// written gives the number of octets at the start of text that stand for r.
func written(text string, r rune, style yaml.Style) (int, bool) {
	run := space(text)
	folded := strings.Contains(text[:run], "\n")
	switch {
	case folded && (r == ' ' || r == '\n'):
		return run, true
	case r == '\n' && run == 0 && style&yaml.DoubleQuotedStyle == 0:
		return 0, true // one more line feed of the lines that are gone already
	case style&yaml.SingleQuotedStyle != 0 && r == '\'':
		return 2, strings.HasPrefix(text, "''")
	case style&yaml.DoubleQuotedStyle != 0 && strings.HasPrefix(text, `\`) && len(text) > 1:
		switch text[1] {
		case 'x':
			return 4, len(text) >= 4
		case 'u':
			return 6, len(text) >= 6
		case 'U':
			return 10, len(text) >= 10
		case '\n', '\r':
			return 0, false
		}
		return 2, true
	}
	got, size := utf8.DecodeRuneInString(text)
	return size, got == r
}

// space counts the blanks and line ends at the start of text.
func space(text string) int {
	return len(text) - len(strings.TrimLeft(text, " \t\r\n"))
}
