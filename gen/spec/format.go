package spec

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// formatWidth is the column that a rule in one line may reach.
const formatWidth = 100

// Format lays a specification out. The keys of a rule come in the order in
// which they are carried out; a rule is one line in flow style, or, where that
// were over 100 columns, a block with a line for each key. Spaces at the ends
// of lines go. Everything else stays as it was written, comments above all,
// and the result means the same. Formatting twice changes nothing.
//
// A file with mistakes of form is not touched: the error is that of Parse, with
// "input" for a path.
func Format(source []byte) ([]byte, error) {
	text := strings.ReplaceAll(string(source), "\r\n", "\n")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	// What holds rules is broken up first, one level a turn: it may hold
	// others. A rule that was joined can make its holder too wide in turn.
	for range maxTurns {
		p, err := newPrinter(text)
		if err != nil {
			return nil, err
		}
		if p.expand(); len(p.edits) == 0 {
			p.reflow()
		}
		if len(p.edits) == 0 {
			return []byte(p.trim()), nil
		}
		text = p.apply()
	}
	return []byte(text), nil
}

// maxTurns bounds the work on one file. A level of nesting takes two turns.
const maxTurns = 4 * deepest

// printer holds one text while it is laid out.
type printer struct {
	*index
	l     *loader
	above map[*yaml.Node]owner
	edits []edit
}

// owner is where a node stands.
type owner struct {
	key   *yaml.Node // nil for an item of a list
	flow  bool       // within something in flow style
	outer int        // the least indentation of lines within flow style
	line  int        // where the outermost flow style begins
}

// edit puts text in place of the octets from start to end.
type edit struct {
	start, end int
	text       string
}

func newPrinter(text string) (*printer, error) {
	l := newLoader("input", []byte(text))
	l.load()
	if err := l.diags.Err(); err != nil {
		return nil, err
	}
	p := &printer{index: newIndex(text), l: l, above: make(map[*yaml.Node]owner)}
	p.climb(l.root)
	return p, nil
}

func (p *printer) climb(n *yaml.Node) {
	above := p.above[n]
	for i, c := range n.Content {
		o := owner{flow: above.flow, outer: above.outer, line: above.line}
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			o.key = n.Content[i-1]
		}
		if n.Style&yaml.FlowStyle != 0 && !above.flow {
			o.flow, o.outer, o.line = true, p.indentation(n.Line)+1, n.Line
			if above.key != nil {
				o.outer = at(above.key).Col
			}
		}
		p.above[c] = o
		p.climb(c)
	}
}

// indentation counts the blanks at the start of a line.
func (p *printer) indentation(line int) int {
	text := p.text[p.lines[line-1]:]
	return len(text) - len(strings.TrimLeft(text, " "))
}

// change notes an edit, unless the text is there already.
func (p *printer) change(start, end int, text string) {
	if p.text[start:end] != text {
		p.edits = append(p.edits, edit{start, end, text})
	}
}

// apply gives the text with all edits made. They do not overlap.
func (p *printer) apply() string {
	slices.SortFunc(p.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	from := 0
	for _, e := range p.edits {
		b.WriteString(p.text[from:e.start] + e.text)
		from = e.end
	}
	b.WriteString(p.text[from:])
	return b.String()
}

// trim drops spaces at the ends of lines, but not within scalars of several
// lines, where they can be part of the value.
func (p *printer) trim() string {
	lines := strings.SplitAfter(p.text, "\n")
	kept := make([]bool, len(lines)+1)
	leaves := leavesOf(p.l.root)
	for i, n := range leaves {
		first, last := n.Line, n.Line
		switch {
		case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && i+1 < len(leaves):
			first, last = n.Line+1, leaves[i+1].Line-1
		case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
			first, last = n.Line+1, len(lines)
		case n.Style&yaml.DoubleQuotedStyle != 0:
			if end, ok := p.end(n); ok {
				last = p.pos(end).Line - 1
			}
		default:
			continue
		}
		for line := first; line <= last; line++ {
			kept[line] = true
		}
	}
	var b bytes.Buffer
	for i, line := range lines {
		if body, ended := strings.CutSuffix(line, "\n"); ended && !kept[i+1] {
			line = strings.TrimRight(body, " \t") + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// leavesOf gives the scalars below a node, in the order of the file.
func leavesOf(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.ScalarNode {
		return []*yaml.Node{n}
	}
	var all []*yaml.Node
	for _, c := range n.Content {
		all = append(all, leavesOf(c)...)
	}
	return all
}

// end gives the offset after a node, where that is easy to say.
func (p *printer) end(n *yaml.Node) (int, bool) {
	start := p.offset(at(n))
	if n.Kind == yaml.ScalarNode {
		return p.scalarEnd(n, start)
	}
	end := start
	for _, c := range n.Content {
		e, ok := p.end(c)
		if !ok {
			return 0, false
		}
		end = max(end, e)
	}
	if n.Style&yaml.FlowStyle == 0 || start >= len(p.text) || p.text[start] != '{' && p.text[start] != '[' {
		return end, true
	}
	// The bracket stands after blanks, comments, a comma, the colon of a key
	// without a value.
	for end = max(end, start+1); end < len(p.text); end++ {
		switch p.text[end] {
		case '}', ']':
			return end + 1, true
		case '#':
			end += lineLength(p.text[end:]) - 1
		}
	}
	return 0, false
}

func (p *printer) scalarEnd(n *yaml.Node, start int) (int, bool) {
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return p.blockEnd(n, start), true
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := start + 1; i < len(p.text); i++ {
			switch p.text[i] {
			case '\\':
				i++
			case '"':
				return i + 1, true
			}
		}
		return 0, false
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := start + 1; i < len(p.text); i++ {
			if p.text[i] == '\'' {
				if !strings.HasPrefix(p.text[i:], "''") {
					return i + 1, true
				}
				i++
			}
		}
		return 0, false
	}
	if n.Value == "" {
		return start, true
	}
	t := p.scalar(n)
	if t.at == nil {
		return 0, false
	}
	return t.at[len(t.at)-1], true
}

// blockEnd gives the end of a literal or folded scalar: that of the last line
// that is indented below its key. Empty lines after it belong to it where its
// header has a plus.
func (p *printer) blockEnd(n *yaml.Node, start int) int {
	outer := p.indentation(n.Line)
	if key := p.above[n].key; key != nil {
		outer = at(key).Col - 1
	}
	end := start + lineLength(p.text[start:])
	header, _, _ := strings.Cut(p.text[start:end], "#")
	keep := strings.Contains(header, "+")
	for next := end; next+1 < len(p.text); {
		body := p.text[next+1 : next+1+lineLength(p.text[next+1:])]
		blank := strings.TrimSpace(body) == ""
		if !blank && len(body)-len(strings.TrimLeft(body, " ")) <= outer {
			break
		}
		next += 1 + len(body)
		if !blank || keep {
			end = next
		}
	}
	return end
}

// lineLength counts the octets before the end of the line.
func lineLength(text string) int {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return len(text)
}

// comment is a comment and where it stands.
type comment struct {
	start int
	text  string
}

// commentsIn finds the comments between the scalars of a node.
func (p *printer) commentsIn(n *yaml.Node, start, end int) []comment {
	var all []comment
	from := start
	gap := func(to int) {
		for i := from; i < to; i++ {
			if p.text[i] == '#' {
				length := lineLength(p.text[i:])
				all = append(all, comment{i, strings.TrimRight(p.text[i:i+length], " \t")})
				i += length
			}
		}
	}
	for _, leaf := range leavesOf(n) {
		leafEnd, ok := p.end(leaf)
		if !ok {
			continue
		}
		gap(p.offset(at(leaf)))
		from = max(from, leafEnd)
	}
	gap(end)
	return all
}

func width(s string) int { return utf8.RuneCountInString(s) }
