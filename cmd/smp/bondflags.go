package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/cmd/smp/internal/sharedstore"
	"blesmp/hci"
	"blesmp/smp"
)

// bondOptions are the flags of commands that use bonds and have an identity.
type bondOptions struct {
	file     string
	identity string
	privacy  bool
	rotate   time.Duration

	static bt.Address // of identity, where that is an address
}

// The environment can say which file holds the bonds.
const bondsVariable = "SMP_BONDS"

// inMemory, as the name of the file, keeps nothing.
const inMemory = "memory"

func (o *bondOptions) add(flags *flag.FlagSet) {
	flags.StringVar(&o.file, "bonds", defaultBonds(), "the `file` of the bonds and of our identity, or memory to keep nothing; $"+bondsVariable+" sets the default")
	flags.StringVar(&o.identity, "identity", "auto", "the `address` to be known by: auto (public, or static where the controller has none), static (made once and kept with the bonds), or a static random address")
	flags.BoolVar(&o.privacy, "privacy", false, "show only private addresses, which change and which bonded devices resolve")
	flags.DurationVar(&o.rotate, "rotate", 15*time.Minute, "with --privacy, change the address after this `duration`")
}

// defaultBonds is the file that all commands use where nothing else is said.
func defaultBonds() string {
	if path := os.Getenv(bondsVariable); path != "" {
		return path
	}
	directory, err := os.UserConfigDir()
	if err != nil {
		return "bonds.db"
	}
	return filepath.Join(directory, "smp", "bonds.db")
}

// check reports what is wrong with the flags.
func (o *bondOptions) check() error {
	if o.rotate < time.Second || o.rotate > time.Hour || o.rotate%time.Second != 0 {
		return fmt.Errorf("--rotate %v: want whole seconds, from 1s to 1h", o.rotate)
	}
	switch o.identity {
	case "auto", "static":
		return nil
	}
	address, err := bt.ParseTypedAddress(o.identity)
	if err != nil {
		return fmt.Errorf("--identity %q: want auto, static or an address such as C0:11:22:33:44:55", o.identity)
	}
	static := bt.TypedAddress{Type: bt.RandomAddress, Address: address.Address}
	if !static.IsStatic() {
		return fmt.Errorf("--identity %s: not a static random address, whose first octet is C0 or above", address.Address)
	}
	o.static = static.Address
	return nil
}

// closingStore is a store that is to be closed.
type closingStore interface {
	bond.Store
	io.Closer
}

type memoryStore struct{ bond.Store }

func (memoryStore) Close() error { return nil }

// open opens the file, and makes its directory.
func (o *bondOptions) open() (closingStore, error) {
	if o.file == inMemory {
		return memoryStore{bond.NewMemory()}, nil
	}
	if err := os.MkdirAll(filepath.Dir(o.file), 0o700); err != nil {
		return nil, fmt.Errorf("directory of the bonds: %w", err)
	}
	return sharedstore.Open(o.file)
}

// keeper is the hci.Resolver of a store that makes what is missing of our own:
// an IRK for an identity, and a static address. Both are made once.
type keeper struct {
	*bond.Resolver
	store bond.Store
}

func newKeeper(store bond.Store) *keeper {
	return &keeper{Resolver: bond.NewResolver(store), store: store}
}

// LocalIRK gives the IRK of an identity of ours.
func (k *keeper) LocalIRK(identity bt.TypedAddress) (bt.Key, bool, error) {
	irk, ok, err := k.Resolver.LocalIRK(identity)
	if err != nil || ok {
		return irk, ok, err
	}
	irk = smp.NewIRK()
	err = k.store.PutIdentity(bond.LocalIdentity{Address: identity, IRK: &irk})
	return irk, err == nil, err
}

// staticAddress gives the static address of ours that is kept.
func (k *keeper) staticAddress() (bt.Address, error) {
	identities, err := k.store.Identities()
	if err != nil {
		return bt.Address{}, err
	}
	for _, l := range identities {
		if l.Address.IsStatic() {
			return l.Address.Address, nil
		}
	}
	address, err := hci.NewStaticAddress(rand.Reader)
	if err != nil {
		return bt.Address{}, err
	}
	_, _, err = k.LocalIRK(bt.TypedAddress{Type: bt.RandomAddress, Address: address})
	return address, err
}

// apply has a host be known as the flags say.
func (o *bondOptions) apply(h *hci.Options, k *keeper) error {
	h.Resolver, h.Privacy, h.RotateEvery = k, o.privacy, o.rotate
	h.StaticAddress = k.staticAddress
	h.RandomAddress = o.static
	if o.identity == "static" {
		address, err := k.staticAddress()
		if err != nil {
			return err
		}
		h.RandomAddress = address
	}
	return nil
}

// findPeer gives the bond with a device by an address that somebody has typed:
// an identity, or one that a bonded device has on the air. Without a type it is
// either. ok is false where there is no such bond.
func findPeer(store bond.Store, local bt.TypedAddress, addresses []bt.TypedAddress) (b bond.Bond, ok bool, err error) {
	for _, a := range addresses {
		b, err := bond.Find(store, local, a)
		if err == nil {
			return b, true, nil
		}
		if !errors.Is(err, bond.ErrNotFound) {
			return bond.Bond{}, false, err
		}
	}
	return bond.Bond{}, false, nil
}

// parsePeer reads the address of a device. One without a type can be either, and
// the likelier one comes first.
func parsePeer(text string) ([]bt.TypedAddress, error) {
	address, err := bt.ParseTypedAddress(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no address of a device: want C0:11:22:33:44:55, with /public or /random behind it if need be", text)
	}
	if !address.IsPossible() {
		return nil, fmt.Errorf("no device has the random address %q: its first two bits are 10, or all others are the same", text)
	}
	if len(text) > len(address.Address.String()) {
		return []bt.TypedAddress{address}, nil
	}
	public, random := address, bt.TypedAddress{Type: bt.RandomAddress, Address: address.Address}
	switch {
	case !random.IsPossible():
		return []bt.TypedAddress{public}, nil
	case random.IsStatic() || random.IsResolvable():
		return []bt.TypedAddress{random, public}, nil
	}
	return []bt.TypedAddress{public, random}, nil
}

// peerName is how a device is called in a line.
func peerName(onAir, identity bt.TypedAddress) string {
	if identity == onAir || identity.IsZero() {
		return cmp.Or(onAir, identity).String()
	}
	return fmt.Sprintf("%v (on the air as %v)", identity, onAir.Address)
}
