package bond

import (
	"fmt"

	"blesmp/bt"
)

// LocalIdentity is one of the identities that this host has towards its peers:
// the address that it distributes, and the IRK from which it makes its private
// addresses. A nil IRK means that this identity does without them.
type LocalIdentity struct {
	Address bt.TypedAddress
	IRK     *bt.Key
}

// Clone gives a copy that shares no memory with l.
func (l LocalIdentity) Clone() LocalIdentity {
	l.IRK = clone(l.IRK)
	return l
}

// Validate refuses an address that is neither public nor static random, and a
// zero IRK, from which anyone could make our addresses. Its errors are
// ErrInvalid.
func (l LocalIdentity) Validate() error {
	if err := checkIdentity("local", l.Address); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if l.IRK != nil && l.IRK.IsZero() {
		return fmt.Errorf("%w: local %v: IRK is zero, which means none: leave it out", ErrInvalid, l.Address)
	}
	return nil
}
