package diagram

import (
	"strings"
)

// mermaid writes a chart as a Mermaid flowchart.
func (c *chart) mermaid() string {
	var b strings.Builder
	b.WriteString("```mermaid\n%%{init: {\"flowchart\": {\"wrappingWidth\": 400}}}%%\nflowchart TD\n")
	within := ""
	for _, n := range c.nodes {
		if n.within != within {
			if within != "" {
				b.WriteString("  end\n")
			}
			if within = n.within; within != "" {
				b.WriteString("  subgraph " + within + "\n")
			}
		}
		b.WriteString("  " + mermaidID(n.id) + mermaidNode(n) + "\n")
	}
	if within != "" {
		b.WriteString("  end\n")
	}
	for _, e := range c.edges {
		arrow := " -->"
		if e.ends {
			arrow = " -.->"
		}
		label := ""
		if len(e.lines) > 0 {
			label = "|\"" + mermaidText(strings.Join(e.lines, "\n")) + "\"|"
		}
		b.WriteString("  " + mermaidID(e.from) + arrow + label + " " + mermaidID(e.to) + "\n")
	}
	for i, n := range c.nodes {
		if n.shape == noteShape && i > 0 && c.nodes[i-1].shape == phaseShape { // below, or a way would run under it
			b.WriteString("  " + mermaidID(c.nodes[i-1].id) + " ~~~ " + mermaidID(n.id) + "\n")
		}
	}
	b.WriteString("  classDef outside stroke-dasharray: 4 3\n")
	for _, n := range c.nodes {
		if n.class == "outside" {
			b.WriteString("  class " + mermaidID(n.id) + " outside\n")
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// mermaidID keeps names apart from Mermaid's own words, such as "end".
func mermaidID(name string) string { return "s_" + name }

func mermaidNode(n *node) string {
	lines := append([]string{n.title}, n.lines...)
	text := "\"" + mermaidText(strings.Join(lines, "\n")) + "\""
	switch n.shape {
	case choiceShape:
		return "{" + text + "}"
	case branchShape:
		return "{\" \"}"
	case phaseShape, noteShape:
		return "[" + text + "]"
	}
	return "(" + text + ")"
}

// mermaidText escapes a label.
func mermaidText(s string) string {
	return strings.NewReplacer("#", "#35;", "\"", "#quot;", "<", "#lt;", ">", "#gt;", "\n", "<br/>").Replace(s)
}
