package verify

// trail remembers the states that were reached, and how: 16 to 24 octets a
// state.
type trail struct {
	known  numbers
	parent []int32
	moves  []move
}

func (t *trail) add(hash uint64, parent int32, m move) (int32, bool) {
	if !t.known.add(hash) {
		return 0, false
	}
	t.parent = append(t.parent, parent)
	t.moves = append(t.moves, m)
	return int32(len(t.parent) - 1), true
}

// way gives the moves that lead to a state.
func (t *trail) way(id int32) []move {
	var way []move
	for ; id > 0; id = t.parent[id] {
		way = append([]move{t.moves[id]}, way...)
	}
	return way
}

// numbers is a set of hashes: open addressing, at most three quarters full.
type numbers struct {
	slots []uint64 // 0 is free
	size  int
	zero  bool // 0 is in the set
}

// add reports whether the number is new.
func (n *numbers) add(x uint64) bool {
	if x == 0 {
		fresh := !n.zero
		n.zero = true
		return fresh
	}
	if n.size >= len(n.slots)/4*3 {
		n.grow()
	}
	at := n.find(x)
	if n.slots[at] == x {
		return false
	}
	n.slots[at] = x
	n.size++
	return true
}

// find gives the slot of a number, or the one where it belongs.
func (n *numbers) find(x uint64) uint64 {
	mask := uint64(len(n.slots) - 1)
	at := x & mask
	for n.slots[at] != 0 && n.slots[at] != x {
		at = (at + 1) & mask
	}
	return at
}

func (n *numbers) grow() {
	old := n.slots
	n.slots = make([]uint64, max(1024, 2*len(old)))
	for _, x := range old {
		if x != 0 {
			n.slots[n.find(x)] = x
		}
	}
}
