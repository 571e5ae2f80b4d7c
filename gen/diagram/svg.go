package diagram

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-graphviz"
)

// renderer lays charts out. Graphviz runs inside the program, so that the
// pictures are the same everywhere.
type renderer struct {
	engine *graphviz.Graphviz
}

// rendering is held by the renderer: all engines of a process share their memory.
var rendering sync.Mutex

// newRenderer waits for the renderer that is in use, until it is closed.
func newRenderer(ctx context.Context) (*renderer, error) {
	rendering.Lock()
	engine, err := graphviz.New(ctx)
	if err != nil {
		rendering.Unlock()
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	return &renderer{engine}, nil
}

func (r *renderer) close() error {
	defer rendering.Unlock()
	return r.engine.Close()
}

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

// style colours the classes of nodes and edges, for light and then for dark. What
// Graphviz writes as attributes gives way to it. Each colour is written where it is
// used, since few programs but browsers know variables in a style sheet.
const style = `.graph > polygon { fill: #ffffff; stroke: none; }
text { fill: #1f2328; font-family: Helvetica, Arial, "Liberation Sans", sans-serif; }
.node polygon, .node path, .node ellipse { fill: #f6f8fa; stroke: #59636e; }
.node polyline, .cluster polygon, .cluster path { stroke: #59636e; fill: none; }
.peer path { fill: #ddf4ff; } .user path { fill: #fff8c5; } .controller path { fill: #dafbe1; }
.choice polygon, .branch polygon { fill: #fbefff; }
.outside path { fill: #ffffff; stroke: #818b98; stroke-dasharray: 5 3; } .note polygon { fill: #f6f8fa; }
.edge path { stroke: #59636e; fill: none; } .edge polygon { stroke: #59636e; fill: #59636e; }
.way.node polygon, .ends.node polygon { fill: none; stroke: none; }
.ends.edge path { stroke: #cf222e; stroke-dasharray: 5 3; } .ends.edge polygon { stroke: #cf222e; fill: #cf222e; }
.ends text { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
.graph > polygon { fill: #0d1117; }
text { fill: #e6edf3; }
.node polygon, .node path, .node ellipse { fill: #212830; stroke: #9198a1; }
.node polyline, .cluster polygon, .cluster path { stroke: #9198a1; fill: none; }
.peer path { fill: #0c2d48; } .user path { fill: #3b2e0a; } .controller path { fill: #0f3320; }
.choice polygon, .branch polygon { fill: #2f1d4f; }
.outside path { fill: #0d1117; stroke: #6e7681; } .note polygon { fill: #161b22; }
.edge path { stroke: #9198a1; fill: none; } .edge polygon { stroke: #9198a1; fill: #9198a1; }
.way.node polygon, .ends.node polygon { fill: none; stroke: none; }
.ends.edge path { stroke: #ff7b72; } .ends.edge polygon { stroke: #ff7b72; fill: #ff7b72; }
.ends text { fill: #ff7b72; }
}
`

// dot writes a chart in the language of Graphviz. The label of a way is a node of
// its own in the middle of the way, since Graphviz keeps lines off nodes alone.
func (c *chart) dot(source string) string {
	var b strings.Builder
	b.WriteString("digraph {\n  graph [rankdir=TB, nodesep=0.2, ranksep=0.2, pad=0.25, fontname=Helvetica, fontsize=13]\n")
	b.WriteString("  node [fontname=Helvetica, fontsize=13, margin=\"0.12,0.08\"]\n")
	b.WriteString("  edge [fontname=Helvetica, fontsize=11, arrowsize=0.8]\n")
	clusters := map[string][]string{}
	var order []string
	put := func(cluster, line string) {
		if cluster != "" && clusters[cluster] == nil {
			order = append(order, cluster)
		}
		clusters[cluster] = append(clusters[cluster], line)
	}
	for _, n := range c.nodes {
		put(n.within, n.dot(source))
	}
	for i, e := range c.edges {
		for _, line := range c.line(e, "label"+itoa(i), source) {
			put(c.cluster(e), line)
		}
	}
	for _, line := range clusters[""] {
		b.WriteString("  " + line)
	}
	for _, name := range order {
		b.WriteString("  subgraph " + quote("cluster_"+name) + " {\n    label=" + quote(name) + "; labeljust=l; style=rounded; tooltip=" + quote(name) + "\n")
		for _, line := range clusters[name] {
			b.WriteString("    " + line)
		}
		b.WriteString("  }\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// cluster gives the cluster that both ends of a way are in.
func (c *chart) cluster(e *edge) string {
	if from, to := c.node(e.from), c.node(e.to); from.within == to.within {
		return from.within
	}
	return ""
}

// line writes a way: one edge, or two and its label between them. A way back to
// the first phase has its label beside it, and that phase stays on top.
func (c *chart) line(e *edge, label, source string) []string {
	class := "way"
	if e.ends {
		class = "ends"
	}
	about := fmt.Sprintf("class=%s, tooltip=%s, URL=%s", class, quote(e.tip), quote(source+"#L"+itoa(e.pos.Line)))
	from, to := quote(e.from), quote(e.to)
	switch {
	case c.back(e):
		return []string{fmt.Sprintf("%s -> %s [label=%s, labeltooltip=%s, constraint=false, %s]\n", from, to, left(padded(e.lines)), quote(e.tip), about)}
	case len(e.lines) == 0:
		return []string{fmt.Sprintf("%s -> %s [%s]\n", from, to, about)}
	}
	return []string{
		fmt.Sprintf("%s [shape=box, fontsize=11, margin=\"0.03,0.03\", width=0, height=0, label=%s, %s]\n", label, left(e.lines), about),
		fmt.Sprintf("%s -> %s [arrowhead=none, weight=2, %s]\n", from, label, about),
		fmt.Sprintf("%s -> %s [weight=2, %s]\n", label, to, about),
	}
}

// back reports whether a way leads from one phase to one that stands before it.
func (c *chart) back(e *edge) bool {
	is := func(id string) func(*node) bool { return func(n *node) bool { return n.id == id } }
	return c.node(e.from).shape == phaseShape && slices.IndexFunc(c.nodes, is(e.to)) < slices.IndexFunc(c.nodes, is(e.from))
}

func (n *node) dot(source string) string {
	shape := "shape=box, style=rounded"
	switch n.shape {
	case choiceShape:
		shape = "shape=diamond, margin=\"0,0\""
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

// left writes lines that start at the left.
func left(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.NewReplacer("\\", "\\\\", "\"", "\\\"").Replace(line) + "\\l")
	}
	return "\"" + b.String() + "\""
}

// padded gives lines room, so that they do not touch the way beside them.
func padded(lines []string) []string {
	var out []string
	for _, line := range lines {
		out = append(out, "\u00a0\u00a0"+line+"\u00a0\u00a0")
	}
	return out
}
