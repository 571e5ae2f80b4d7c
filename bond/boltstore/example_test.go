package boltstore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bt"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	store, err := boltstore.Open(filepath.Join(dir, "bonds.db"))
	var corrupt *bond.CorruptError
	switch {
	case errors.As(err, &corrupt):
		fmt.Println("the file is damaged:", corrupt.Advice)
		return
	case err != nil:
		fmt.Println(err)
		return
	}
	defer func() { _ = store.Close() }()

	local := bt.TypedAddress{Address: bt.Address{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}}
	peer := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xC0, 0, 0, 0, 0, 1}}
	err = store.Put(bond.Bond{
		Local: local, Peer: peer, KeySize: 16,
		PeerLTK: &bond.LongTermKey{Key: bt.Key{1, 2, 3}, EDIV: 4, Rand: 5},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := store.Get(local, peer)
	fmt.Println(b.Peer, b.PeerLTK.Key, err)
	fmt.Println("damage:", store.Check())
	// Output:
	// C0:00:00:00:00:01/random [hidden] <nil>
	// damage: <nil>
}
