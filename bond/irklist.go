package bond

import (
	"sync"

	"blesmp/bond/internal/ah"
	"blesmp/bt"
)

// irkList is the part of a ResolvingList that belongs to one local identity. A
// peer keeps its position until it is deleted, and a new one gets the next
// position; so an answer of yesterday needs only a look at whether its peer is
// still there, or whether one of the newer peers fits.
type irkList struct {
	mu    sync.RWMutex
	keys  []bt.Key          // by position; zero where the peer was deleted
	peers []bt.TypedAddress // by position
	at    map[bt.TypedAddress]uint32
	round int // counts how often the positions were given out anew

	answers answers // of this round
}

func newIRKList() *irkList {
	return &irkList{at: make(map[bt.TypedAddress]uint32)}
}

func (l *irkList) len() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.at)
}

// put stores a key that is not zero.
func (l *irkList) put(peer bt.TypedAddress, irk bt.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(peer)
	l.at[peer] = uint32(len(l.keys))
	if old := l.keys; len(old) == cap(old) {
		l.keys = append(make([]bt.Key, 0, len(old)+len(old)/4+16), old...)
		clear(old) // else it would leave all keys behind
	}
	l.keys = append(l.keys, irk)
	l.peers = append(l.peers, peer)
}

func (l *irkList) delete(peer bt.TypedAddress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(peer)
}

// drop wants the lock. It leaves a hole; when holes are a fifth of the list, it
// gives out the positions anew.
func (l *irkList) drop(peer bt.TypedAddress) {
	position, ok := l.at[peer]
	if !ok {
		return
	}
	l.keys[position] = bt.Key{}
	delete(l.at, peer)
	if holes := len(l.keys) - len(l.at); holes <= 16 || holes <= len(l.keys)/5 {
		return
	}
	l.round++
	l.answers.forget()
	old, peers := l.keys, l.peers
	l.keys, l.peers = make([]bt.Key, 0, len(l.at)), make([]bt.TypedAddress, 0, len(l.at))
	l.at = make(map[bt.TypedAddress]uint32, len(l.at))
	for i, irk := range old {
		if !irk.IsZero() {
			l.at[peers[i]] = uint32(len(l.keys))
			l.keys, l.peers = append(l.keys, irk), append(l.peers, peers[i])
		}
	}
	clear(old)
}

// resolve finds the peer that made a resolvable private address.
func (l *irkList) resolve(rpa bt.Address) (peer bt.TypedAddress, ok bool) {
	for {
		peer, s := l.recall(rpa)
		if s == nil {
			return peer, !peer.IsZero()
		}
		s.run()
		if peer, ok := l.conclude(s); ok {
			return peer, !peer.IsZero()
		}
	}
}

// recall answers from memory. Where it cannot, it gives the search that is left
// to do.
func (l *irkList) recall(rpa bt.Address) (peer bt.TypedAddress, s *search) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	n := len(l.keys)
	position, tried := l.answers.get(rpa, n)
	switch {
	case position >= 0 && !l.keys[position].IsZero():
		return l.peers[position], nil
	case tried == n:
		return bt.TypedAddress{}, nil
	}
	return bt.TypedAddress{}, newSearch(l, rpa, tried, n)
}

// conclude gives the peer that a search found, and remembers the answer; a zero
// peer is none. It is not ok when the list has changed in a way that makes the
// answer worthless.
func (l *irkList) conclude(s *search) (peer bt.TypedAddress, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	position, found := s.result()
	switch {
	case l.round != s.round, found && l.keys[position].IsZero():
		return bt.TypedAddress{}, false
	case found:
		l.answers.putFound(s.rpa, position)
		return l.peers[position], true
	}
	l.answers.putUnknown(s.rpa, s.end)
	return bt.TypedAddress{}, true
}

// try gives the lowest position from start to end whose key made the address. It
// is not ok when the positions are no longer those of this round.
func (l *irkList) try(round, start, end int, rpa bt.Address) (position int, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.round != round {
		return 0, false
	}
	if i := find(l.keys[start:end], rpa); i >= 0 {
		return start + i, true
	}
	return end, true
}

// find gives the lowest index of a key that made a resolvable private address, or
// -1. A zero key made none.
func find(irks []bt.Key, rpa bt.Address) int {
	return ah.Find(irks, [3]byte(rpa[:3]), [3]byte(rpa[3:]))
}
