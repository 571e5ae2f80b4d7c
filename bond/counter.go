package bond

import (
	"fmt"
	"math"
)

// lastCounter is never handed out nor accepted: it is the mark of a counter
// that has come to its end.
const lastCounter = math.MaxUint32

// ReserveSignCounter hands out the next n values of LocalSignCounter, n at
// least 1, and returns the first. It changes only b: a Store uses it for its
// method of the same name, which also makes the change last. The error is
// ErrNotFound without a local CSRK and ErrSignCounter when fewer than n values
// are left (Core Vol 3, Part C, 10.4.1).
func (b *Bond) ReserveSignCounter(n uint32) (first uint32, err error) {
	switch {
	case b.LocalCSRK == nil:
		return 0, fmt.Errorf("bond: peer %v: no local CSRK: %w", b.Peer, ErrNotFound)
	case n == 0:
		return 0, fmt.Errorf("bond: peer %v: reserve no value: %w", b.Peer, ErrSignCounter)
	case n > lastCounter-b.LocalSignCounter:
		return 0, fmt.Errorf("bond: peer %v: local counter exhausted: %w", b.Peer, ErrSignCounter)
	}
	first = b.LocalSignCounter
	b.LocalSignCounter += n
	return first, nil
}

// AcceptSignCounter takes the counter of a message whose signature is right,
// so that neither it nor an older one is taken again. It changes only b: a
// Store uses it for its method of the same name. The error is ErrNotFound
// without a peer CSRK and ErrSignCounter for a value that was taken before
// (Core Vol 3, Part C, 10.4.2).
func (b *Bond) AcceptSignCounter(counter uint32) error {
	switch {
	case b.PeerCSRK == nil:
		return fmt.Errorf("bond: peer %v: no peer CSRK: %w", b.Peer, ErrNotFound)
	case counter < b.PeerSignCounter:
		return fmt.Errorf("bond: peer %v: counter %d, want at least %d: %w", b.Peer, counter, b.PeerSignCounter, ErrSignCounter)
	case counter == lastCounter:
		return fmt.Errorf("bond: peer %v: peer counter exhausted: %w", b.Peer, ErrSignCounter)
	}
	b.PeerSignCounter = counter + 1
	return nil
}

// KeepSignCounters raises b's counters to those of old where both have the
// same CSRK. A Store calls it in Put, so that a bond that was read, changed and
// written back, or restored from a backup, never takes a counter back.
func (b *Bond) KeepSignCounters(old Bond) {
	if b.LocalCSRK != nil && old.LocalCSRK != nil && b.LocalCSRK.Equal(*old.LocalCSRK) {
		b.LocalSignCounter = max(b.LocalSignCounter, old.LocalSignCounter)
	}
	if b.PeerCSRK != nil && old.PeerCSRK != nil && b.PeerCSRK.Equal(*old.PeerCSRK) {
		b.PeerSignCounter = max(b.PeerSignCounter, old.PeerSignCounter)
	}
}
