package smp

import "blesmp/bt"

// Event is something that a Session reports: one of the types below.
type Event interface{ event() }

// PairingCompleteEvent says that a pairing has succeeded. It comes after the
// EncryptionEvent of the same pairing.
type PairingCompleteEvent struct {
	Result *Result

	// StoreErr says why the bond could not be kept; Result.Bonded is false then.
	StoreErr error
}

// PairingFailedEvent says that a pairing, or our request for one, has come to
// nothing.
type PairingFailedEvent struct{ Err *PairingError }

// RequestRefusedEvent says that a Pairing Request or Security Request of the
// peer was turned down before anything began; the error names the Reason that
// was sent and, where it was one, the policy.
type RequestRefusedEvent struct{ Err *PairingError }

// BondLostEvent says that the peer has no key for the bond: it has forgotten us,
// or it is not the peer. The bond is still there, and nothing is paired again
// unless somebody calls Pair.
type BondLostEvent struct{ Peer bt.TypedAddress }

// EncryptionEvent says that the link's encryption has changed, or that it
// could not be encrypted. A peripheral without a key for the central's request
// reports bt.PINOrKeyMissing itself, since no HCI event does.
type EncryptionEvent struct {
	Status    bt.Status
	Encrypted bool
	Level     Level // of what encrypts the link now
}

// TimeoutEvent says that a pairing stood still for 30 seconds. Nothing more can
// be sent on the link; it is dropped unless Options.KeepLinkOnTimeout is set
// (Core Vol 3, Part H, 3.4).
type TimeoutEvent struct{ Err *PairingError }

// KeypressEvent tells what the peer's user does while typing. Where events are
// not taken fast enough, it may be left out.
type KeypressEvent struct{ Type KeypressType }

// DisconnectedEvent is the last event of a session.
type DisconnectedEvent struct{ Reason bt.Status }

func (PairingCompleteEvent) event() {}
func (PairingFailedEvent) event()   {}
func (RequestRefusedEvent) event()  {}
func (BondLostEvent) event()        {}
func (EncryptionEvent) event()      {}
func (TimeoutEvent) event()         {}
func (KeypressEvent) event()        {}
func (DisconnectedEvent) event()    {}
