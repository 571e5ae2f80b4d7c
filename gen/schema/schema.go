// Package schema writes the JSON schema of one specification, by which an editor
// completes its keys and the names of its states, events, actions, guards and
// all else that it declares, and marks a name that there is not. It says no more
// than the form; the resolver says the rest.
package schema

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/table"
)

// object is a part of a schema. Keys are written in alphabetical order.
type object = map[string]any

// FileName gives the name of a specification's schema.
func FileName(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".schema.json"
}

// Write gives the schema of a specification.
func Write(m *machine.Machine) ([]byte, error) {
	w := &writer{m: m}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(w.file()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

type writer struct {
	m *machine.Machine
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func list(of any) object { return object{"type": "array", "items": of} }

func either(all ...any) object { return object{"anyOf": all} }

func described(what string, o object) object {
	out := object{"description": what}
	for k, v := range o {
		out[k] = v
	}
	return out
}

// only is a mapping with these keys and no others.
func only(required []string, keys object) object {
	o := object{"type": "object", "additionalProperties": false, "properties": keys}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// each is a mapping from names to one kind of thing.
func each(of any) object { return object{"type": "object", "additionalProperties": of} }

func oneOf(words ...string) object { return object{"enum": words} }

var (
	text   = object{"type": "string"}
	number = object{"type": "integer"}
	truth  = object{"type": "boolean"}
	scalar = object{"type": []string{"string", "number", "boolean"}}
)

// names is an enumeration of declared names; any text where there are none.
func names(all []string) object {
	if len(all) == 0 {
		return text
	}
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return object{"enum": slices.Compact(sorted)}
}

func (w *writer) file() object {
	f := w.m.File
	o := only([]string{"protocol", "go"}, object{
		"protocol":    described("the protocol's name", text),
		"core":        described("the part of the standard that every ref is a section of", text),
		"doc":         text,
		"byte_order":  oneOf("big", "little"),
		"go":          described("where the code goes", only([]string{"package", "dir"}, object{"package": text, "dir": text, "procedure": text})),
		"answers":     described("the enumeration that bad input is answered with", ref("enum")),
		"roles":       list(text),
		"types":       each(only([]string{"wire", "go"}, object{"wire": text, "go": text, "doc": text})),
		"families":    each(only([]string{"code", "method", "type"}, object{"code": oneOf("uint16", "uint8"), "method": text, "type": text, "suffix": text})),
		"enums":       each(w.enums()),
		"flags":       each(w.flags()),
		"pdus":        each(w.pdus()),
		"association": w.association(),
		"events":      each(list(either(text, object{"type": "object"}))),
		"groups":      each(list(ref("event"))),
		"fields":      each(only([]string{"type", "of"}, object{"type": ref("type"), "doc": text, "of": list(ref("event"))})),
		"inputs":      each(w.slot()),
		"vars":        each(w.slot()),
		"guards":      each(w.guards()),
		"effects":     each(w.effects()),
		"actions":     each(w.actions()),
		"macros":      each(w.macros()),
		"timers":      each(w.timers()),
		"defaults":    ref("body"),
		"phases":      each(ref("phase")),
		"properties":  each(w.properties()),
	})
	o["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	o["title"] = f.Protocol.Text
	o["$defs"] = w.defs()
	return o
}

// defs are the parts that others refer to.
func (w *writer) defs() object {
	m := w.m
	var states, events, guards, actions, pdus, effects, timers, phases, enums, types, groups []string
	for _, s := range m.States {
		states = append(states, s.Name)
	}
	for _, e := range m.Events {
		if e.ID != table.Choose {
			events = append(events, e.Name)
		}
	}
	for _, g := range m.Guards {
		guards = append(guards, g.Name)
	}
	for _, a := range m.Actions {
		actions = append(actions, a.Name)
	}
	for _, p := range m.File.PDUs {
		pdus = append(pdus, p.Name.Text)
	}
	for _, e := range m.Effects {
		effects = append(effects, e.Name)
	}
	for _, t := range m.Timers {
		timers = append(timers, t.Name)
	}
	for _, p := range m.Phases {
		phases = append(phases, p.Name)
	}
	for _, e := range m.File.Enums {
		enums = append(enums, e.Name.Text)
	}
	types = append(slices.Clone(enums), "bool", "PDU")
	for _, f := range m.File.Flags {
		types = append(types, f.Name.Text)
	}
	if f := m.File.Machine; f != nil {
		groups = append(groups, "any_pdu")
		for _, g := range f.Groups {
			groups = append(groups, g.Name.Text)
		}
	}
	row := append(slices.Clone(events), groups...)
	return object{
		"state": names(states), "event": names(row), "guard": names(guards), "action": names(actions), "pdu": names(pdus),
		"effect": names(effects), "timer": names(timers), "inner": names(phases), "enum": names(enums), "type": names(types),
		"condition": w.condition(guards),
		"rule":      w.rule(), "rules": either(ref("rule"), list(ref("rule"))),
		"choose": w.choose(), "body": w.rows(row, true), "rows": w.rows(row, false),
		"state_body": w.state(), "phase": w.phase(), "sequence": w.sequence(pdus),
	}
}

// condition completes the guards, and takes every other expression.
func (w *writer) condition(guards []string) object {
	if len(guards) == 0 {
		return text
	}
	return either(names(guards), scalar)
}

// rule is a mapping, or a macro that needs no argument.
func (w *writer) rule() object {
	keys := object{
		"if": ref("condition"), "set": each(scalar), "do": list(ref("action")), "send": list(ref("pdu")),
		"emit": list(either(ref("effect"), object{"type": "object", "propertyNames": ref("effect")})),
		"goto": ref("state"), "ref": scalar,
	}
	var bare []string
	for _, macro := range w.m.Macros {
		value := scalar
		if macro.Arg != nil && macro.Arg.Enum != nil {
			var values []string
			for _, v := range macro.Arg.Enum.Values {
				values = append(values, v.Name.Text)
			}
			value = either(names(values), text)
		}
		keys[macro.Name] = described(macro.Spec.Doc, value)
		if macro.Arg == nil || macro.Spec.Default.Text != "" {
			bare = append(bare, macro.Name)
		}
	}
	if len(bare) == 0 {
		return only(nil, keys)
	}
	return either(only(nil, keys), names(bare))
}

func (w *writer) choose() object {
	return either(list(ref("rule")), object{
		"type": "object", "required": []string{"by"}, "properties": object{"by": text}, "additionalProperties": ref("rules"),
	})
}

// rows is a mapping from events to rules; with bodies for the roles, if they may
// stand there too.
func (w *writer) rows(events []string, roles bool) object {
	keys := object{}
	for _, e := range events {
		keys[e] = ref("rules")
	}
	if roles {
		for _, role := range w.m.Roles {
			keys[role] = ref("rows")
		}
	} else {
		keys["choose"] = ref("choose")
	}
	return only(nil, keys)
}

func (w *writer) state() object {
	keys := object{
		"doc": text, "ref": scalar, "role": w.role(), "initial": truth, "final": truth, "rest": truth,
		"waits_for": oneOf("controller", "peer", "user"), "timer": ref("timer"), "failed_to": ref("state"),
		"when": ref("rows"), "choose": ref("choose"),
	}
	for _, role := range w.m.Roles {
		keys[role] = ref("rows")
	}
	return only(nil, keys)
}

func (w *writer) role() object { return names(w.m.Roles) }

func (w *writer) phase() object {
	keys := object{
		"doc": text, "ref": scalar, "timer": ref("timer"), "must_leave": truth, "on_leave": list(ref("action")),
		"when": ref("rows"), "sequence": ref("sequence"), "states": each(ref("state_body")), "phases": each(ref("phase")),
	}
	for _, role := range w.m.Roles {
		keys[role] = ref("rows")
	}
	return only(nil, keys)
}

func (w *writer) sequence(pdus []string) object {
	keys := object{"ref": scalar}
	for _, p := range pdus {
		keys[p] = ref("rules")
	}
	return only([]string{"send", "receive", "next", "sent", "received", "keys"}, object{
		"send": text, "receive": text, "next": ref("state"), "sent": ref("state"), "received": ref("state"), "keys": each(only(nil, keys)),
	})
}
