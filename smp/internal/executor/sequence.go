package executor

import "go.yaml.in/yaml/v4"

// sequence writes key distribution out: for every flag a choice that sends, one
// choice that finds what is owed, and a state for every PDU to come.
func (r *reader) sequence(q *yaml.Node, outer *scope) {
	send, receive := value(q, "send").Value, value(q, "receive").Value
	next, received := value(q, "next"), value(q, "received")
	keys := entries(value(q, "keys"))
	var owed []rule
	for i, key := range keys {
		after := value(q, "sent").Value
		if i+1 < len(keys) {
			after = "Send" + keys[i+1].key
		}
		pdus := entries(key.value)
		sends := rule{line: key.at.Line, cond: send + " has " + key.key, to: after}
		for j, pdu := range pdus {
			sends.does = append(sends.does, "send "+pdu.key)
			r.await(pdu, pdus[j+1:], receive, next.Value, outer)
		}
		r.choice("Send"+key.key, []rule{sends, {line: key.at.Line, to: after}}, outer)
		owed = append(owed, rule{line: key.at.Line, cond: receive + " has " + key.key, to: "Await" + pdus[0].key})
	}
	owed = append(owed, rule{line: received.Line, to: received.Value})
	r.choice(next.Value, owed, outer)
}

// await is the state for one PDU. Its last rule goes on to the next PDU of the
// flag, or takes the flag away.
func (r *reader) await(pdu entry, rest []entry, receive, next string, outer *scope) {
	rules := r.list(pdu.value)
	last := &rules[len(rules)-1]
	if len(rest) > 0 {
		last.to = "Await" + rest[0].key
	} else {
		last.does = append([]string{"set " + receive}, last.does...)
		last.to = next
	}
	r.states = append(r.states, &state{
		name: "Await" + pdu.key, role: -1,
		scope: scope{outer: outer, all: rows{pdu.key: rules}, byRole: [2]rows{{}, {}}},
	})
}

func (r *reader) choice(name string, rules []rule, outer *scope) {
	r.states = append(r.states, &state{
		name: name, role: -1,
		scope: scope{outer: outer, all: rows{"choose": rules}, byRole: [2]rows{{}, {}}},
	})
}
