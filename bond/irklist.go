package bond

import (
	"crypto/cipher"
	"sync"

	"blesmp/bt"
)

// irkList is the part of a ResolvingList that belongs to one local identity. A
// peer keeps its position until it is deleted, and a new one gets the next
// position; so an answer of yesterday needs only a look at whether its peer is
// still there, or whether one of the newer peers fits.
type irkList struct {
	mu    sync.RWMutex
	keys  []cipher.Block    // by position; nil where the peer was deleted
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

func (l *irkList) put(peer bt.TypedAddress, key cipher.Block) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(peer)
	l.at[peer] = uint32(len(l.keys))
	l.keys = append(l.keys, key)
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
	l.keys[position] = nil
	delete(l.at, peer)
	if holes := len(l.keys) - len(l.at); holes <= 16 || holes <= len(l.keys)/5 {
		return
	}
	l.round++
	l.answers.forget()
	keys, peers := make([]cipher.Block, 0, len(l.at)), make([]bt.TypedAddress, 0, len(l.at))
	l.at = make(map[bt.TypedAddress]uint32, len(l.at))
	for i, key := range l.keys {
		if key != nil {
			l.at[l.peers[i]] = uint32(len(keys))
			keys, peers = append(keys, key), append(peers, l.peers[i])
		}
	}
	l.keys, l.peers = keys, peers
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
	case position >= 0 && l.keys[position] != nil:
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
	case l.round != s.round, found && l.keys[position] == nil:
		return bt.TypedAddress{}, false
	case found:
		l.answers.putFound(s.rpa, position)
		return l.peers[position], true
	}
	l.answers.putUnknown(s.rpa, s.end)
	return bt.TypedAddress{}, true
}

// try gives the lowest position from start to end whose key makes this hash.
// It is not ok when the positions are no longer those of this round.
func (l *irkList) try(round, start, end int, t *trial) (position int, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.round != round {
		return 0, false
	}
	for i, key := range l.keys[start:end] {
		if t.fits(key) {
			return start + i, true
		}
	}
	return end, true
}
