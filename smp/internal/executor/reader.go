package executor

import (
	"fmt"
	"os"
	"slices"

	"go.yaml.in/yaml/v4"
)

// rule is one rule as it is written, where it stands.
type rule struct {
	line     int
	cond     string // as written, "" for none
	does     []string
	to       string // of its own goto
	macroTo  string // of its macro's goto
	deferred bool
}

// rows are the rules of a scope by event or group; choose is among them.
type rows map[string][]rule

// scope is what has rows: a state, a phase, or the defaults.
type scope struct {
	all     rows
	byRole  [2]rows
	onLeave []string
	outer   *scope
}

// state is a state with its own scope.
type state struct {
	name     string
	role     int // -1 for both
	failedTo string
	scope    scope
}

// reader reads one file. A file that smpgen accepts has the form that it
// expects; of others it says where it gave up.
type reader struct {
	roles  []string
	pdus   []string
	events []string
	only   map[string]int      // role at which an event can occur at all
	groups map[string][]string // events by group
	macros map[string]*yaml.Node
	words  []string // keys of a rule that are no macro

	defaults scope
	states   []*state
	err      error
}

func read(path string) (*reader, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	r := &reader{
		only:   map[string]int{},
		groups: map[string][]string{},
		macros: map[string]*yaml.Node{},
		words:  []string{"if", "set", "do", "send", "emit", "goto", "ref"},
	}
	root := doc.Content[0]
	r.vocabulary(root)
	r.defaults = r.scope(value(root, "defaults"), nil)
	for _, phase := range entries(value(root, "phases")) {
		r.phase(phase.value, &r.defaults)
	}
	return r, r.err
}

// vocabulary reads roles, events, groups and macros.
func (r *reader) vocabulary(root *yaml.Node) {
	r.roles = texts(value(root, "roles"))
	for _, pdu := range entries(value(root, "pdus")) {
		r.pdus = append(r.pdus, pdu.key)
	}
	r.events = slices.Clone(r.pdus)
	for _, class := range entries(value(root, "events")) {
		for _, item := range class.value.Content {
			name := item.Value
			if item.Kind == yaml.MappingNode {
				name = item.Content[0].Value
				r.only[name] = slices.Index(r.roles, item.Content[1].Value)
			}
			r.events = append(r.events, name)
			if class.key == "bad_pdu" {
				r.groups["any_pdu"] = append(r.groups["any_pdu"], name)
			}
		}
	}
	r.groups["any_pdu"] = append(r.groups["any_pdu"], r.pdus...)
	for _, group := range entries(value(root, "groups")) {
		r.groups[group.key] = texts(group.value)
	}
	for _, macro := range entries(value(root, "macros")) {
		r.macros[macro.key] = macro.value
	}
}

// phase reads a phase, its states and the phases in it.
func (r *reader) phase(n *yaml.Node, outer *scope) {
	own := r.scope(n, outer)
	here := &own
	here.onLeave = texts(value(n, "on_leave"))
	for _, s := range entries(value(n, "states")) {
		r.state(s.key, s.value, here)
	}
	if q := value(n, "sequence"); q != nil {
		r.sequence(q, here)
	}
	for _, inner := range entries(value(n, "phases")) {
		r.phase(inner.value, here)
	}
}

func (r *reader) state(name string, n *yaml.Node, outer *scope) {
	s := &state{name: name, role: -1, scope: r.scope(n, outer)}
	if role := value(n, "role"); role != nil {
		s.role = slices.Index(r.roles, role.Value)
	}
	if to := value(n, "failed_to"); to != nil {
		s.failedTo = to.Value
	}
	r.states = append(r.states, s)
}

// scope reads the rows of a state, a phase or, where n has them directly, of
// the defaults.
func (r *reader) scope(n *yaml.Node, outer *scope) scope {
	s := scope{outer: outer, all: rows{}}
	r.rows(s.all, value(n, "when"))
	if outer == nil {
		r.rows(s.all, n)
	}
	if c := value(n, "choose"); c != nil {
		s.all["choose"] = r.choose(c)
	}
	for i, role := range r.roles {
		s.byRole[i] = rows{}
		r.rows(s.byRole[i], value(n, role))
	}
	return s
}

func (r *reader) rows(into rows, n *yaml.Node) {
	for _, row := range entries(n) {
		switch {
		case row.key == "choose":
			into[row.key] = r.choose(row.value)
		case slices.Contains(r.roles, row.key): // a body inside of the defaults
		default:
			into[row.key] = r.list(row.value)
		}
	}
}

// choose reads the rules of a choice, with the value that it goes by as part of
// their conditions.
func (r *reader) choose(n *yaml.Node) []rule {
	by := value(n, "by")
	if by == nil {
		return r.list(n)
	}
	var all []rule
	for _, one := range entries(n) {
		if one.key == "by" {
			continue
		}
		for _, rule := range r.list(one.value) {
			cond := by.Value + " == " + one.key
			if rule.cond != "" {
				cond += " and (" + rule.cond + ")"
			}
			rule.cond = cond
			all = append(all, rule)
		}
	}
	return all
}

func (r *reader) list(n *yaml.Node) []rule {
	if n.Kind != yaml.SequenceNode {
		return []rule{r.rule(n)}
	}
	var all []rule
	for _, one := range n.Content {
		all = append(all, r.rule(one))
	}
	return all
}

func (r *reader) rule(n *yaml.Node) rule {
	out := rule{line: n.Line}
	if n.Kind == yaml.ScalarNode {
		r.expand(&out, n.Value, n)
		return out
	}
	if c := value(n, "if"); c != nil {
		out.cond = c.Value
	}
	for _, set := range entries(value(n, "set")) {
		out.does = append(out.does, "set "+set.key)
	}
	out.does = append(out.does, texts(value(n, "do"))...)
	r.leaves(&out, n)
	for _, e := range entries(n) {
		if !slices.Contains(r.words, e.key) {
			r.expand(&out, e.key, e.value)
		}
	}
	if to := value(n, "goto"); to != nil {
		out.to = to.Value
	}
	return out
}

// leaves adds the PDUs and effects of a rule or a macro.
func (r *reader) leaves(out *rule, n *yaml.Node) {
	for _, pdu := range texts(value(n, "send")) {
		out.does = append(out.does, "send "+pdu)
	}
	out.does = append(out.does, texts(value(n, "emit"))...)
}

// expand adds what a macro stands for.
func (r *reader) expand(out *rule, name string, at *yaml.Node) {
	macro := r.macros[name]
	if macro == nil {
		r.fail(at, "no macro %q", name)
		return
	}
	r.leaves(out, macro)
	if to := value(macro, "goto"); to != nil {
		out.macroTo = to.Value
	}
	out.deferred = out.deferred || value(macro, "defer") != nil
}

func (r *reader) fail(at *yaml.Node, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("line %d: "+format, append([]any{at.Line}, args...)...)
	}
}

// entry is one entry of a mapping.
type entry struct {
	key   string
	at    *yaml.Node // the key
	value *yaml.Node
}

func entries(n *yaml.Node) []entry {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var all []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		all = append(all, entry{n.Content[i].Value, n.Content[i], n.Content[i+1]})
	}
	return all
}

// value gives the value of a key, or nil.
func value(n *yaml.Node, key string) *yaml.Node {
	for _, e := range entries(n) {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// texts gives the words of a list.
func texts(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	var all []string
	for _, one := range n.Content {
		all = append(all, one.Value)
	}
	return all
}
