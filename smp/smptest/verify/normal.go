package verify

import (
	"blesmp/bt"
	"blesmp/smp"
)

// normal wipes what nothing can read any more, so that worlds which differ in
// nothing else are one. It only ever takes away: what a side is told, and what
// it is held to, stays the same or becomes stricter.
func (r *run) normal(w *world) {
	resting := true
	for i := range w.sides {
		s := &w.sides[i]
		if inPairing(r.state(w, bt.Role(i))) {
			resting = false
			continue
		}
		s.renumber()
		if !r.raw {
			s.rest()
		}
	}
	if r.raw {
		return
	}
	for i := range w.sides {
		// It is read to be injected, and to be known when it comes back.
		if s := &w.sides[i]; w.left.injections == 0 && s.lastSent != "" && s.lastSent[0] != byte(smp.CodePublicKey) {
			s.lastSent = ""
		}
	}
	if l := &w.link; !l.starting {
		l.key, l.ediv, l.rand = bt.Key{}, 0, 0
	}
	if w.attacker != nil {
		r.normalAttacker(w, resting)
	}
}

// rest wipes what was seen of a pairing that is over. A key or a bond that came
// of it now would be judged as if no pairing had been.
func (s *side) rest() {
	g := &s.ghost
	*g = ghost{mute: g.mute, closed: g.closed, began: g.began, completed: g.completed}
}

// renumber begins the numbers of random values anew for each pairing that has
// drawn some, beside the number of the pairing: no two values are equal.
func (s *side) renumber() {
	if s.draws > 0 {
		s.pairing++
		s.draws = 0
	}
}

// normalAttacker wipes what was heard once no pairing can begin any more: with
// the pairing, the side has forgotten all values that could be equal to any of
// it. The causes excuse nothing here.
func (r *run) normalAttacker(w *world, resting bool) {
	w.causes = 0
	if resting && w.left.pairs == 0 && !w.link.starting && *w.attacker != (attacker{}) {
		w.attacker = new(attacker)
	}
}
