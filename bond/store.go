package bond

import (
	"errors"
	"iter"

	"blesmp/bt"
)

// The bounds of the table of pairing attempts.
const (
	// MaxAttempts is how many peers it remembers for each local identity.
	MaxAttempts = 256

	// MaxAttemptsSize is the size of one state in octets.
	MaxAttemptsSize = 64
)

// Store keeps bonds, local identities, and the state of failed pairing
// attempts. A Store can be used by many goroutines at once. What it returns
// are copies, and it keeps none of what it is given. A method that changes
// something returns nil only when the change will outlast the process, if
// anything of the store does; with an error nothing has changed.
//
// Package bondtest has the tests that every Store passes.
type Store interface {
	// Get finds the bond between local and peer, where peer is the peer's
	// identity or its address on the air (Bond.Peer or Bond.OnAir). The error
	// is ErrNotFound when there is none.
	Get(local, peer bt.TypedAddress) (Bond, error)

	// Resolve finds the bond whose PeerIRK made this resolvable private
	// address. The error is ErrNotFound when there is none, and for any other
	// kind of address.
	Resolve(local, rpa bt.TypedAddress) (Bond, error)

	// All gives every bond, sorted by Local and then Peer. A bond that cannot
	// be read comes as an error in its place, and the rest follow. Bonds that
	// are put or deleted in the meantime may be seen or not, and the loop may
	// call any method of the store.
	All() iter.Seq2[Bond, error]

	// Put stores all of these bonds in one step, or none, and keeps nothing that
	// they point to. Each replaces every other bond that its Peer or its OnAir
	// finds, so that an address never finds two; whoever has a policy on replacing
	// bonds asks Get for both addresses first. Sign counters of an unchanged CSRK
	// are never taken back. The error is ErrInvalid for a bond that Validate
	// refuses, and a CorruptError, not a replacement, where the old bond cannot be
	// read.
	Put(bonds ...Bond) error

	// Delete removes the bond that Get would find, also when it cannot be read.
	// The error is ErrNotFound when there is none.
	Delete(local, peer bt.TypedAddress) error

	// ReserveSignCounter hands out n values of the bond's LocalSignCounter and
	// returns the first; no later call gives them again, not even after a
	// crash. For the errors see Bond.ReserveSignCounter.
	ReserveSignCounter(local, peer bt.TypedAddress, n uint32) (first uint32, err error)

	// AcceptSignCounter takes the counter of a verified message; when it
	// returns nil, this value and all lower ones are refused from then on, also
	// after a crash. For the errors see Bond.AcceptSignCounter.
	AcceptSignCounter(local, peer bt.TypedAddress, counter uint32) error

	// PutIdentity stores a local identity, in place of one with the same
	// address.
	PutIdentity(LocalIdentity) error

	// DeleteIdentity removes one; its bonds stay. The error is ErrNotFound when
	// there is none.
	DeleteIdentity(address bt.TypedAddress) error

	// Identities gives all local identities, sorted by address.
	Identities() ([]LocalIdentity, error)

	// Attempts gives the state of failed pairing attempts of a peer, as
	// PutAttempts stored it, and nil when there is none.
	Attempts(local, peer bt.TypedAddress) ([]byte, error)

	// PutAttempts stores such a state: up to MaxAttemptsSize octets whose
	// meaning is the caller's; an empty one removes the entry. Any address will
	// do as peer, the zero one included, which is the place for all peers that
	// nobody can tell apart. With more than MaxAttempts peers of one local
	// identity the one written longest ago is forgotten. The error is
	// ErrInvalid for a state that is too long (Core Vol 3, Part H, 2.3.6).
	PutAttempts(local, peer bt.TypedAddress, state []byte) error
}

// Find gives the bond of a peer by whatever address it has on the air: by
// Resolve if that is resolvable private, and else by Get.
func Find(s Store, local, onAir bt.TypedAddress) (Bond, error) {
	if onAir.IsResolvable() {
		return s.Resolve(local, onAir)
	}
	return s.Get(local, onAir)
}

// Resolver shows a Store to a host stack that does privacy, in types that both
// know, so that the host stack need not know this package.
type Resolver struct{ store Store }

// NewResolver makes a Resolver of a Store.
func NewResolver(s Store) *Resolver { return &Resolver{store: s} }

// ResolvePeer gives the identity of a bonded peer by its address on the air,
// private or not; ok says whether one was found.
func (r *Resolver) ResolvePeer(local, onAir bt.TypedAddress) (identity bt.TypedAddress, ok bool, err error) {
	b, err := Find(r.store, local, onAir)
	if errors.Is(err, ErrNotFound) {
		return bt.TypedAddress{}, false, nil
	}
	return b.Peer, err == nil, err
}

// LocalIRK gives the IRK from which a local identity makes its private
// addresses; ok is false if it has none.
func (r *Resolver) LocalIRK(identity bt.TypedAddress) (irk bt.Key, ok bool, err error) {
	identities, err := r.store.Identities()
	if err != nil {
		return bt.Key{}, false, err
	}
	for _, l := range identities {
		if l.Address == identity && l.IRK != nil {
			return *l.IRK, true, nil
		}
	}
	return bt.Key{}, false, nil
}

// PeerIRKs calls yield for every peer of a local identity that has an IRK, as
// a controller's resolving list wants them, until yield returns false. Bonds
// that cannot be read are left out; the error names them.
func (r *Resolver) PeerIRKs(local bt.TypedAddress, yield func(peer bt.TypedAddress, irk bt.Key) bool) error {
	var unread []error
	for b, err := range r.store.All() {
		if err != nil {
			unread = append(unread, err)
			continue
		}
		if b.Local == local && b.PeerIRK != nil && !yield(b.Peer, *b.PeerIRK) {
			break
		}
	}
	return errors.Join(unread...)
}
