package spec

import "go.yaml.in/yaml/v4"

// given reads the values that an action gives to a var: the name of a grid, or
// a list of values.
func (l *loader) given(name Name, n *yaml.Node) Given {
	g := Given{Var: name}
	if n.Kind == yaml.ScalarNode {
		l.word(&g.Grid)(n)
		return g
	}
	l.words("gives", &g.Values)(n)
	return g
}

// property reads one property: what it says in words, where it holds, and what
// may never happen there.
func (l *loader) property(name Name, n *yaml.Node, m *Machine) {
	p := &Property{Name: name}
	l.mapping(n, describe("property", name), name.Pos,
		required("doc", l.text(&p.Doc)),
		optional("ref", l.ref(&p.Ref)),
		optional("in", l.wordOrWords("in", &p.In)),
		optional("event", l.wordOrWords("event", &p.Event)),
		optional("if", l.expr(&p.If)),
		optional("without", l.wordOrWords("without", &p.Without)),
		required("never", l.wordOrWords("never", &p.Never)),
	)
	if l.newName(name) {
		m.Properties = append(m.Properties, p)
	}
}
