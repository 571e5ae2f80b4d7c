package smp

import (
	"blesmp/bond"
	"blesmp/bt"
)

// Scratch is memory that the effects of a Step point into: the PDUs to send, and
// what a pairing has brought. The zero value is ready. It may serve the next Step,
// of any Procedure, when the effects of the last are carried out; of a bond or a
// result that is to last longer, Clone makes a copy.
type Scratch struct {
	pdus    [pdusSize]byte //vet:secret
	brought brought
	used    bool // brought, since the last Wipe
}

// Octets: the PDUs of nearly all steps, and the longest one, the Pairing Public Key
// (Core Vol 3, Part H, 3.5.6).
const (
	pdusSize   = 160
	longestPDU = 65
)

// Wipe forgets all that the last Step has put there: PDUs and bonds have keys.
func (s *Scratch) Wipe() {
	clear(s.pdus[:])
	if s.used {
		s.brought, s.used = brought{}, false
	}
}

// brought is what a pairing hands out.
type brought struct {
	result resultPiece
	bond   bondPiece // zero where the pairing leaves none
}

// resultPiece is a Result with all that it points to, in one piece of memory.
// Indexes of 2 are roles: the initiator's value, then the responder's.
type resultPiece struct {
	Result
	ltk       [2]LongTermKey
	irk, csrk [2]bt.Key
	identity  [2]bt.TypedAddress
	linkKey   bt.Key
}

// bondPiece is the same of a bond.
type bondPiece struct {
	bond.Bond
	ltk     [2]bond.LongTermKey // ours, then the peer's
	peerIRK bt.Key
	csrk    [2]bt.Key
	linkKey bt.Key
}

// toBring is where a step puts what the pairing has brought.
func (s *Scratch) toBring() *brought {
	s.used = true
	return &s.brought
}

// pointer is nil for what is not there.
func pointer[T any](there bool, value *T) *T {
	if there {
		return value
	}
	return nil
}

// moved points to a copy of a value, in a place that is there for it; nil stays
// nil.
func moved[T any](value, to *T) *T {
	if value == nil {
		return nil
	}
	*to = *value
	return to
}
