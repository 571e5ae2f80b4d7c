package verify

import (
	"slices"

	"blesmp/gen/table"
)

// shorten gives a table in which the last round of Passkey Entry is this one.
func shorten(t *table.Table, round uint16) *table.Table {
	short := *t
	short.Nodes = slices.Clone(t.Nodes)
	slot := slices.IndexFunc(t.Slots, func(s table.Slot) bool { return s.Name == "round" })
	for i, n := range t.Nodes {
		if n.Op != table.Eq || int(t.Nodes[n.A].A) != slot || t.Nodes[n.A].Op != table.Load || t.Nodes[n.B].Op != table.Const {
			continue
		}
		short.Nodes = append(short.Nodes, table.Node{Op: table.Const, A: round})
		short.Nodes[i].B = uint16(len(short.Nodes) - 1)
	}
	return &short
}
