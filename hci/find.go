package hci

import (
	"context"
	"errors"
	"time"

	"blesmp/bt"
)

// foundFor is how long Connect tries an address at which it has found a peer:
// the peer may have changed it since.
const foundFor = 5 * time.Second

// hasToFind reports whether a peer is to be looked for by scanning: it has
// private addresses, and the controller does not resolve them.
func (h *Host) hasToFind(peer bt.TypedAddress) (bool, error) {
	h.mu.Lock()
	r, resolving := h.resolver, h.resolving[peer]
	h.mu.Unlock()
	if r == nil || resolving {
		return false, nil
	}
	private := false
	err := r.PeerIRKs(h.identity, func(known bt.TypedAddress, _ bt.Key) bool {
		private = known == peer
		return !private
	})
	if private {
		return true, nil
	}
	return false, err
}

// findAndConnect scans for a peer, and connects to the address that it has now.
func (h *Host) findAndConnect(ctx context.Context, peer bt.TypedAddress) (*Conn, error) {
	for {
		found, err := h.find(ctx, peer)
		if err != nil {
			return nil, err
		}
		attempt, cancel := context.WithTimeout(ctx, foundFor)
		conn, err := h.connect(attempt, found)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return conn, err
		}
	}
}

// find scans until the peer advertises, and gives its address on the air.
func (h *Host) find(ctx context.Context, peer bt.TypedAddress) (bt.TypedAddress, error) {
	for r, err := range h.Scan(ctx, ScanParameters{}) {
		if err != nil {
			return bt.TypedAddress{}, err
		}
		if r.Identity == peer && r.Connectable() {
			return r.Address, nil
		}
	}
	return bt.TypedAddress{}, ctx.Err()
}
