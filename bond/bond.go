package bond

import (
	"fmt"
	"time"

	"blesmp/bt"
)

// The sizes that an encryption key can have, in octets (Core Vol 3, Part H,
// 2.3.4).
const (
	MinKeySize = 7
	MaxKeySize = 16
)

// Bond is what one pairing left behind: the keys of both sides and the facts
// of how they came about. Local and Peer together are its name in a Store.
//
// A nil key was not distributed. A key that is all zero is none, so a bond
// never holds one (Core Vol 3, Part H, 2.4.1 and 3.6).
type Bond struct {
	// Local is our identity in the pairing.
	Local bt.TypedAddress

	// Peer is the identity that the peer distributed or, where it distributed
	// none, the public or static address that it had on the air.
	Peer bt.TypedAddress

	// OnAir is the public or static address that the peer had on the air when
	// it distributed another one as its identity; a Store finds the bond by
	// both. The zero value says that there is none.
	OnAir bt.TypedAddress

	// SC says that LE Secure Connections ran, MITM that the association model
	// protects against a person in the middle, Model which one it was (with the
	// numbers of package smp). Debug says that one side used the published
	// debug key pair: everyone who listened knows the keys.
	SC    bool
	MITM  bool
	Debug bool
	Model uint8

	// KeySize is the negotiated size of the LTKs in octets, 7 to 16.
	KeySize int

	// LocalLTK is what we distributed; it serves when we are peripheral.
	// PeerLTK is what the peer distributed; it serves when we are central.
	// After Secure Connections both are the same key (Core Vol 3, Part H,
	// 2.4.4.2).
	LocalLTK *LongTermKey
	PeerLTK  *LongTermKey

	// PeerIRK resolves the peer's private addresses (Core Vol 3, Part H,
	// 2.4.2.1).
	PeerIRK *bt.Key

	// LocalCSRK signs what we send and PeerCSRK verifies what the peer signed
	// (Core Vol 3, Part H, 2.4.2.2). LocalSignCounter is the next value to sign
	// with, PeerSignCounter the lowest value still to be accepted. Both are 0
	// without their key.
	LocalCSRK        *bt.Key
	LocalSignCounter uint32
	PeerCSRK         *bt.Key
	PeerSignCounter  uint32

	// LinkKey is the BR/EDR link key that was derived from the LTK (Core Vol 3,
	// Part H, 2.4.2.4).
	LinkKey *bt.Key

	// Created is when the pairing ended.
	Created time.Time
}

// LongTermKey is an LTK with the two numbers by which a peripheral finds it
// again. Key is cut to the bond's KeySize: the octets above it, which are the
// first ones, are zero. EDIV and Rand are 0 after Secure Connections (Core
// Vol 3, Part H, 2.4.4.2).
type LongTermKey struct {
	Key  bt.Key
	EDIV uint16
	Rand uint64
}

// Clone gives a copy that shares no memory with b.
func (b Bond) Clone() Bond {
	b.LocalLTK = clone(b.LocalLTK)
	b.PeerLTK = clone(b.PeerLTK)
	b.PeerIRK = clone(b.PeerIRK)
	b.LocalCSRK = clone(b.LocalCSRK)
	b.PeerCSRK = clone(b.PeerCSRK)
	b.LinkKey = clone(b.LinkKey)
	return b
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	copied := *p
	return &copied
}

// Validate reports the first thing that no bond can be: an address that is
// nobody's identity, a key that is zero or longer than KeySize says, two
// different keys after Secure Connections, or no key at all. Its errors are
// ErrInvalid and never show a key. Every Store refuses what Validate refuses.
func (b Bond) Validate() error {
	for _, check := range []func() error{b.checkAddresses, b.checkLTKs, b.checkKeys} {
		if err := check(); err != nil {
			return fmt.Errorf("%w: peer %v: %w", ErrInvalid, b.Peer, err)
		}
	}
	if year := b.Created.UTC().Year(); year < 1 || year > 9999 {
		return fmt.Errorf("%w: peer %v: created in year %d", ErrInvalid, b.Peer, year)
	}
	return nil
}

func (b Bond) checkAddresses() error {
	if err := checkIdentity("local", b.Local); err != nil {
		return err
	}
	if err := checkIdentity("peer", b.Peer); err != nil {
		return err
	}
	if b.Peer == b.Local {
		return fmt.Errorf("the peer's address is our own")
	}
	if b.OnAir.IsZero() {
		return nil
	}
	if err := checkIdentity("on-air", b.OnAir); err != nil {
		return err
	}
	switch b.OnAir {
	case b.Peer:
		return fmt.Errorf("the on-air address is the identity; leave it out")
	case b.Local:
		return fmt.Errorf("the peer's on-air address is our own")
	}
	return nil
}

func checkIdentity(name string, address bt.TypedAddress) error {
	switch {
	case address.IsZero():
		return fmt.Errorf("no %s address", name)
	case address.Type > bt.RandomAddress:
		return fmt.Errorf("%s address has type 0x%02x, want public or random", name, uint8(address.Type))
	case address.IsResolvable():
		return fmt.Errorf("%s address %v is resolvable private, so it is nobody's identity", name, address)
	case !address.IsIdentity():
		return fmt.Errorf("%s address %v is neither public nor static random", name, address)
	}
	return nil
}

func (b Bond) checkLTKs() error {
	if b.KeySize < MinKeySize || b.KeySize > MaxKeySize {
		return fmt.Errorf("key size %d, want %d to %d", b.KeySize, MinKeySize, MaxKeySize)
	}
	for _, ltk := range []struct {
		name string
		key  *LongTermKey
	}{{"local LTK", b.LocalLTK}, {"peer LTK", b.PeerLTK}} {
		if ltk.key == nil {
			continue
		}
		if ltk.key.Key.IsZero() {
			return fmt.Errorf("%s is zero", ltk.name)
		}
		var cut bt.Key
		copy(cut[MaxKeySize-b.KeySize:], ltk.key.Key[MaxKeySize-b.KeySize:])
		if !cut.Equal(ltk.key.Key) {
			return fmt.Errorf("%s is longer than the key size, %d octets", ltk.name, b.KeySize)
		}
	}
	if !b.SC {
		return nil
	}
	if b.LocalLTK == nil || b.PeerLTK == nil || !b.LocalLTK.Key.Equal(b.PeerLTK.Key) {
		return fmt.Errorf("secure connections make one LTK for both sides")
	}
	if b.LocalLTK.EDIV|b.PeerLTK.EDIV != 0 || b.LocalLTK.Rand|b.PeerLTK.Rand != 0 {
		return fmt.Errorf("secure connections have EDIV and Rand 0")
	}
	return nil
}

func (b Bond) checkKeys() error {
	found := b.LocalLTK != nil || b.PeerLTK != nil
	for _, secret := range []struct {
		name string
		key  *bt.Key
	}{{"peer IRK", b.PeerIRK}, {"local CSRK", b.LocalCSRK}, {"peer CSRK", b.PeerCSRK}, {"link key", b.LinkKey}} {
		if secret.key == nil {
			continue
		}
		if secret.key.IsZero() {
			return fmt.Errorf("%s is zero, which means none: leave it out", secret.name)
		}
		found = true
	}
	switch {
	case !found:
		return fmt.Errorf("no key at all")
	case b.LocalCSRK == nil && b.LocalSignCounter != 0:
		return fmt.Errorf("local sign counter without a local CSRK")
	case b.PeerCSRK == nil && b.PeerSignCounter != 0:
		return fmt.Errorf("peer sign counter without a peer CSRK")
	}
	return nil
}
