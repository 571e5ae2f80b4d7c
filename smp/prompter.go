package smp

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"blesmp/bt"
)

// Prompter is how a Manager talks with the user: a set of functions, of which
// each may be nil. They are called on goroutines of their own and may block;
// the context ends with the pairing, and with its end the answer no longer
// counts. An error refuses; one that wraps a Reason is sent as that Reason.
type Prompter struct {
	// PairingRequested is asked at the responder when a Pairing Request has
	// come. It returns the features of the response. Without it,
	// Options.Features are the answer.
	PairingRequested func(context.Context, *Question) (Features, error)

	// SecurityRequested is asked at the initiator when a Security Request has
	// come that no stored key satisfies. To call Session.Pair is an answer; to
	// return nil without it pairs with Options.Features.
	SecurityRequested func(context.Context, *Question) error

	// ConfirmFeatures is shown what the features of both sides come to, before
	// a response goes out.
	ConfirmFeatures func(context.Context, *Question) error

	// Consent is asked before Just Works, after ConfirmFeatures. Without it,
	// Just Works needs no consent.
	Consent func(context.Context, *Question) error

	// ReplaceBond is asked where the policy leaves it to the user whether a
	// pairing may replace the bond with this peer. Without it, it may not.
	ReplaceBond func(context.Context, *Question) error

	// DisplayPasskey shows Question.Passkey, to be typed at the peer. It may
	// return at once or stay until the context ends.
	DisplayPasskey func(context.Context, *Question) error

	// EnterPasskey asks for the passkey that the peer shows.
	EnterPasskey func(context.Context, *Question) (Passkey, error)

	// CompareNumber asks whether the peer shows Question.Passkey too.
	CompareNumber func(context.Context, *Question) (bool, error)

	// Keypress tells what the peer's user does while typing.
	Keypress func(*Question, KeypressType)
}

// Question is what there is to know when the user is asked.
type Question struct {
	Session *Session
	Role    bt.Role

	// Peer is the address on the air, PeerIdentity the one that it resolved
	// to, or the same.
	Peer, PeerIdentity bt.TypedAddress

	// Bonded says that there is a bond with this peer.
	Bonded bool

	// Offer is what the peer wants; of a Security Request only AuthReq is
	// known.
	Offer Offer

	// Level is what the pairing will come to: from ConfirmFeatures on.
	Level Level

	// Passkey is the passkey to show or the number to compare.
	Passkey Passkey
}

// Passkey is a number of up to six digits, for a person to type or compare
// (Core Vol 3, Part H, 2.3.5.3).
type Passkey uint32

// String gives six digits.
func (p Passkey) String() string { return fmt.Sprintf("%06d", uint32(p)) }

// ParsePasskey reads one to six digits. Its errors do not repeat them.
func ParsePasskey(s string) (Passkey, error) {
	if len(s) == 0 || len(s) > 6 {
		return 0, fmt.Errorf("smp: a passkey has one to six digits, not %d characters", len(s))
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, errors.New("smp: a passkey has only digits")
	}
	return Passkey(n), nil
}

// supports reports which function is missing for what the features promise.
func (p *Prompter) supports(f *Features) error {
	io := f.IOCapability
	display := io == DisplayOnly || io == DisplayYesNo || io == KeyboardDisplay
	keyboard := io == KeyboardOnly || io == KeyboardDisplay
	compare := f.SC && (io == DisplayYesNo || io == KeyboardDisplay)
	for _, need := range []struct {
		missing bool
		name    string
	}{
		{display && p.DisplayPasskey == nil, "DisplayPasskey"},
		{keyboard && p.EnterPasskey == nil, "EnterPasskey"},
		{compare && p.CompareNumber == nil, "CompareNumber"},
	} {
		if need.missing {
			return fmt.Errorf("smp: Features.IOCapability is %v, but Prompter.%s is not set", io, need.name)
		}
	}
	return nil
}
