package spec

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// events reads the events beside PDUs, by class.
func (l *loader) events(n *yaml.Node, m *Machine) {
	l.entries(n, "events", func(class Name, n *yaml.Node) {
		l.items(n, "class "+class.Text, func(n *yaml.Node) {
			e := &Event{Class: class}
			switch {
			case n.Kind != yaml.MappingNode:
				l.word(&e.Name)(n)
			case len(n.Content) == 2 && find(n, "name") == nil:
				l.entries(n, "an event", func(name Name, n *yaml.Node) {
					e.Name = name
					l.word(&e.Role)(n)
				})
			default:
				l.mapping(n, "an event", at(n),
					required("name", l.word(&e.Name)),
					optional("role", l.word(&e.Role)),
					optional("doc", l.text(&e.Doc)),
				)
			}
			if e.Name.Text != "" && l.goName(e.Name, "an event") {
				m.Events = append(m.Events, e)
			}
		})
	})
}

func (l *loader) group(name Name, n *yaml.Node, m *Machine) {
	g := &Group{Name: name}
	l.words("group "+name.Text, &g.Members)(n)
	if l.newName(name) {
		m.Groups = append(m.Groups, g)
	}
}

// slotKind says which keys a slot may have.
type slotKind int

const (
	inFields slotKind = iota
	inInputs
	inVars
)

// slot reads a variable, an input or a part of an event: its type or range, or
// a mapping with more.
func (l *loader) slot(name Name, n *yaml.Node, where slotKind, into *[]*Slot) {
	s := &Slot{Name: name}
	owner := [...]string{"field", "input", "var"}[where] + " " + name.Text
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" && where != inFields {
		if startsNumber(n.Value) {
			l.slotRange(owner, s)(n)
		} else {
			l.word(&s.Type)(n)
		}
	} else {
		keys := []key{optional("type", l.word(&s.Type)), optional("doc", l.text(&s.Doc))}
		if where == inFields {
			keys = append(keys, required("of", l.words("of", &s.Of)))
		} else {
			keys = append(keys, optional("range", l.slotRange(owner, s)))
		}
		if l.mappingAnd(n, owner, name.Pos, keys, nil) {
			l.slotKeys(n, name, owner, where)
		}
	}
	if l.newName(name) {
		*into = append(*into, s)
	}
}

// slotKeys checks that a slot has a type or a range, and not both.
func (l *loader) slotKeys(n *yaml.Node, name Name, owner string, where slotKind) {
	span := find(n, "range")
	switch {
	case find(n, "type") != nil:
		if span != nil && where != inFields {
			l.errorf(at(span), "%s: range does not go with type", owner)
		}
	case where == inFields:
		l.errorf(l.place(n, name.Pos), "%s: missing key \"type\"", owner)
	case span == nil:
		l.errorf(l.place(n, name.Pos), "%s: missing key \"type\" or \"range\"", owner)
	}
}

// slotRange reads the range of a slot, which is one octet.
func (l *loader) slotRange(owner string, s *Slot) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s.Low, s.High, _ = l.span(owner, n, 0, 0xff)
		s.Type.Pos = at(n)
	}
}

func startsNumber(s string) bool {
	return s != "" && (s[0] >= '0' && s[0] <= '9' || s[0] == '-')
}

func (l *loader) guard(name Name, n *yaml.Node, m *Machine) {
	g := &Guard{Name: name}
	if n.Kind == yaml.ScalarNode {
		l.expr(&g.Expr)(n)
	} else {
		l.mapping(n, "guard "+name.Text, name.Pos,
			required("opaque", l.text(&g.Opaque)),
			optional("doc", l.text(&g.Doc)),
			optional("ref", l.ref(&g.Ref)),
			optional("needs", l.words("needs", &g.Needs)),
			optional("makes", l.words("makes", &g.Makes)),
			optional("reads", l.words("reads", &g.Reads)),
		)
	}
	if l.newName(name) {
		m.Guards = append(m.Guards, g)
	}
}

func (l *loader) effect(name Name, n *yaml.Node, m *Machine) {
	e := &Effect{Name: name}
	l.mapping(n, "effect "+name.Text, name.Pos,
		optional("doc", l.text(&e.Doc)),
		optional("ref", l.ref(&e.Ref)),
		optional("arg", l.word(&e.Arg)),
		optional("only_in", l.words("only_in", &e.OnlyIn)),
		optional("with", l.words("with", &e.With)),
		optional("needs", l.words("needs", &e.Needs)),
	)
	if l.goName(name, "an effect") {
		m.Effects = append(m.Effects, e)
	}
}

func (l *loader) action(name Name, n *yaml.Node, m *Machine) {
	a := &Action{Name: name}
	var clears string
	l.mapping(n, "action "+name.Text, name.Pos,
		optional("doc", l.text(&a.Doc)),
		optional("ref", l.ref(&a.Ref)),
		optional("needs", l.words("needs", &a.Needs)),
		optional("makes", l.words("makes", &a.Makes)),
		optional("sets", l.words("sets", &a.Sets)),
		optional("gives", l.each("gives", func(name Name, n *yaml.Node) { a.Gives = append(a.Gives, l.given(name, n)) })),
		optional("reads", l.words("reads", &a.Reads)),
		optional("clears", l.oneOf(&clears, "all")),
	)
	a.ClearsAll = clears != ""
	if l.newName(name) {
		m.Actions = append(m.Actions, a)
	}
}

func (l *loader) macro(name Name, n *yaml.Node, m *Machine) {
	c := &Macro{Name: name}
	owner := "macro " + name.Text
	l.mapping(n, owner, name.Pos,
		optional("doc", l.text(&c.Doc)),
		optional("arg", l.word(&c.Arg)),
		optional("default", l.word(&c.Default)),
		optional("send", l.words("send", &c.Send)),
		optional("emit", l.words("emit", &c.Emit)),
		optional("goto", l.word(&c.Goto)),
		optional("defer", l.truth(&c.Defer)),
		optional("unreachable", l.truth(&c.Unreachable)),
		optional("ignore", l.truth(&c.Ignore)),
	)
	if c.Default.Text != "" && c.Arg.Text == "" {
		l.errorf(c.Default.Pos, "%s has a default, but no arg", owner)
	}
	if slices.Contains(ruleKeys, name.Text) {
		l.errorf(name.Pos, "%q is a key of every rule and cannot be a macro", name.Text)
		return
	}
	m.Macros = append(m.Macros, c)
}

func (l *loader) timer(name Name, n *yaml.Node, m *Machine) {
	t := &Timer{Name: name}
	l.mapping(n, "timer "+name.Text, name.Pos,
		required("after", func(n *yaml.Node) {
			s, ok := l.scalar(n, "a time, such as 30s,")
			if !ok {
				return
			}
			if d, err := time.ParseDuration(s); err != nil || d <= 0 {
				l.errorf(at(n), "%q is not a time, such as 30s or 1m30s", s)
				return
			}
			t.After = s
		}),
		required("fires", l.word(&t.Fires)),
		optional("doc", l.text(&t.Doc)),
		optional("ref", l.ref(&t.Ref)),
		optional("restart_sent", l.wordOrWords("restart_sent", &t.RestartSent)),
		optional("restart_except", l.wordOrWords("restart_except", &t.RestartExcept)),
		optional("restart_received", l.wordOrWords("restart_received", &t.RestartOn)),
		optional("required_for", func(n *yaml.Node) {
			l.items(n, "required_for", func(n *yaml.Node) { l.waiting(&t.MustFor)(n) })
		}),
	)
	if l.newName(name) {
		m.Timers = append(m.Timers, t)
	}
}

// waits are the kinds of waiting: whose turn it is.
var waits = []string{"peer", "user", "controller"}

// waiting reads a kind of waiting.
func (l *loader) waiting(into *[]Name) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var word string
		if l.oneOf(&word, waits...)(n); word != "" {
			*into = append(*into, Name{word, at(n)})
		}
	}
}

// describe names a part of the machine for messages.
func describe(what string, name Name) string { return fmt.Sprintf("%s %s", what, name.Text) }
