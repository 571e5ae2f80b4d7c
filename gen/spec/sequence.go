package spec

import "go.yaml.in/yaml/v4"

func (l *loader) sequence(n *yaml.Node) *Sequence {
	s := &Sequence{Pos: at(n), SendPrefix: "Send", AwaitPrefix: "Await"}
	l.mapping(n, "sequence", at(n),
		required("send", l.word(&s.Send)),
		required("receive", l.word(&s.Receive)),
		required("next", l.word(&s.Next)),
		required("sent", l.word(&s.Sent)),
		required("received", l.word(&s.Received)),
		required("keys", l.each("keys", func(name Name, n *yaml.Node) {
			item := SequenceItem{Flag: name}
			l.holders = append(l.holders, n)
			keys := []key{optional("ref", l.ref(&item.Ref))}
			l.mappingAnd(n, describe("key", name), name.Pos, keys, l.row(&item.PDUs))
			s.Items = append(s.Items, item)
		})),
	)
	return s
}
