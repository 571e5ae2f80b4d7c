package spec

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// machineKeys are the top-level keys that make up the machine part.
var machineKeys = []string{
	"roles", "events", "groups", "fields", "inputs", "vars", "guards", "effects", "actions",
	"macros", "timers", "defaults", "phases", "properties",
}

func (l *loader) readFile(root *yaml.Node) {
	f := l.file
	m := new(Machine)
	l.learn(root)
	byteOrder := "little"
	ok := l.mappingAnd(root, "the file", Pos{1, 1}, []key{
		required("protocol", l.word(&f.Protocol)),
		optional("core", l.text(&f.Core)),
		optional("doc", l.text(&f.Doc)),
		optional("byte_order", l.oneOf(&byteOrder, "little", "big")),
		required("go", l.goOptions),
		optional("answers", l.word(&f.Answers)),
		optional("roles", l.roleNames(&m.Roles)),
		optional("types", l.each("types", l.goType)),
		optional("families", l.each("families", l.family)),
		optional("enums", l.each("enums", l.enum)),
		optional("flags", l.each("flags", l.flags)),
		optional("pdus", l.each("pdus", l.pdu)),
		optional("association", l.grids(&f.Grids)),
		optional("events", func(n *yaml.Node) { l.events(n, m) }),
		optional("groups", l.each("groups", func(name Name, n *yaml.Node) { l.group(name, n, m) })),
		optional("fields", l.each("fields", func(name Name, n *yaml.Node) { l.slot(name, n, inFields, &m.Fields) })),
		optional("inputs", l.each("inputs", func(name Name, n *yaml.Node) { l.slot(name, n, inInputs, &m.Inputs) })),
		optional("vars", l.each("vars", func(name Name, n *yaml.Node) { l.slot(name, n, inVars, &m.Vars) })),
		optional("guards", l.each("guards", func(name Name, n *yaml.Node) { l.guard(name, n, m) })),
		optional("effects", l.each("effects", func(name Name, n *yaml.Node) { l.effect(name, n, m) })),
		optional("actions", l.each("actions", func(name Name, n *yaml.Node) { l.action(name, n, m) })),
		// The macros are read before everything else: their names are keys of
		// rules. Here their form is looked at.
		optional("macros", l.each("macros", func(name Name, n *yaml.Node) { l.macro(name, n, m) })),
		optional("timers", l.each("timers", func(name Name, n *yaml.Node) { l.timer(name, n, m) })),
		optional("defaults", func(n *yaml.Node) { m.Defaults = l.defaults(n) }),
		optional("phases", l.each("phases", func(name Name, n *yaml.Node) {
			m.Phases = append(m.Phases, l.phase(name, n))
		})),
		optional("properties", l.each("properties", func(name Name, n *yaml.Node) { l.property(name, n, m) })),
	}, nil)
	if !ok {
		return
	}
	f.BigEndian = byteOrder == "big"
	if len(f.PDUs) > 0 && find(root, "byte_order") == nil {
		l.errorf(Pos{1, 1}, "the file: missing key \"byte_order\": it has PDUs")
	}
	l.distinct()
	l.machinePart(root, m)
}

// machinePart keeps the machine where the file has one.
func (l *loader) machinePart(root *yaml.Node, m *Machine) {
	first := ""
	for _, name := range machineKeys {
		if find(root, name) != nil {
			first = name
			break
		}
	}
	if first == "" {
		return
	}
	l.file.Machine = m
	for _, name := range []string{"roles", "phases"} {
		if find(root, name) == nil {
			l.errorf(Pos{1, 1}, "the file: missing key %q: it has %s", name, first)
		}
	}
}

// learn finds the names that decide how the rest is read: the roles, which are
// keys of phases and states, and the macros, which are keys of rules. It says
// nothing about mistakes: those are found when the parts are read.
func (l *loader) learn(root *yaml.Node) {
	if roles := find(root, "roles"); roles != nil && roles.Kind == yaml.SequenceNode {
		for _, n := range roles.Content {
			if n.Kind == yaml.ScalarNode {
				l.roles = append(l.roles, n.Value)
			}
		}
	}
	l.ruleKeys = slices.Clone(ruleKeys)
	macros := find(root, "macros")
	if macros == nil || macros.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(macros.Content); i += 2 {
		k, v := macros.Content[i], macros.Content[i+1]
		if k.Kind != yaml.ScalarNode || l.macros[k.Value] != nil || slices.Contains(ruleKeys, k.Value) {
			continue
		}
		m := &Macro{Name: Name{k.Value, at(k)}}
		if arg := find(v, "arg"); arg != nil {
			m.Arg = Name{arg.Value, at(arg)}
		}
		if d := find(v, "default"); d != nil {
			m.Default = Name{d.Value, at(d)}
		}
		if ignore := find(v, "ignore"); ignore != nil {
			m.Ignore = ignore.Value == "true"
		}
		l.macros[k.Value] = m
		l.ruleKeys = append(l.ruleKeys, k.Value)
	}
}

// find gives the value of a key of a mapping, or nil.
func find(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.Value == name {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

func (l *loader) goOptions(n *yaml.Node) {
	o := &l.file.Go
	l.mapping(n, "go", at(n),
		required("package", func(n *yaml.Node) {
			if name, ok := l.name(n); ok && l.newName(name) {
				o.Package = name
			}
		}),
		required("dir", func(n *yaml.Node) {
			var dir string
			l.text(&dir)(n)
			if path.IsAbs(dir) || strings.Contains(dir, `\`) || strings.Contains(dir, ":") {
				l.errorf(at(n), "dir is relative to this file, with slashes: %q", dir)
				return
			}
			o.Dir = dir
		}),
		optional("procedure", l.word(&o.Procedure)),
	)
}

func (l *loader) goType(name Name, n *yaml.Node) {
	t := &Type{Name: name}
	ok := l.goName(name, "a type")
	l.mapping(n, fmt.Sprintf("type %s", name.Text), name.Pos,
		required("wire", func(n *yaml.Node) {
			if w, ok := l.scalar(n, "a width"); ok && l.wireType(w, at(n)) {
				t.Wire = w
			}
		}),
		required("go", func(n *yaml.Node) {
			s, ok := l.scalar(n, "a Go type")
			if !ok {
				return
			}
			dot := strings.LastIndexByte(s, '.')
			if dot <= strings.LastIndexByte(s, '/') || dot == 0 || !isName(s[dot+1:]) || !isExported(s[dot+1:]) {
				l.errorf(at(n), "%q is no Go type: write its import path, a dot and its name", s)
				return
			}
			t.Go = s
		}),
		optional("doc", l.text(&t.Doc)),
	)
	if ok {
		l.file.Types = append(l.file.Types, t)
	}
}

func (l *loader) family(name Name, n *yaml.Node) {
	f := &Family{Name: name}
	ok := l.goName(name, "a family")
	l.mapping(n, "family "+name.Text, name.Pos,
		required("code", l.oneOf(&f.Code, "uint8", "uint16")),
		required("method", l.goText(&f.Method, "a method")),
		required("type", l.goText(&f.Type, "a type")),
		optional("suffix", l.goText(&f.Suffix, "a suffix")),
	)
	if ok {
		l.file.Families = append(l.file.Families, f)
	}
}

// goText reads an exported name of Go.
func (l *loader) goText(into *string, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if name, ok := l.name(n); ok && l.goName(name, what) {
			*into = name.Text
		}
	}
}
