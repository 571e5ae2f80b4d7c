package hci

import (
	"context"
	"errors"
	"fmt"
	"io"

	"blesmp/bt"
)

// Resolver knows the keys of private addresses; a bond store can fill it.
type Resolver interface {
	// ResolvePeer gives the identity of a peer by its address on the air, private
	// or not; ok says whether one is known. It is called from the goroutine that
	// delivers packets and returns at once.
	ResolvePeer(local, onAir bt.TypedAddress) (identity bt.TypedAddress, ok bool, err error)

	// LocalIRK gives the key from which a local identity makes its private
	// addresses; ok is false if it has none.
	LocalIRK(identity bt.TypedAddress) (irk bt.Key, ok bool, err error)

	// PeerIRKs calls yield for every peer of a local identity that has an IRK,
	// until yield returns false. The error names bonds that cannot be read and
	// were left out.
	PeerIRKs(local bt.TypedAddress, yield func(peer bt.TypedAddress, irk bt.Key) bool) error
}

// SetResolver replaces the resolver of the options; links that are there keep
// the identity that they have.
func (h *Host) SetResolver(r Resolver) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resolver = r
}

// NewStaticAddress makes a static random address of 46 random bits (Core Vol 6,
// Part B, 1.3.2.1). Outside tests the source is crypto/rand.Reader.
func NewStaticAddress(random io.Reader) (bt.Address, error) {
	for {
		var a bt.Address
		if _, err := io.ReadFull(random, a[:]); err != nil {
			return bt.Address{}, fmt.Errorf("hci: static address: %w", err)
		}
		a[0] |= 0b1100_0000
		// The random part is neither all zeros nor all ones.
		if a != (bt.Address{0xc0}) && a != (bt.Address{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) {
			return a, nil
		}
	}
}

// resolve gives the identity behind an address, or the address itself.
func (h *Host) resolve(onAir bt.TypedAddress) bt.TypedAddress {
	h.mu.Lock()
	r := h.resolver
	h.mu.Unlock()
	if r == nil {
		return onAir
	}
	identity, ok, err := r.ResolvePeer(h.identity, onAir)
	if err != nil {
		h.log.Warn("address not resolved", "address", onAir, "error", err)
	}
	if err != nil || !ok {
		return onAir
	}
	return identity
}

// LoadResolvingList gives the controller the keys of all peers that the resolver
// has, and our own, and turns address resolution on. It is for Options.Privacy,
// and for new bonds afterwards; the controller refuses it while it scans,
// advertises or connects. Peers may also use their identity address (device
// privacy mode). The error is ErrNoPrivacy where the controller cannot.
func (h *Host) LoadResolvingList(ctx context.Context) error {
	h.mu.Lock()
	r := h.resolver
	h.mu.Unlock()
	if !h.controller.Features.Privacy() {
		return ErrNoPrivacy
	}
	if err := h.Command(ctx, &LESetAddressResolutionEnable{}, nil); err != nil {
		return err
	}
	if err := h.Command(ctx, &LEClearResolvingList{}, nil); err != nil {
		return err
	}
	if r != nil {
		if err := h.fillResolvingList(ctx, r); err != nil {
			return err
		}
	}
	return h.Command(ctx, &LESetAddressResolutionEnable{AddressResolutionEnable: 1}, nil)
}

// fillResolvingList adds all peers. It reads the resolver first, so that no lock
// of a store is held while the controller works.
func (h *Host) fillResolvingList(ctx context.Context, r Resolver) error {
	local, _, err := r.LocalIRK(h.identity)
	if err != nil {
		return doing("own IRK", err)
	}
	var entries []LEAddDeviceToResolvingList
	err = r.PeerIRKs(h.identity, func(peer bt.TypedAddress, irk bt.Key) bool {
		entries = append(entries, LEAddDeviceToResolvingList{
			PeerIdentityAddressType: peer.Type,
			PeerIdentityAddress:     peer.Address,
			PeerIRK:                 irk,
			LocalIRK:                local,
		})
		return true
	})
	if err != nil {
		h.log.Warn("keys of some peers cannot be read", "error", err)
	}
	for i := range entries {
		switch err := h.Command(ctx, &entries[i], nil); {
		case errors.Is(err, bt.MemoryCapacityExceeded):
			h.log.Warn("controller has no room for the keys of all peers", "peers", len(entries), "room", i)
			return nil
		case err != nil:
			return err
		}
		err := h.Command(ctx, &LESetPrivacyMode{
			PeerIdentityAddressType: entries[i].PeerIdentityAddressType,
			PeerIdentityAddress:     entries[i].PeerIdentityAddress,
			PrivacyMode:             1,
		}, nil)
		if err := optional(err); err != nil {
			return err
		}
	}
	return nil
}
