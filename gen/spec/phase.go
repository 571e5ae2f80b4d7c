package spec

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

func (l *loader) phase(name Name, n *yaml.Node) *Phase {
	p := &Phase{Name: name}
	l.newName(name)
	keys := []key{
		optional("doc", l.text(&p.Doc)),
		optional("ref", l.ref(&p.Ref)),
		optional("timer", l.word(&p.Timer)),
		optional("must_leave", l.truth(&p.MustLeave)),
		optional("on_leave", l.words("on_leave", &p.OnLeave)),
		optional("when", l.rows("when", &p.Body.When)),
		optional("sequence", func(n *yaml.Node) { p.Sequence = l.sequence(n) }),
		optional("states", l.each("states", func(name Name, n *yaml.Node) {
			p.States = append(p.States, l.state(name, n))
		})),
		optional("phases", l.each("phases", func(name Name, n *yaml.Node) {
			p.Phases = append(p.Phases, l.phase(name, n))
		})),
	}
	owner := describe("phase", name)
	l.mappingAnd(n, owner, name.Pos, keys, l.roleBodies(owner, keys, &p.Body))
	return p
}

func (l *loader) state(name Name, n *yaml.Node) *State {
	s := &State{Name: name}
	l.newName(name)
	var waits []Name
	keys := []key{
		optional("doc", l.text(&s.Doc)),
		optional("ref", l.ref(&s.Ref)),
		optional("role", l.word(&s.Role)),
		optional("initial", l.truth(&s.Initial)),
		optional("final", l.truth(&s.Final)),
		optional("rest", l.truth(&s.Rest)),
		optional("waits_for", l.waiting(&waits)),
		optional("timer", l.word(&s.Timer)),
		optional("failed_to", l.word(&s.FailedTo)),
		optional("when", l.rows("when", &s.Body.When)),
		optional("choose", func(n *yaml.Node) { s.Body.Choose = l.choose(n) }),
	}
	owner := describe("state", name)
	l.mappingAnd(n, owner, name.Pos, keys, l.roleBodies(owner, keys, &s.Body))
	if len(waits) > 0 {
		s.WaitsFor = waits[0]
	}
	if s.Body.When != nil || s.Body.Roles != nil || s.Body.Choose != nil {
		l.holders = append(l.holders, n)
	}
	return s
}

// bodyKeys are the keys of phases and states, which no role can be called.
var bodyKeys = []string{
	"choose", "doc", "failed_to", "final", "initial", "must_leave", "on_leave", "phases", "ref", "rest",
	"role", "sequence", "states", "timer", "waits_for", "when",
}

// roleNames reads the roles.
func (l *loader) roleNames(into *[]Name) func(*yaml.Node) {
	return func(n *yaml.Node) {
		l.newWords("roles", into)(n)
		for _, name := range *into {
			if slices.Contains(bodyKeys, name.Text) {
				l.errorf(name.Pos, "%q is a key of phases and states and cannot be a role", name.Text)
			}
		}
	}
}

// roleBodies reads the keys of a phase or state that are roles; there are no
// others beside the fixed ones.
func (l *loader) roleBodies(owner string, keys []key, b *Body) func(k, v *yaml.Node) {
	return func(k, v *yaml.Node) {
		if slices.Contains(l.roles, k.Value) {
			l.roleBody(k, v, b)
			return
		}
		var names []string
		for _, key := range keys {
			names = append(names, key.name)
		}
		l.unknownKey(k, owner, append(names, l.roles...))
	}
}

// roleBody reads the part of a body that is for one role: a choice, or rows.
func (l *loader) roleBody(k, v *yaml.Node, b *Body) {
	r := RoleBody{Role: Name{k.Value, at(k)}}
	keys := []key{optional("choose", func(n *yaml.Node) { r.Choose = l.choose(n) })}
	l.holders = append(l.holders, v)
	if l.mappingAnd(v, k.Value, at(k), keys, l.row(&r.When)) {
		b.Roles = append(b.Roles, r)
	}
}

// defaults reads the rows that hold everywhere; the roles are keys beside
// them.
func (l *loader) defaults(n *yaml.Node) *Body {
	b := new(Body)
	row := l.row(&b.When)
	l.holders = append(l.holders, n)
	l.mappingAnd(n, "defaults", at(n), nil, func(k, v *yaml.Node) {
		if slices.Contains(l.roles, k.Value) {
			l.roleBody(k, v, b)
		} else {
			row(k, v)
		}
	})
	return b
}

// rows reads rows by event.
func (l *loader) rows(owner string, into *[]*Row) func(*yaml.Node) {
	return func(n *yaml.Node) {
		l.holders = append(l.holders, n)
		l.mappingAnd(n, owner, at(n), nil, l.row(into))
	}
}

// row reads what happens on one event.
func (l *loader) row(into *[]*Row) func(k, v *yaml.Node) {
	return func(k, v *yaml.Node) {
		if name, ok := l.name(k); ok {
			*into = append(*into, &Row{Event: name, Rules: l.ruleList(v, describe("row", name))})
		}
	}
}
