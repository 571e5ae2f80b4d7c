package smp

import (
	"errors"
	"fmt"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// Signature is what follows signed data, as on the wire: the sign counter, then
// the MAC (Core Vol 3, Part C, 10.4.1; Core Vol 3, Part H, 2.4.5).
type Signature = toolbox.Signature

// The errors of a Signer.
var (
	ErrNoCSRK       = errors.New("smp: no CSRK for this peer")
	ErrBadSignature = errors.New("smp: the signature is wrong")
	ErrReplayed     = errors.New("smp: the sign counter was used before")
)

// Signer signs data for a bonded peer and verifies what it has signed. Its
// counters are kept in the store before they are used, so that none is ever
// used twice, also not after a crash. Signing is gone from the newest version
// of the specification; LE Secure Connections with encryption replace it
// (Core Vol 3, Part H, 2.4.5).
type Signer struct {
	store       bond.Store
	local, peer bt.TypedAddress
}

// NewSigner gives a signer for the bond of two identities.
func NewSigner(store bond.Store, local, peer bt.TypedAddress) *Signer {
	return &Signer{store: store, local: local, peer: peer}
}

// Sign signs data as sent: for an ATT Signed Write Command opcode, handle and
// value. It returns ErrNoCSRK where we have distributed none.
func (s *Signer) Sign(data []byte) (Signature, error) {
	csrk, err := s.csrk()
	for err == nil {
		var counter uint32
		counter, err = s.store.ReserveSignCounter(s.local, s.peer, 1)
		if err != nil {
			break
		}
		// A pairing may have put another key in the place of the one to which
		// the counter belongs, or the other way round.
		before := csrk
		csrk, err = s.csrk()
		if err == nil && csrk.Equal(before) {
			return toolbox.Sign(csrk, data, counter), nil
		}
	}
	if errors.Is(err, ErrNoCSRK) {
		return Signature{}, err
	}
	return Signature{}, fmt.Errorf("smp: sign for %v: %w", s.peer, err)
}

// csrk is the key that we have distributed.
func (s *Signer) csrk() (bt.Key, error) {
	b, err := s.store.Get(s.local, s.peer)
	if err != nil {
		return bt.Key{}, err
	}
	if b.LocalCSRK == nil {
		return bt.Key{}, ErrNoCSRK
	}
	return *b.LocalCSRK, nil
}

// Verify checks a signature of the peer. It returns ErrNoCSRK, ErrBadSignature,
// or ErrReplayed where the counter has not risen; data is to be ignored then.
func (s *Signer) Verify(data []byte, signature Signature) error {
	b, err := s.store.Get(s.local, s.peer)
	if err != nil {
		return fmt.Errorf("smp: verify for %v: %w", s.peer, err)
	}
	if b.PeerCSRK == nil {
		return ErrNoCSRK
	}
	if !toolbox.Verify(*b.PeerCSRK, data, signature) {
		return ErrBadSignature
	}
	err = s.store.AcceptSignCounter(s.local, s.peer, signature.Counter())
	if errors.Is(err, bond.ErrSignCounter) {
		return fmt.Errorf("%w: %d", ErrReplayed, signature.Counter())
	}
	return err
}
