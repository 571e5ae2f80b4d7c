package hci

import (
	"context"
	"crypto/aes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

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

// private is the address of ours that the host makes. Without Options.Privacy it
// is our identity, which does not expire.
type private struct {
	address bt.TypedAddress
	expires time.Time
}

// The bounds of Options.RotateEvery (Core Vol 4, Part E, 7.8.45).
const (
	defaultRotation = 15 * time.Minute
	mostRotation    = time.Hour
)

// startPrivacy has the controller and the host use private addresses.
func (h *Host) startPrivacy(ctx context.Context) error {
	if h.resolver == nil {
		return ErrNoIRK
	}
	irk, ok, err := h.resolver.LocalIRK(h.identity)
	switch {
	case err != nil:
		return doing("own IRK", err)
	case !ok || irk.IsZero():
		return ErrNoIRK
	}
	h.ownIRK, h.ownType = irk, OwnRandom
	if h.options.RotateEvery == 0 {
		h.options.RotateEvery = defaultRotation
	}
	if d := h.options.RotateEvery; d < time.Second || d > mostRotation || d%time.Second != 0 {
		return fmt.Errorf("hci: Options.RotateEvery is %v, want whole seconds from 1 s to %v", d, mostRotation)
	}
	if h.controller.Features.Privacy() {
		h.ownType = OwnResolvableOrRandom
		timeout := LESetResolvablePrivateAddressTimeout{RPATimeout: uint16(h.options.RotateEvery / time.Second)}
		if err := h.Command(ctx, &timeout, nil); err != nil {
			return err
		}
		if err := h.LoadResolvingList(ctx); err != nil {
			return err
		}
	}
	return h.rotate(ctx)
}

// rotate gives the controller a new private address where the old one is used
// up. A controller that is using it keeps it.
func (h *Host) rotate(ctx context.Context) error {
	h.mu.Lock()
	due := !h.ownIRK.IsZero() && !time.Now().Before(h.private.expires)
	h.mu.Unlock()
	if !due {
		return nil
	}
	address, err := NewPrivateAddress(rand.Reader, h.ownIRK)
	if err != nil {
		return err
	}
	err = h.Command(ctx, &LESetRandomAddress{RandomAddress: address}, nil)
	if errors.Is(err, bt.CommandDisallowed) {
		h.log.Debug("private address kept, the controller is using it")
		return nil
	}
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.private = private{
		address: bt.TypedAddress{Type: bt.RandomAddress, Address: address},
		expires: time.Now().Add(h.options.RotateEvery),
	}
	return nil
}

// Address is the address that strangers see: the identity, or the private
// address that is in use. Peers whose keys the controller has see other ones.
func (h *Host) Address() bt.TypedAddress {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.private.address
}

// NewPrivateAddress makes a resolvable private address: 22 random bits and their
// hash by an IRK (Core Vol 6, Part B, 1.3.2.2). Outside tests the source is
// crypto/rand.Reader.
func NewPrivateAddress(random io.Reader, irk bt.Key) (bt.Address, error) {
	block, err := aes.NewCipher(irk[:])
	if err != nil {
		return bt.Address{}, fmt.Errorf("hci: private address: %w", err)
	}
	for {
		var b [aes.BlockSize]byte
		prand := b[len(b)-3:]
		if _, err := io.ReadFull(random, prand); err != nil {
			return bt.Address{}, fmt.Errorf("hci: private address: %w", err)
		}
		prand[0] &= 0x3f
		// The random part is neither all zeros nor all ones.
		if part := [3]byte(prand); part == [3]byte{} || part == [3]byte{0x3f, 0xff, 0xff} {
			continue
		}
		prand[0] |= 0x40
		var a bt.Address
		copy(a[:3], prand)
		block.Encrypt(b[:], b[:])
		copy(a[3:], b[len(b)-3:])
		return a, nil
	}
}
