package machine

import (
	"fmt"

	"blesmp/gen/spec"
)

// expand writes a sequence out as states: a choice for each flag that sends its
// PDUs, a choice that finds the next flag still owed, and a state for each PDU
// to await.
func (r *resolver) expand(q *spec.Sequence) []*spec.State {
	send, received := q.SendPrefix, q.AwaitPrefix
	if send == "" {
		send = "Send"
	}
	if received == "" {
		received = "Await"
	}
	r.sequenceVars(q)
	var senders, awaits []*spec.State
	next := &spec.Choose{Pos: q.Next.Pos}
	for i, item := range q.Items {
		after := q.Sent
		if i+1 < len(q.Items) {
			after = derived(send, q.Items[i+1].Flag)
		}
		has := &spec.Rule{Pos: item.Flag.Pos, If: hasFlag(q.Send, item.Flag), Goto: after}
		ref, doc := "", ""
		for j, row := range item.PDUs {
			pdu := r.sequencePDU(row.Event)
			has.Send = append(has.Send, row.Event)
			if ref == "" {
				ref = pdu.Ref
			}
			then := spec.Name{}
			if j+1 < len(item.PDUs) {
				then = derived(received, item.PDUs[j+1].Event)
			}
			awaits = append(awaits, r.await(q, item, row, derived(received, row.Event), then, pdu))
		}
		if len(item.PDUs) == 0 {
			r.errors.add(item.Flag.Pos, "flag %s of the sequence has no PDUs", item.Flag.Text)
			continue
		}
		doc = fmt.Sprintf("sends what %s stands for, where it is owed", item.Flag.Text)
		senders = append(senders, &spec.State{
			Name: derived(send, item.Flag), Doc: doc, Ref: ref,
			Body: spec.Body{Choose: &spec.Choose{Pos: item.Flag.Pos, Rules: []*spec.Rule{
				has, {Pos: item.Flag.Pos, Goto: after},
			}}},
		})
		next.Rules = append(next.Rules, &spec.Rule{
			Pos: item.Flag.Pos, If: hasFlag(q.Receive, item.Flag), Goto: derived(received, item.PDUs[0].Event),
		})
	}
	next.Rules = append(next.Rules, &spec.Rule{Pos: q.Received.Pos, Goto: q.Received})
	chooser := &spec.State{
		Name: q.Next, Doc: "finds what is still owed to us", Body: spec.Body{Choose: next},
	}
	return append(append(senders, chooser), awaits...)
}

// sequenceVars checks that a sequence sends and receives by the same flags.
func (r *resolver) sequenceVars(q *spec.Sequence) {
	send, ok := r.variable(q.Send)
	receive, too := r.variable(q.Receive)
	if !ok || !too || send.Type == nil || receive.Type == nil {
		return
	}
	if send.Type.Kind != Flags {
		r.errors.add(q.Send.Pos, "a sequence goes by flags, and %s is a %s", send.Name, send.Type)
	} else if !send.Type.same(receive.Type) {
		r.errors.add(q.Receive.Pos, "%s is a %s, and %s a %s: a sequence needs one type of flags",
			receive.Name, receive.Type, send.Name, send.Type)
	}
	seen := map[string]bool{}
	for _, item := range q.Items {
		if seen[item.Flag.Text] {
			r.errors.add(item.Flag.Pos, "flag %s stands twice in the sequence", item.Flag.Text)
		}
		seen[item.Flag.Text] = true
	}
}

func (r *resolver) sequencePDU(n spec.Name) *spec.PDU {
	if pdu, ok := find(r, "PDU", r.pdus, n); ok {
		return pdu.Spec
	}
	return &spec.PDU{}
}

// await is the state that waits for one PDU of a sequence. The last rule of its
// row is given the way on: to the next PDU of the flag, or away from the flag.
func (r *resolver) await(q *spec.Sequence, item spec.SequenceItem, row *spec.Row, name, then spec.Name, pdu *spec.PDU) *spec.State {
	rules := append([]*spec.Rule(nil), row.Rules...)
	if len(rules) > 0 {
		last := *rules[len(rules)-1]
		if last.Goto.Text != "" || last.Macro != nil {
			r.errors.add(last.Pos, "the last rule of %s goes on in the sequence: it takes no macro and no goto", row.Event.Text)
		}
		if then.Text != "" {
			last.Goto = then
		} else {
			last.Sets = append(append([]spec.Assignment(nil), last.Sets...), spec.Assignment{
				Var:   spec.Name{Text: q.Receive.Text, Pos: item.Flag.Pos},
				Value: withoutFlag(q.Receive, item.Flag),
			})
			last.Goto = spec.Name{Text: q.Next.Text, Pos: row.Event.Pos}
		}
		rules[len(rules)-1] = &last
	}
	return &spec.State{
		Name: name, Doc: fmt.Sprintf("the peer owes %s", row.Event.Text), Ref: pdu.Ref,
		WaitsFor: spec.Name{Text: "peer", Pos: row.Event.Pos},
		Body:     spec.Body{When: []*spec.Row{{Event: row.Event, Rules: rules}}},
	}
}

func derived(prefix string, n spec.Name) spec.Name {
	return spec.Name{Text: prefix + n.Text, Pos: n.Pos}
}

func hasFlag(v, flag spec.Name) *spec.Expr { return flagExpr("has", v, flag) }

func withoutFlag(v, flag spec.Name) *spec.Expr { return flagExpr("without", v, flag) }

func flagExpr(op string, v, flag spec.Name) *spec.Expr {
	return &spec.Expr{
		Pos: flag.Pos, Text: v.Text + " " + op + " " + flag.Text, Op: op,
		X: &spec.Expr{Pos: v.Pos, Op: "name", Name: v.Text},
		Y: &spec.Expr{Pos: flag.Pos, Op: "name", Name: flag.Text},
	}
}
