// Package diagram draws a resolved specification: charts of its phases as
// Mermaid in Markdown and as SVG, and tables of its cells, grids, PDUs and
// answers. It writes nothing but what the specification says, and the same
// octets every time.
package diagram
