package spec

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// spot is where a rule, or what holds rules, stands in its lines: after a key
// and its colon, or after the dash of a list.
type spot struct {
	start, end int    // of the node itself
	anchor     int    // after the colon or the dash
	column     int    // columns before the key or the dash
	oneLine    int    // columns before the node where it stands in the line of its key
	aligned    int    // the same with the blanks as written; 0 where it stands below its key
	list       bool   // an item of a list
	head       string // comment in the line of the key, with the blanks before it
	tail       string // comment after the node, in its last line
	lineEnd    int    // end of the last line
}

// spotOf tells where a node stands, or false where it is best left alone.
func (p *printer) spotOf(n *yaml.Node) (s spot, ok bool) {
	s.start = p.offset(at(n))
	if s.end, ok = p.end(n); !ok {
		return s, false
	}
	s.lineEnd = s.end + lineLength(p.text[s.end:])
	s.tail = strings.TrimSpace(p.text[s.end:s.lineEnd])
	if s.tail != "" && s.tail[0] != '#' {
		return s, false
	}
	if o := p.above[n]; o.key != nil {
		return s, p.afterKey(o.key, &s)
	}
	return s, p.afterDash(&s)
}

func (p *printer) afterKey(key *yaml.Node, s *spot) bool {
	keyEnd, ok := p.end(key)
	if !ok || keyEnd > s.start {
		return false
	}
	gap := p.text[keyEnd:s.start]
	if !strings.HasPrefix(gap, ":") {
		return false
	}
	s.anchor = keyEnd + 1
	s.column = at(key).Col - 1
	s.oneLine = s.column + width(p.text[p.offset(at(key)):keyEnd]) + 2
	first, below, broken := strings.Cut(gap[1:], "\n")
	if !broken {
		s.aligned = p.pos(s.start).Col - 1
		return true
	}
	s.head = strings.TrimRight(first, " \t")
	return strings.TrimSpace(below) == "" // no comment lines between key and node
}

func (p *printer) afterDash(s *spot) bool {
	line := p.lines[p.pos(s.start).Line-1]
	before := p.text[line:s.start]
	indent, blanks, found := strings.Cut(before, "-")
	if !found || strings.TrimSpace(indent) != "" || strings.TrimSpace(blanks) != "" {
		return false
	}
	s.list = true
	s.column = len(indent)
	s.anchor = line + len(indent) + 1
	s.oneLine = s.column + 2
	s.aligned = s.oneLine
	return true
}

// indent is what a line of a block within the spot begins with.
func (s *spot) indent() string { return "\n" + strings.Repeat(" ", s.column+2) }

// item is one key of a rule with its value.
type item struct {
	key, value *yaml.Node
	rank       int
	flow       string // the value in one line
}

// rank is the place of a key in a rule; a macro stands before goto.
func rank(key string) int {
	i, last := slices.Index(ruleKeys, key), slices.Index(ruleKeys, "goto")
	switch {
	case i < 0:
		return last
	case i >= last:
		return i + 1
	}
	return i
}

// itemsOf gives the keys of a rule in their order, or false where a value
// cannot be written in one line.
func (p *printer) itemsOf(n *yaml.Node) (all []item, ok bool) {
	ok = true
	for i := 0; i+1 < len(n.Content); i += 2 {
		it := item{key: n.Content[i], value: n.Content[i+1], rank: rank(n.Content[i].Value)}
		var inOneLine bool
		if it.flow, inOneLine = p.flow(it.value); !inOneLine {
			ok = false
		}
		all = append(all, it)
	}
	return all, ok
}

func sortItems(all []item) []item {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b item) int { return a.rank - b.rank })
	return sorted
}

// flow writes a node in one line, in flow style.
func (p *printer) flow(n *yaml.Node) (string, bool) {
	var parts []string
	switch n.Kind {
	case yaml.SequenceNode:
		for _, c := range n.Content {
			part, ok := p.flow(c)
			if !ok {
				return "", false
			}
			parts = append(parts, part)
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, ok := p.flow(n.Content[i])
			v, vok := p.flow(n.Content[i+1])
			if !ok || !vok {
				return "", false
			}
			parts = append(parts, pair(k, v))
		}
		return "{" + strings.Join(parts, ", ") + "}", true
	}
	if n.Style == 0 {
		return n.Value, !strings.ContainsAny(n.Value, ",[]{}\n")
	}
	end, ok := p.end(n)
	if !ok {
		return "", false
	}
	written := p.text[p.offset(at(n)):end]
	return written, !strings.Contains(written, "\n")
}

// pair writes a key and its value in flow style.
func pair(k, v string) string {
	if v == "" {
		return k
	}
	return k + ": " + v
}

// inFlow writes a rule in one line.
func inFlow(all []item) string {
	var parts []string
	for _, it := range all {
		parts = append(parts, pair(it.key.Value, it.flow))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// inBlock gives the lines of a rule.
func inBlock(all []item) []string {
	var lines []string
	for _, it := range all {
		lines = append(lines, strings.TrimRight(it.key.Value+": "+it.flow, " "))
	}
	return lines
}

// reflow lays out all rules.
func (p *printer) reflow() {
	for _, n := range p.l.rules {
		p.rule(n)
	}
}

// rule lays out one rule.
func (p *printer) rule(n *yaml.Node) {
	written, oneLine := p.itemsOf(n)
	sorted := sortItems(written)
	if o := p.above[n]; o.flow {
		// Within something in flow style there is nothing but the order to do.
		// Lines that are indented too little are not YAML, though they can be
		// read; to touch them could change that.
		start := p.offset(at(n))
		if n.Line != o.line && p.indentation(n.Line) < o.outer {
			return
		}
		if end, ok := p.end(n); ok && oneLine && len(p.commentsIn(n, start, end)) == 0 {
			p.change(start, end, inFlow(sorted))
		}
		return
	}
	s, ok := p.spotOf(n)
	if n.Style&yaml.FlowStyle == 0 {
		if !ok || !oneLine || !p.block(n, s, sorted) {
			p.reorder(n, written)
		}
		return
	}
	if ok && oneLine && s.aligned > 0 {
		p.fromFlow(n, s, sorted)
	}
}

// fromFlow lays out a rule that is written in flow style. Comments within it
// move to lines of their own above it.
func (p *printer) fromFlow(n *yaml.Node, s spot, sorted []item) {
	var above strings.Builder
	inside := p.commentsIn(n, s.start, s.end)
	if len(inside) > 0 {
		line := p.lines[p.pos(s.anchor-1).Line-1]
		if strings.TrimLeft(p.text[line:line+s.column], " ") != "" {
			return
		}
		for _, c := range inside {
			above.WriteString(strings.Repeat(" ", s.column) + c.text + "\n")
		}
		p.change(line, line, above.String())
	}
	flow := inFlow(sorted)
	switch {
	case s.oneLine+width(flow) > formatWidth:
		p.change(s.anchor, s.lineEnd, s.asBlock(inBlock(sorted), s.tail))
	case s.aligned+width(flow) > formatWidth || s.list:
		p.change(s.anchor, s.end, " "+flow)
	default:
		p.change(s.start, s.end, flow)
	}
}

// asBlock writes lines below the key or after the dash, with a comment in the
// first.
func (s *spot) asBlock(lines []string, comment string) string {
	if comment != "" {
		comment = "  " + strings.TrimSpace(comment)
	}
	if s.list {
		return " " + lines[0] + comment + strings.Join(append([]string{""}, lines[1:]...), s.indent())
	}
	return comment + s.indent() + strings.Join(lines, s.indent())
}

// block lays out a rule that is written as a block. It reports false where
// comments stand within it, which belong to their lines.
func (p *printer) block(n *yaml.Node, s spot, sorted []item) bool {
	head := s.head
	inside := p.commentsIn(n, s.start, s.end)
	if s.list && len(inside) == 1 && p.pos(inside[0].start).Line == p.pos(s.start).Line {
		head, inside = inside[0].text, nil
	}
	if len(inside) > 0 {
		return false
	}
	flow := inFlow(sorted)
	fits := s.oneLine+width(flow) <= formatWidth
	comment := s.tail
	if head != "" {
		comment = strings.TrimSpace(head)
	}
	switch {
	case fits && head != "" && s.tail != "":
		return false
	case fits && comment != "":
		p.change(s.anchor, s.lineEnd, " "+flow+"  "+comment)
	case fits:
		p.change(s.anchor, s.end, " "+flow)
	case s.list:
		p.change(s.anchor, s.end, s.asBlock(inBlock(sorted), head))
	default:
		p.change(s.anchor, s.end, s.head+s.asBlock(inBlock(sorted), ""))
	}
	return true
}

// reorder puts the lines of a block in the order of their keys, with the
// comments above and after each, and leaves them as they are written.
func (p *printer) reorder(n *yaml.Node, written []item) {
	type chunk struct {
		rank int
		text string
	}
	start := p.offset(at(n))
	var chunks []chunk
	from, to := start, start
	for _, it := range written {
		end, ok := p.end(it.value)
		if !ok {
			return
		}
		keyEnd, _ := p.end(it.key)
		end = max(end, keyEnd)
		to = end + lineLength(p.text[end:])
		chunks = append(chunks, chunk{it.rank, strings.TrimLeft(p.text[from:to], " \n")})
		from = to
	}
	slices.SortStableFunc(chunks, func(a, b chunk) int { return a.rank - b.rank })
	indent := "\n" + strings.Repeat(" ", at(n).Col-1)
	texts := make([]string, len(chunks))
	for i, c := range chunks {
		texts[i] = c.text
	}
	p.change(start, to, strings.Join(texts, indent))
}

// expand breaks up what holds rules in flow style and does not fit in a line,
// by one level.
func (p *printer) expand() {
	for _, n := range p.l.holders {
		if n.Style&yaml.FlowStyle == 0 || len(n.Content) == 0 || p.above[n].flow {
			continue
		}
		s, ok := p.spotOf(n)
		if !ok || s.aligned == 0 || len(p.commentsIn(n, s.start, s.end)) > 0 {
			continue
		}
		written := p.text[s.start:s.end]
		flow, oneLine := p.flow(n)
		switch {
		case !oneLine:
		case !strings.Contains(written, "\n") && s.oneLine+width(written) <= formatWidth:
		case s.oneLine+width(flow) <= formatWidth:
			p.change(s.anchor, s.end, " "+flow)
		default:
			p.change(s.anchor, s.lineEnd, s.asBlock(p.parts(n), s.tail))
		}
	}
}

// parts gives what a list or mapping holds, one line each.
func (p *printer) parts(n *yaml.Node) []string {
	var lines []string
	for i := 0; i < len(n.Content); i++ {
		part := "- "
		if n.Kind == yaml.MappingNode {
			key, _ := p.flow(n.Content[i])
			part = key + ": "
			i++
		}
		value, _ := p.flow(n.Content[i])
		lines = append(lines, strings.TrimRight(part+value, " "))
	}
	return lines
}
