package spec

import (
	"fmt"
	"slices"
	"strings"

	"blesmp/gen/diag"

	"go.yaml.in/yaml/v4"
)

// ruleKeys are the keys of every rule, in the order in which they are carried
// out and written. A macro, if any, stands before goto.
var ruleKeys = []string{"if", "set", "do", "send", "emit", "goto", "ref"}

// ruleList reads one rule or a list of them.
func (l *loader) ruleList(n *yaml.Node, owner string) []*Rule {
	if n.Kind != yaml.SequenceNode {
		if r := l.rule(n); r != nil {
			return []*Rule{r}
		}
		return nil
	}
	if len(n.Content) == 0 {
		l.errorf(at(n), "%s has no rule", owner)
	}
	l.holders = append(l.holders, n)
	var all []*Rule
	for _, c := range n.Content {
		if r := l.rule(c); r != nil {
			all = append(all, r)
		}
	}
	return all
}

// rule reads a rule: a mapping, or the bare name of a macro.
func (l *loader) rule(n *yaml.Node) *Rule {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		return l.bareMacro(n)
	case n.Kind != yaml.MappingNode:
		l.errorf(at(n), "a rule is a mapping or the name of a macro, not %s", kind(n))
		return nil
	case len(n.Content) == 0:
		l.hinted(at(n), "the rule is empty", l.writeIgnore())
		return nil
	}
	l.rules = append(l.rules, n)
	r := &Rule{Pos: at(n)}
	l.mappingAnd(n, "a rule", at(n), []key{
		optional("if", func(n *yaml.Node) { l.expr(&r.If)(n); r.BadIf = r.If == nil }),
		optional("set", l.assignments(&r.Sets)),
		optional("do", l.words("do", &r.Do)),
		optional("send", l.words("send", &r.Send)),
		optional("emit", l.calls(&r.Emit)),
		optional("goto", l.word(&r.Goto)),
		optional("ref", l.ref(&r.Ref)),
	}, func(k, v *yaml.Node) {
		m := l.macros[k.Value]
		switch {
		case m == nil:
			l.unknownKey(k, "a rule", l.ruleKeys)
		case r.Macro != nil:
			l.errorf(at(k), "a rule has one macro: %s already stands in it", r.Macro.Name.Text)
		default:
			r.Macro = l.macroCall(k, v, m)
		}
	})
	return r
}

// bareMacro reads a rule that is nothing but a macro's name.
func (l *loader) bareMacro(n *yaml.Node) *Rule {
	m := l.macros[n.Value]
	if m == nil {
		var names []string
		for name := range l.macros {
			names = append(names, name)
		}
		slices.Sort(names)
		l.hinted(at(n), fmt.Sprintf("unknown macro %q", n.Value), diag.DidYouMean(n.Value, names))
		return nil
	}
	if m.Arg.Text != "" && m.Default.Text == "" {
		l.errorf(at(n), "%s takes an argument: write {%s: ...}", n.Value, n.Value)
		return nil
	}
	return &Rule{Pos: at(n), Macro: &Call{Name: Name{n.Value, at(n)}}}
}

// macroCall reads a macro in a rule. One that takes no argument stands there
// alone, or with true.
func (l *loader) macroCall(k, v *yaml.Node, m *Macro) *Call {
	call := &Call{Name: Name{k.Value, at(k)}}
	nothing := v.Tag == "!!null"
	switch {
	case m.Arg.Text == "" && (nothing || v.Kind == yaml.ScalarNode && v.Style == 0 && v.Value == "true"):
	case m.Arg.Text == "":
		l.errorf(at(v), "%s takes no argument: write %s: true", k.Value, k.Value)
	case nothing && m.Default.Text == "":
		l.errorf(at(k), "%s takes an argument", k.Value)
	case nothing:
	default:
		l.argument(&call.Arg)(v)
	}
	return call
}

// writeIgnore tells what to write where nothing happens.
func (l *loader) writeIgnore() string {
	var names []string
	for name, m := range l.macros {
		if m.Ignore {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "declare a macro with ignore: true and write its name"
	}
	slices.Sort(names)
	return "write " + names[0]
}

// assignments reads `set`.
func (l *loader) assignments(into *[]Assignment) func(*yaml.Node) {
	return func(n *yaml.Node) {
		l.entries(n, "set", func(name Name, n *yaml.Node) {
			a := Assignment{Var: name}
			if l.expr(&a.Value)(n); a.Value != nil {
				*into = append(*into, a)
			}
		})
	}
}

// calls reads `emit`: names, or names with an argument.
func (l *loader) calls(into *[]Call) func(*yaml.Node) {
	return func(n *yaml.Node) {
		l.items(n, "emit", func(n *yaml.Node) {
			if n.Kind != yaml.MappingNode {
				if name, ok := l.name(n); ok {
					*into = append(*into, Call{Name: name})
				}
				return
			}
			if len(n.Content) != 2 {
				l.errorf(at(n), "an effect with an argument is one key and its value: {Name: argument}")
				return
			}
			l.entries(n, "an effect", func(name Name, n *yaml.Node) {
				call := Call{Name: name}
				if l.argument(&call.Arg)(n); call.Arg != nil {
					*into = append(*into, call)
				}
			})
		})
	}
}

// choose reads the decision of a state: a list of rules, or rules by the
// values of a variable.
func (l *loader) choose(n *yaml.Node) *Choose {
	c := &Choose{Pos: at(n)}
	switch {
	case n.Kind == yaml.SequenceNode:
		c.Rules = l.ruleList(n, "choose")
	case n.Kind == yaml.MappingNode && find(n, "by") == nil:
		l.errorf(at(n), "choose is a list of rules, or a mapping with the key \"by\"%s", l.asRule(n))
	default:
		l.holders = append(l.holders, n)
		l.mappingAnd(n, "choose", at(n), []key{required("by", l.word(&c.By))}, func(k, v *yaml.Node) {
			if name, ok := l.name(k); ok {
				c.Cases = append(c.Cases, Case{Value: name, Rules: l.ruleList(v, describe("case", name))})
			}
		})
	}
	return c
}

// asRule is what to write where one rule stands without its list.
func (l *loader) asRule(n *yaml.Node) string {
	if len(n.Content) > 0 && slices.Contains(l.ruleKeys, n.Content[0].Value) {
		return ": write [{" + strings.TrimSpace(n.Content[0].Value) + ": ...}]"
	}
	return ""
}
