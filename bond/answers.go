package bond

import (
	"hash/maphash"
	"math/bits"
	"sync"

	"blesmp/bt"
)

// answers remembers what the last private addresses resolved to. Those that
// belong to a peer and those that do not are kept apart, so that strangers
// cannot displace peers. It can be used by many goroutines at once.
type answers struct {
	mu      sync.Mutex
	found   answerTable // with the peer's position
	unknown answerTable // with the position of the first peer that was not tried
}

// The size of an answerTable.
const (
	settled    = 12 // answers in a set that have been asked for again
	patient    = 2  // newcomers that stay long
	passing    = 2  // newcomers that give way to the next ones
	answerWays = settled + patient + passing

	patience = 16 // one of so many newcomers is patient

	minSets = 4
	maxSets = 1024

	// peersPerSet makes a table grow with the list: an answer for four peers.
	peersPerSet = 4 * answerWays
)

// get gives the position of the peer that an address belonged to, or less than
// 0, and the number of peers to which it did not belong.
func (a *answers) get(rpa bt.Address, peers int) (position, tried int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if sets := setsFor(peers); len(a.found.sets) < sets {
		a.found, a.unknown = newAnswerTable(sets), newAnswerTable(sets)
	}
	return a.found.get(rpa), max(0, a.unknown.get(rpa))
}

// putFound remembers the position of the peer that an address belongs to.
func (a *answers) putFound(rpa bt.Address, position int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.found.put(rpa, position)
}

// putUnknown remembers that an address belongs to none of so many peers.
func (a *answers) putUnknown(rpa bt.Address, peers int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unknown.put(rpa, peers)
}

func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.found, a.unknown = answerTable{}, answerTable{}
}

// setsFor is the size of a table for so many peers: a power of two.
func setsFor(peers int) int {
	return min(max(1<<bits.Len(uint(peers/peersPerSet)), minSets), maxSets)
}

// answerTable is a cache of fixed size. An address belongs into one of its sets,
// and nobody can foresee into which. There it displaces one of the newcomers.
// When it is asked for again while it is there, it displaces the settled one
// that has not been asked for in the longest time, which becomes a newcomer
// again. So a flood of addresses that come once passes through a quarter of the
// table and leaves the rest alone; and since few of the flood become patient, an
// address that comes again finds a way to settle even then.
type answerTable struct {
	seed   maphash.Seed
	sets   []answerSet
	random uint64
}

// answerSet has the settled ones in front, those asked for last first.
type answerSet [answerWays]answer

// answer is empty while its address is zero, which is no private address.
type answer struct {
	address bt.Address
	value   uint32
}

func newAnswerTable(sets int) answerTable {
	return answerTable{seed: maphash.MakeSeed(), sets: make([]answerSet, sets)}
}

func (t *answerTable) set(rpa bt.Address) *answerSet {
	hash := maphash.Bytes(t.seed, rpa[:])
	t.random = t.random*6364136223846793005 + hash | 1
	return &t.sets[hash&uint64(len(t.sets)-1)]
}

// get gives the value of an address, or less than 0.
func (t *answerTable) get(rpa bt.Address) int {
	set := t.set(rpa)
	for i, a := range set {
		if a.address == rpa {
			set.settle(i)
			return int(a.value)
		}
	}
	return -1
}

// settle puts the answer at a place in front.
func (s *answerSet) settle(place int) {
	a, last := s[place], min(place, settled-1)
	s[place] = s[last]
	copy(s[1:last+1], s[:last])
	s[0] = a
}

// put stores the value of an address, if the table has been asked before.
func (t *answerTable) put(rpa bt.Address, value int) {
	if len(t.sets) == 0 {
		return
	}
	set := t.set(rpa)
	place := settled + patient + int(t.random>>32%passing)
	if t.random>>40%patience == 0 {
		place -= patient
	}
	for i, a := range set {
		if a.address == rpa {
			place = i
			break
		}
		if i >= settled && a.address == (bt.Address{}) {
			place = i
		}
	}
	set[place] = answer{address: rpa, value: uint32(value)}
}
