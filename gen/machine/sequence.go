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
	q = r.sequenceVars(q)
	var senders, awaits []*spec.State
	next := &spec.Choose{Pos: q.Next.Pos}
	for i, item := range q.Items {
		after := q.Sent
		if i+1 < len(q.Items) {
			after = derived(send, q.Items[i+1].Flag)
		}
		rows, ref := r.sequencePDUs(item)
		has := &spec.Rule{Pos: item.Flag.Pos, If: hasFlag(q.Send, item.Flag), Goto: after}
		first := q.Received
		for j, row := range rows {
			has.Send = append(has.Send, row.Event)
			name, then := derived(received, row.Event), spec.Name{}
			if j == 0 {
				first = name
			}
			if j+1 < len(rows) {
				then = derived(received, rows[j+1].Event)
			}
			awaits = append(awaits, r.await(q, item, row, name, then))
		}
		senders = append(senders, &spec.State{
			Name: derived(send, item.Flag), Ref: ref,
			Doc: fmt.Sprintf("sends what %s stands for, where it is owed", item.Flag.Text),
			Body: spec.Body{Choose: &spec.Choose{Pos: item.Flag.Pos, Rules: []*spec.Rule{
				has, {Pos: item.Flag.Pos, Goto: after},
			}}},
		})
		next.Rules = append(next.Rules, &spec.Rule{
			Pos: item.Flag.Pos, If: hasFlag(q.Receive, item.Flag), Goto: first,
		})
	}
	next.Rules = append(next.Rules, &spec.Rule{Pos: q.Received.Pos, Goto: q.Received})
	chooser := &spec.State{
		Name: q.Next, Doc: "finds what is still owed to us", Body: spec.Body{Choose: next},
	}
	return append(append(senders, chooser), awaits...)
}

// sequenceVars checks that a sequence sends and receives by the same flags. It
// gives the sequence to go on with.
func (r *resolver) sequenceVars(q *spec.Sequence) *spec.Sequence {
	send, ok := r.variable(q.Send)
	receive, too := r.variable(q.Receive)
	if !ok || !too || send.Type == nil || receive.Type == nil {
		return q
	}
	if send.Type.Kind != Flags {
		r.errors.add(q.Send.Pos, "a sequence goes by flags, and %s is %s", send.Name, send.Type.a())
		r.vague = true
	} else if !send.Type.same(receive.Type) {
		r.errors.add(q.Receive.Pos, "%s is %s, and %s %s: a sequence needs one type of flags",
			receive.Name, receive.Type.a(), send.Name, send.Type.a())
		one := *q
		one.Receive.Text = q.Send.Text
		q = &one
	}
	return q
}

// sequencePDUs gives the rows of a flag, under the names of PDUs that exist, and
// the section of the flag or of its first PDU.
func (r *resolver) sequencePDUs(item spec.SequenceItem) (rows []*spec.Row, ref string) {
	ref = item.Ref
	for _, row := range item.PDUs {
		pdu, ok := find(r, "PDU", r.pdus, row.Event)
		if !ok {
			continue
		}
		meant := *row
		meant.Event.Text = pdu.Name
		rows = append(rows, &meant)
		if ref == "" {
			ref = pdu.Spec.Ref
		}
	}
	if len(item.PDUs) == 0 {
		r.errors.add(item.Flag.Pos, "flag %s of the sequence has no PDUs", item.Flag.Text)
	}
	return rows, ref
}

// await is the state that waits for one PDU of a sequence. The last rule of its
// row is given the way on: to the next PDU of the flag, or away from the flag.
func (r *resolver) await(q *spec.Sequence, item spec.SequenceItem, row *spec.Row, name, then spec.Name) *spec.State {
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
		Name: name, Doc: fmt.Sprintf("the peer owes %s", row.Event.Text), Ref: r.pdus[row.Event.Text].Spec.Ref,
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
