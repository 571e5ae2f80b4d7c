package bond_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"blesmp/bond"
	"blesmp/bond/bondtest"
	"blesmp/bond/internal/ah"
	"blesmp/bt"
)

// The bonds of most tests; ours is their local identity.
var (
	bondWith = bondtest.Bond
	ours     = bondWith(0).Local
	peer     = bondtest.Peer
	irkOf    = bondtest.IRK
	private  = bondtest.PrivateAddress
)

// stranger is the nth of a row of addresses that nobody's key has made, other
// than by chance.
func stranger(n int) bt.TypedAddress {
	a := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x40}}
	binary.BigEndian.PutUint32(a.Address[2:], uint32(n)*2654435761)
	return a
}

func listOf(count int) *bond.ResolvingList {
	l := new(bond.ResolvingList)
	for n := range count {
		l.Put(ours, peer(n), irkOf(n))
	}
	return l
}

// TestResolvingList_model changes a list at random, and wants it to find
// whatever trying every key finds, also when it is asked again.
func TestResolvingList_model(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	l := new(bond.ResolvingList)
	type name struct{ local, peer bt.TypedAddress }
	model := make(map[name]bt.Key)
	locals := []bt.TypedAddress{ours, peer(1 << 20)}
	for step := range 6000 {
		n := name{locals[random.IntN(2)], peer(random.IntN(80))}
		key := irkOf(random.IntN(120))
		switch step / 1000 % 2 * random.IntN(2) { // periods of growth, and of both
		case 0:
			l.Put(n.local, n.peer, key)
			model[n] = key
		case 1:
			l.Delete(n.local, n.peer)
			delete(model, n)
		}
		if l.Len() != len(model) {
			t.Fatalf("step %d: Len() = %d, want %d", step, l.Len(), len(model))
		}
		rpa := private(irkOf(random.IntN(120)), random.IntN(3))
		for range 2 {
			owner, ok := l.Resolve(n.local, rpa)
			if ok && !bond.Resolves(model[name{n.local, owner}], rpa) {
				t.Fatalf("step %d: Resolve finds %v, whose key did not make %v", step, owner, rpa)
			}
			for other, key := range model {
				if !ok && other.local == n.local && bond.Resolves(key, rpa) {
					t.Fatalf("step %d: Resolve does not find %v", step, other.peer)
				}
			}
		}
	}
}

// TestResolvingList_long searches a list that several processors share.
func TestResolvingList_long(t *testing.T) {
	const count = 40_000
	l := listOf(count)
	random := rand.New(rand.NewPCG(7, 8))
	for n := range 15 {
		owner := random.IntN(count)
		rpa := private(irkOf(owner), n)
		first := owner
		for other := range owner {
			if bond.Resolves(irkOf(other), rpa) { // by chance
				first = other
				break
			}
		}
		for range 2 {
			if got, ok := l.Resolve(ours, rpa); !ok || got != peer(first) {
				t.Fatalf("Resolve of an address of %v: %v, %t, want %v", peer(owner), got, ok, peer(first))
			}
		}
	}
	unknown := 0
	for n := range 40 {
		if _, ok := l.Resolve(ours, stranger(n)); !ok {
			unknown++
		}
	}
	if unknown < 35 {
		t.Errorf("%d of 40 strangers are somebody", 40-unknown)
	}
}

func TestResolvingList_nothing(t *testing.T) {
	var l bond.ResolvingList
	l.Delete(ours, peer(1))
	l.Put(ours, peer(1), bt.Key{})
	zero := private(bt.Key{}, 7)
	for _, a := range []bt.TypedAddress{zero, private(irkOf(1), 1), peer(1), ours, {}} {
		if got, ok := l.Resolve(ours, a); ok {
			t.Errorf("an empty list: Resolve(%v) = %v", a, got)
		}
	}
	l.Put(ours, peer(1), irkOf(1))
	public := private(irkOf(1), 1)
	public.Type = bt.PublicAddress
	for _, a := range []bt.TypedAddress{zero, public, peer(1), ours, {}} {
		if got, ok := l.Resolve(ours, a); ok {
			t.Errorf("Resolve(%v) = %v", a, got)
		}
	}
	if got, ok := l.Resolve(peer(9), private(irkOf(1), 1)); ok {
		t.Errorf("for another local identity: Resolve = %v", got)
	}
	l.Put(ours, peer(1), bt.Key{})
	if got, ok := l.Resolve(ours, private(irkOf(1), 1)); ok || l.Len() != 0 {
		t.Errorf("after Put of a zero key: Resolve = %v, %t with %d peers", got, ok, l.Len())
	}
}

// TestResolvingList_hidden wants no verb to show what is in a list.
func TestResolvingList_hidden(t *testing.T) {
	l := listOf(3)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got, want := fmt.Sprintf(verb, l), "resolving list of 3 peers"; got != want {
			t.Errorf("%s shows %q, want %q", verb, got, want)
		}
	}
	store := bond.NewMemory()
	b := valid(t)
	key := irkOf(1)
	b.PeerIRK = &key
	if err := store.Put(b); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Resolve(b.Local, stranger(1)); err == nil {
		t.Fatal("a stranger is somebody")
	}
	if got := fmt.Sprintf("%+v", struct{ Store *bond.Memory }{store}); strings.Contains(got, "119") {
		t.Errorf("a store shows %q", got)
	}
}

// TestResolvingList_concurrent has peers come and go in a list that is always
// being searched.
func TestResolvingList_concurrent(t *testing.T) {
	const stay = 35_000
	l := listOf(stay)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(9, uint64(worker)))
			for n := range 15 {
				guest := stay + worker
				l.Put(ours, peer(guest), irkOf(guest))
				if got, ok := l.Resolve(ours, private(irkOf(guest), n)); !ok || got != peer(guest) {
					// One of the others may have made it by chance, too.
					if !ok || !bond.Resolves(irkOf(int(binary.BigEndian.Uint32(got.Address[2:]))), private(irkOf(guest), n)) {
						t.Errorf("Resolve of a peer just put: %v, %t", got, ok)
					}
				}
				l.Delete(ours, peer(guest))
				owner := random.IntN(stay)
				if _, ok := l.Resolve(ours, private(irkOf(owner), random.IntN(3))); !ok {
					t.Errorf("Resolve does not find a peer that stays")
				}
			}
		})
	}
	wg.Wait()
	if l.Len() != stay {
		t.Errorf("%d peers are left, want %d", l.Len(), stay)
	}
}

func TestResolvingList_allocations(t *testing.T) {
	l := listOf(1000)
	known, unknown := private(irkOf(500), 1), stranger(1)
	for _, test := range []struct {
		name    string
		address bt.TypedAddress
	}{{"known", known}, {"unknown", unknown}} {
		l.Resolve(ours, test.address)
		if allocs := testing.AllocsPerRun(100, func() { l.Resolve(ours, test.address) }); allocs != 0 {
			t.Errorf("%s address: %v allocations, want none when it is asked for again", test.name, allocs)
		}
	}
	keys := make([]bt.Key, 1000)
	for n := range keys {
		keys[n] = irkOf(n)
	}
	least := testing.AllocsPerRun(100, func() { ah.Find(keys, [3]byte{1}, [3]byte{2}) }) // none in assembly
	n := 0
	if allocs := testing.AllocsPerRun(100, func() { n++; l.Resolve(ours, stranger(1000+n)) }); allocs > least+2 {
		t.Errorf("a search: %v allocations, want at most 2 and the %v of the search itself", allocs, least)
	}
}
