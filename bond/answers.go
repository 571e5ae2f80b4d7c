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
	answerWays = 8 // answers in a set
	minSets    = 8
	maxSets    = 2048

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
// which nobody can foresee, and displaces there the answer that has not been
// asked for in the longest time. A new answer counts as one of those until it is
// asked for again, but for one of thirty-two, so that a flood of addresses that
// each come once passes through a single place of the set (bimodal re-reference
// interval prediction).
type answerTable struct {
	seed maphash.Seed
	sets [][answerWays]answer
	puts uint8
}

// answer is empty while its address is zero, which is no private address.
type answer struct {
	address bt.Address
	age     uint8 // up to oldest
	value   uint32
}

const (
	oldest    = 3
	favoured  = 32 // one of so many new answers
	favourAge = oldest - 1
)

func newAnswerTable(sets int) answerTable {
	return answerTable{seed: maphash.MakeSeed(), sets: make([][answerWays]answer, sets)}
}

func (t *answerTable) set(rpa bt.Address) *[answerWays]answer {
	return &t.sets[maphash.Bytes(t.seed, rpa[:])&uint64(len(t.sets)-1)]
}

// get gives the value of an address, or less than 0.
func (t *answerTable) get(rpa bt.Address) int {
	set := t.set(rpa)
	for i := range set {
		if set[i].address == rpa {
			set[i].age = 0
			return int(set[i].value)
		}
	}
	return -1
}

// put stores the value of an address, if the table has been asked before.
func (t *answerTable) put(rpa bt.Address, value int) {
	if len(t.sets) == 0 {
		return
	}
	set := t.set(rpa)
	place := -1
	for i := range set {
		if set[i].address == rpa {
			set[i].value = uint32(value)
			return
		}
		if place < 0 || set[i].rank() > set[place].rank() {
			place = i
		}
	}
	if aging := oldest - set[place].age; set[place].rank() <= oldest {
		for i := range set {
			set[i].age += aging
		}
	}
	age := uint8(oldest)
	if t.puts++; t.puts%favoured == 0 {
		age = favourAge
	}
	set[place] = answer{address: rpa, age: age, value: uint32(value)}
}

// rank is higher for an answer that should give way sooner.
func (a *answer) rank() uint8 {
	if a.address == (bt.Address{}) {
		return oldest + 1
	}
	return a.age
}
