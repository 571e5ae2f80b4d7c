package hci

import (
	"context"
	"errors"

	"blesmp/bt"
)

// LoadResolvingList gives the controller the keys of all peers that the resolver
// has, and our own, and turns address resolution on. It is for new bonds, and
// without Options.Privacy for all; the controller refuses it while it scans,
// advertises or connects. What it has no room for, the host resolves. Peers may
// also use their identity address (device privacy mode). The error is
// ErrNoPrivacy where the controller cannot resolve.
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
	h.setResolving(nil)
	if err := h.Command(ctx, &LEClearResolvingList{}, nil); err != nil {
		return err
	}
	var loaded map[bt.TypedAddress]bool
	if r != nil {
		var err error
		if loaded, err = h.fillResolvingList(ctx, r); err != nil {
			return err
		}
	}
	if err := h.Command(ctx, &LESetAddressResolutionEnable{AddressResolutionEnable: 1}, nil); err != nil {
		return err
	}
	h.setResolving(loaded)
	return nil
}

func (h *Host) setResolving(peers map[bt.TypedAddress]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resolving = peers
}

// fillResolvingList adds all peers. It reads the resolver first, so that no lock
// of a store is held while the controller works, and gives those that it has
// added.
func (h *Host) fillResolvingList(ctx context.Context, r Resolver) (map[bt.TypedAddress]bool, error) {
	local, _, err := r.LocalIRK(h.identity)
	if err != nil {
		return nil, doing("own IRK", err)
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
	loaded := make(map[bt.TypedAddress]bool)
	for i := range entries {
		switch err := h.Command(ctx, &entries[i], nil); {
		case errors.Is(err, bt.MemoryCapacityExceeded):
			h.log.Warn("controller has no room for the keys of all peers", "peers", len(entries), "room", i)
			return loaded, nil
		case err != nil:
			return nil, err
		}
		err := h.Command(ctx, &LESetPrivacyMode{
			PeerIdentityAddressType: entries[i].PeerIdentityAddressType,
			PeerIdentityAddress:     entries[i].PeerIdentityAddress,
			PrivacyMode:             1,
		}, nil)
		if err := optional(err); err != nil {
			return nil, err
		}
		loaded[bt.TypedAddress{Type: entries[i].PeerIdentityAddressType, Address: entries[i].PeerIdentityAddress}] = true
	}
	return loaded, nil
}
