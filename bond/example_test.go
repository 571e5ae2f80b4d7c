package bond_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp/toolbox"
)

var (
	phone    = bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}}
	watch    = bt.TypedAddress{Address: bt.Address{0xc0, 0x00, 0x5e, 0x00, 0x53, 0x02}, Type: bt.RandomAddress}
	watchIRK = bt.Key{0x01, 0x23, 0x45, 0x67}
)

// paired gives a store with the bond of one watch.
func paired() *bond.Memory {
	store := bond.NewMemory()
	err := store.Put(bond.Bond{
		Local: phone, Peer: watch, SC: true, KeySize: 16, PeerIRK: &watchIRK,
		LocalLTK: &bond.LongTermKey{Key: bt.Key{1, 2, 3}}, PeerLTK: &bond.LongTermKey{Key: bt.Key{1, 2, 3}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return store
}

// A store gives back what was put into it, and tells what is not there.
func ExampleMemory() {
	store := paired()
	b, err := store.Get(phone, watch)
	fmt.Println(b.Peer, b.PeerLTK.Key, err) // keys do not print by accident
	for b, err := range store.All() {
		fmt.Println(b.KeySize, "octets", err)
	}
	_, err = store.Get(watch, phone)
	fmt.Println(errors.Is(err, bond.ErrNotFound))
	// Output:
	// C0:00:5E:00:53:02/random [hidden] <nil>
	// 16 octets <nil>
	// true
}

// A peer with a private address is found by its IRK.
func ExampleFind() {
	private, err := toolbox.NewResolvable(watchIRK, rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	onAir := bt.TypedAddress{Address: private, Type: bt.RandomAddress}
	fmt.Println("made from this IRK:", bond.Resolves(watchIRK, onAir))

	b, err := bond.Find(paired(), phone, onAir) // Store.Resolve for private addresses, Store.Get for others
	fmt.Println(b.Peer, err)
	// Output:
	// made from this IRK: true
	// C0:00:5E:00:53:02/random <nil>
}

// A host that does privacy asks for keys without knowing of bonds.
func ExampleResolver() {
	store := paired()
	own := bt.Key{0x76, 0x54, 0x32, 0x10}
	if err := store.PutIdentity(bond.LocalIdentity{Address: phone, IRK: &own}); err != nil {
		log.Fatal(err)
	}
	resolver := bond.NewResolver(store) // for hci.Options.Resolver
	_, ok, err := resolver.LocalIRK(phone)
	fmt.Println("our own addresses can be private:", ok, err)

	private, err := toolbox.NewResolvable(watchIRK, rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	identity, ok, err := resolver.ResolvePeer(phone, bt.TypedAddress{Address: private, Type: bt.RandomAddress})
	fmt.Println(identity, ok, err)
	// Output:
	// our own addresses can be private: true <nil>
	// C0:00:5E:00:53:02/random true <nil>
}

// A store of your own resolves with a list, which it tells of each bond with an
// IRK that is put or deleted.
func ExampleResolvingList() {
	var list bond.ResolvingList
	resolve := func(local, rpa bt.TypedAddress) (peer bt.TypedAddress, err error) {
		peer, ok := list.Resolve(local, rpa)
		if !ok {
			return peer, bond.NotFound(local, rpa)
		}
		return peer, nil // and now the bond with this peer
	}
	private, err := toolbox.NewResolvable(watchIRK, rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	onAir := bt.TypedAddress{Address: private, Type: bt.RandomAddress}

	list.Put(phone, watch, watchIRK) // in Put
	fmt.Println(resolve(phone, onAir))
	list.Delete(phone, watch) // in Delete
	_, err = resolve(phone, onAir)
	fmt.Println(errors.Is(err, bond.ErrNotFound))
	fmt.Println(&list) // no key prints by accident
	// Output:
	// C0:00:5E:00:53:02/random <nil>
	// true
	// resolving list of 0 peers
}
