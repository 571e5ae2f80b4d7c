package diagram

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-graphviz"
)

// renderer lays charts out. Graphviz runs inside the program, so that the
// pictures are the same everywhere.
type renderer struct {
	engine *graphviz.Graphviz
}

func newRenderer(ctx context.Context) (*renderer, error) {
	engine, err := graphviz.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	return &renderer{engine}, nil
}

func (r *renderer) close() error { return r.engine.Close() }

// svg draws a chart. The style sheet in it follows the reader's choice of light
// or dark.
func (r *renderer) svg(ctx context.Context, c *chart, source string) (_ []byte, err error) {
	graph, err := graphviz.ParseBytes([]byte(c.dot(source)))
	if err != nil {
		return nil, fmt.Errorf("graphviz: %s: %w", c.id, err)
	}
	defer func() {
		if e := graph.Close(); err == nil && e != nil {
			err = fmt.Errorf("graphviz: %s: %w", c.id, e)
		}
	}()
	var out bytes.Buffer
	if err := r.engine.Render(ctx, graph, graphviz.SVG, &out); err != nil {
		return nil, fmt.Errorf("graphviz: %s: %w", c.id, err)
	}
	return dress(out.Bytes()), nil
}

var (
	comments = regexp.MustCompile(`(?s)<!--.*?-->\n?`)
	rootTag  = regexp.MustCompile(`(?s)<svg [^>]*>`)
)

// dress takes out what the renderer says about itself and puts the style sheet
// in.
func dress(svg []byte) []byte {
	svg = comments.ReplaceAll(svg, nil)
	at := rootTag.FindIndex(svg)
	if at == nil {
		return svg
	}
	out := bytes.Clone(svg[:at[1]])
	out = append(out, "\n<style>\n"+style+"</style>"...)
	return append(out, svg[at[1]:]...)
}

// style colours the classes of nodes and edges. What Graphviz writes as
// attributes gives way to it.
const style = `svg { --back: #ffffff; --ink: #1f2328; --line: #59636e; --soft: #818b98; --state: #f6f8fa;
  --peer: #ddf4ff; --user: #fff8c5; --controller: #dafbe1; --choice: #fbefff; --note: #f6f8fa; --end: #cf222e; }
@media (prefers-color-scheme: dark) { svg { --back: #0d1117; --ink: #e6edf3; --line: #9198a1; --soft: #6e7681;
  --state: #212830; --peer: #0c2d48; --user: #3b2e0a; --controller: #0f3320; --choice: #2f1d4f; --note: #161b22; --end: #ff7b72; } }
.graph > polygon { fill: var(--back); }
text { fill: var(--ink); font-family: Helvetica, Arial, "Liberation Sans", sans-serif; }
.node polygon, .node path, .node ellipse { fill: var(--state); stroke: var(--line); }
.node polyline, .cluster polygon, .cluster path { stroke: var(--line); fill: none; }
.peer path { fill: var(--peer); } .user path { fill: var(--user); } .controller path { fill: var(--controller); }
.choice polygon, .branch polygon { fill: var(--choice); }
.outside path { fill: var(--back); stroke: var(--soft); stroke-dasharray: 5 3; } .note polygon { fill: var(--note); }
.edge path { stroke: var(--line); fill: none; } .edge polygon { stroke: var(--line); fill: var(--line); }
.ends path { stroke: var(--end); stroke-dasharray: 5 3; } .ends polygon { stroke: var(--end); fill: var(--end); }
.ends text { fill: var(--end); }
`

// dot writes a chart in the language of Graphviz.
func (c *chart) dot(source string) string {
	var b strings.Builder
	b.WriteString("digraph {\n  graph [rankdir=TB, nodesep=0.35, ranksep=0.45, pad=0.25, fontname=Helvetica, fontsize=13]\n")
	b.WriteString("  node [fontname=Helvetica, fontsize=13, margin=\"0.18,0.1\"]\n")
	b.WriteString("  edge [fontname=Helvetica, fontsize=11, arrowsize=0.8]\n")
	clusters := map[string][]*node{}
	var order []string
	for _, n := range c.nodes {
		if n.within == "" {
			b.WriteString("  " + n.dot(source))
			continue
		}
		if clusters[n.within] == nil {
			order = append(order, n.within)
		}
		clusters[n.within] = append(clusters[n.within], n)
	}
	for _, name := range order {
		b.WriteString("  subgraph " + quote("cluster_"+name) + " {\n    label=" + quote(name) + "; style=rounded; tooltip=" + quote(name) + "\n")
		for _, n := range clusters[name] {
			b.WriteString("    " + n.dot(source))
		}
		b.WriteString("  }\n")
	}
	at := map[string]int{}
	for i, n := range c.nodes {
		at[n.id] = i
	}
	for _, e := range c.edges {
		class := "way"
		if e.ends {
			class = "ends"
		}
		back := ""
		if c.node(e.from).shape == phaseShape && at[e.to] < at[e.from] {
			back = ", constraint=false" // the first phase stays on top
		}
		fmt.Fprintf(&b, "  %s -> %s [class=%s, label=%s, tooltip=%s, labeltooltip=%[5]s, URL=%s%s]\n", quote(e.from), quote(e.to), class,
			left(e.lines), quote(e.tip), quote(source+"#L"+itoa(e.pos.Line)), back)
	}
	b.WriteString("}\n")
	return b.String()
}

func (n *node) dot(source string) string {
	shape := "shape=box, style=rounded"
	switch n.shape {
	case choiceShape:
		shape = "shape=diamond, margin=\"0.02,0.02\""
	case branchShape:
		shape = "shape=diamond, width=0.25, height=0.25, fixedsize=true"
	case noteShape:
		shape = "shape=note"
	case phaseShape:
		shape = "shape=box, style=rounded"
	case stateShape, exitShape:
	}
	label := quote(n.title)
	if n.shape == branchShape {
		label = quote(" ")
	}
	if len(n.lines) > 0 && n.shape != branchShape {
		label = titled(n)
	}
	link := ""
	if n.pos.Line > 0 {
		link = ", URL=" + quote(source+"#L"+itoa(n.pos.Line))
	}
	return fmt.Sprintf("%s [%s, class=%s, label=%s, tooltip=%s%s]\n", quote(n.id), shape, n.class, label, quote(n.tip), link)
}

// titled writes a node with a title and smaller lines under it.
func titled(n *node) string {
	var b strings.Builder
	b.WriteString("<<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"1\"><tr><td>" + markup(n.title) + "</td></tr>")
	for _, line := range n.lines {
		b.WriteString("<tr><td align=\"left\"><font point-size=\"10\">" + markup(line) + "</font></td></tr>")
	}
	b.WriteString("</table>>")
	return b.String()
}

func markup(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// quote writes a string of Graphviz.
func quote(s string) string {
	return "\"" + strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n").Replace(s) + "\""
}

// left writes lines that start at the left, with room before them, so that they
// do not touch the line that they belong to.
func left(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("\u00a0" + strings.NewReplacer("\\", "\\\\", "\"", "\\\"").Replace(line) + "\u00a0\\l")
	}
	return "\"" + b.String() + "\""
}
