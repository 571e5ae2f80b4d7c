package bond

import (
	"fmt"
	"sync"

	"blesmp/bt"
)

// ResolvingList finds the peer that made a resolvable private address, among
// very many. A Store's Resolve is made with it: whoever writes a Store tells the
// list of each bond with an IRK that is put or deleted. The zero value is an
// empty list, and a list can be used by many goroutines at once.
//
// It keeps the IRK of every peer, and with all that belongs to it a peer takes
// some 60 octets of memory. An IRK that is deleted or replaced is wiped. An
// address costs one AES block, and the expansion of its key, for each peer of the
// local identity: some 12 nanoseconds with AES instructions, on all processors at
// once where the peers are very many. The last answers, also that an address is
// nobody's, are remembered until a change makes them wrong, in a place of bounded
// size in which addresses that come only once do not displace those that come
// again and again.
//
// A hash of 24 bits finds the wrong peer now and then: an address of a stranger
// is taken for one of n peers in n out of 16,777,216 cases (Core Vol 3, Part H,
// 2.2.2). The peer that has been longest in the list is found then.
type ResolvingList struct {
	mu    sync.RWMutex
	lists map[bt.TypedAddress]*irkList
}

// Put stores the IRK of a peer of a local identity, in place of its older one.
// A zero IRK resolves nothing, so it is the same as Delete.
func (r *ResolvingList) Put(local, peer bt.TypedAddress, irk bt.Key) {
	if irk.IsZero() {
		r.Delete(local, peer)
		return
	}
	r.mu.Lock()
	l := r.lists[local]
	if l == nil {
		if r.lists == nil {
			r.lists = make(map[bt.TypedAddress]*irkList)
		}
		l = newIRKList()
		r.lists[local] = l
	}
	r.mu.Unlock()
	l.put(peer, irk)
}

// Delete removes the IRK of a peer of a local identity, if it is there.
func (r *ResolvingList) Delete(local, peer bt.TypedAddress) {
	if l := r.list(local); l != nil {
		l.delete(peer)
	}
}

// Resolve gives the peer of a local identity whose IRK made this address; ok is
// false when there is none, and for any other kind of address (Core Vol 6,
// Part B, 1.3.2.3).
func (r *ResolvingList) Resolve(local, rpa bt.TypedAddress) (peer bt.TypedAddress, ok bool) {
	l := r.list(local)
	if l == nil || !rpa.IsResolvable() {
		return bt.TypedAddress{}, false
	}
	return l.resolve(rpa.Address)
}

// Len says how many peers are in the list, of all local identities together.
func (r *ResolvingList) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n := 0
	for _, l := range r.lists {
		n += l.len()
	}
	return n
}

// Format shows how long the list is, and none of its keys, for every verb.
func (r *ResolvingList) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "resolving list of %d peers", r.Len())
}

func (r *ResolvingList) list(local bt.TypedAddress) *irkList {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.lists[local]
}
