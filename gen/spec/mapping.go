package spec

import (
	"fmt"
	"slices"
	"strings"

	"blesmp/gen/diag"

	"go.yaml.in/yaml/v4"
)

// key is one key that a mapping may have, and what reads its value.
type key struct {
	name string
	must bool
	read func(*yaml.Node)
}

// optional and required make the tables of keys.
func optional(name string, read func(*yaml.Node)) key { return key{name, false, read} }
func required(name string, read func(*yaml.Node)) key { return key{name, true, read} }

// mapping reads a mapping that has fixed keys. The owner is what the mapping
// describes, such as `enum Color`, and stands at place p.
func (l *loader) mapping(n *yaml.Node, owner string, p Pos, keys ...key) {
	l.mappingAnd(n, owner, p, keys, nil)
}

// mappingAnd reads a mapping that has fixed keys and others, which are given
// to rest. A nil rest makes them errors. It reports false where n is no
// mapping at all.
func (l *loader) mappingAnd(n *yaml.Node, owner string, p Pos, keys []key, rest func(k, v *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		l.errorf(l.place(n, p), "%s is a mapping, not %s%s", owner, kind(n), sayNothing(n, keys))
		return false
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	seen := make(map[string]Pos)
	l.pairs(n, func(k, v *yaml.Node) {
		if first, again := seen[k.Value]; again {
			l.again(k, first)
			return
		}
		seen[k.Value] = at(k)
		for i, name := range names {
			if name == k.Value {
				keys[i].read(v)
				return
			}
		}
		if rest != nil {
			rest(k, v)
			return
		}
		l.unknownKey(k, owner, names)
	})
	for _, k := range keys {
		if _, there := seen[k.name]; k.must && !there {
			l.errorf(l.place(n, p), "%s: missing key %q", owner, k.name)
		}
	}
	return true
}

// entries reads a mapping whose keys are names that the file gives; each is
// handed on with its value.
func (l *loader) entries(n *yaml.Node, owner string, read func(name Name, v *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		l.errorf(at(n), "%s is a mapping, not %s", owner, kind(n))
		return
	}
	seen := make(map[string]Pos)
	l.pairs(n, func(k, v *yaml.Node) {
		if first, again := seen[k.Value]; again {
			l.again(k, first)
			return
		}
		seen[k.Value] = at(k)
		if name, ok := l.name(k); ok {
			read(name, v)
		}
	})
}

// each is entries for a key of a table.
func (l *loader) each(owner string, read func(name Name, v *yaml.Node)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		l.entries(n, owner, read)
	}
}

// pairs walks a mapping; keys that are no words are errors.
func (l *loader) pairs(n *yaml.Node, read func(k, v *yaml.Node)) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!null" {
			l.errorf(at(k), "a key is a word, not %s", kind(k))
			continue
		}
		read(k, n.Content[i+1])
	}
}

func (l *loader) again(k *yaml.Node, first Pos) {
	l.errorf(at(k), "duplicate key %q: it already stands in line %d", k.Value, first.Line)
}

func (l *loader) unknownKey(k *yaml.Node, owner string, names []string) {
	hint := diag.DidYouMean(k.Value, names)
	if hint == "" && len(names) > 0 {
		hint = "known: " + strings.Join(names, ", ")
	}
	l.hinted(at(k), fmt.Sprintf("%s: unknown key %q", owner, k.Value), hint)
}

// items walks a list.
func (l *loader) items(n *yaml.Node, owner string, read func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		l.errorf(at(n), "%s is a list, not %s%s", owner, kind(n), l.asList(n))
		return
	}
	for _, c := range n.Content {
		read(c)
	}
}

// asList is what to write in place of one bare word.
func (l *loader) asList(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && isName(n.Value) && n.Tag != "!!null" {
		return fmt.Sprintf(": write [%s]", n.Value)
	}
	return ""
}

// sayNothing is what to write in place of nothing, where no key has to be.
func sayNothing(n *yaml.Node, keys []key) string {
	if n.Tag != "!!null" || slices.ContainsFunc(keys, func(k key) bool { return k.must }) {
		return ""
	}
	return ": write {} where there is nothing to say"
}

// place is where a complaint about a node as a whole points. A block mapping
// begins at its first key, and what was left out stands nowhere: for these it
// is p, the place of the owner's name, if that is known.
func (l *loader) place(n *yaml.Node, p Pos) Pos {
	block := n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0
	if p.Line > 0 && (block || n.Tag == "!!null") {
		return p
	}
	return at(n)
}

// kind names what a node is.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!null":
		return "nothing"
	case "!!int":
		return "a number"
	case "!!bool":
		return "a truth value"
	}
	return "text"
}

// later keeps a value until the keys beside it are known.
func later(into **yaml.Node) func(*yaml.Node) {
	return func(n *yaml.Node) { *into = n }
}
