package smp

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// Features are what this side can do and wants in a pairing. Start from
// DefaultFeatures: a bare literal has a MaxKeySize of 0 and is refused
// (Core Vol 3, Part H, 3.5.1).
type Features struct {
	IOCapability IOCapability
	Bonding      bool // keep the keys
	MITM         bool // the pairing fails where it cannot protect against a device in the middle
	SC           bool // offer LE Secure Connections
	Keypress     bool // offer keypress notifications
	CT2          bool // support h7 in cross-transport key derivation

	// MaxKeySize is the longest key in octets, 7 to 16.
	MaxKeySize int

	// InitiatorKeys and ResponderKeys are the keys that the two sides
	// distribute. A responder never sends more than the request has.
	InitiatorKeys, ResponderKeys KeyDistribution

	// PeerOOB is what the peer gave us over another channel; nil for nothing.
	PeerOOB *PeerOOB
}

// DefaultFeatures is a device without input and output that bonds: LE Secure
// Connections offered, no MITM protection, keys of up to 16 octets, the LTK and
// the identity distributed both ways.
func DefaultFeatures() Features {
	return Features{
		IOCapability:  NoInputNoOutput,
		Bonding:       true,
		SC:            true,
		MaxKeySize:    toolbox.MaxKeySize,
		InitiatorKeys: KeyDistributionEncKey | KeyDistributionIdKey,
		ResponderKeys: KeyDistributionEncKey | KeyDistributionIdKey,
	}
}

// PeerOOB is a peer's out-of-band data, received over another channel such as
// NFC. LE Secure Connections use Confirm and Random, legacy pairing TK
// (Core Vol 3, Part H, 2.3.5.4 and 2.3.5.6.4).
type PeerOOB struct {
	// Address is the peer's, as the data says it. A pairing over a link to
	// another address is refused.
	Address bt.TypedAddress

	Confirm, Random *[16]byte // C and r, most significant octet first
	TK              *bt.Key
}

// Validate reports what is wrong with the features.
func (f *Features) Validate() error {
	if f.MaxKeySize < toolbox.MinKeySize || f.MaxKeySize > toolbox.MaxKeySize {
		return fmt.Errorf("smp: Features.MaxKeySize is %d, want %d to %d; start from DefaultFeatures", f.MaxKeySize, toolbox.MinKeySize, toolbox.MaxKeySize)
	}
	if f.IOCapability > KeyboardDisplay {
		return fmt.Errorf("smp: Features.IOCapability is %v, want one of the five that there are", f.IOCapability)
	}
	if o := f.PeerOOB; o != nil {
		if (o.Confirm == nil) != (o.Random == nil) {
			return errors.New("smp: Features.PeerOOB has only one of Confirm and Random; LE Secure Connections need both")
		}
		if o.Confirm == nil && o.TK == nil {
			return errors.New("smp: Features.PeerOOB holds neither Confirm and Random nor TK")
		}
	}
	return nil
}

// authReq gives the flags as they are sent.
func (f *Features) authReq() AuthReq {
	return AuthReq(0).
		WithBonding(uint8(bit(f.Bonding))).
		WithMITM(f.MITM).
		WithSC(f.SC).
		WithKeypress(f.Keypress).
		WithCT2(f.CT2)
}

// oobDataFlag says whether we hold the peer's data.
func (f *Features) oobDataFlag() OOBDataFlag {
	return OOBDataFlag(bit(f.PeerOOB != nil))
}

// bit is 1 for true.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// peerRandom gives the peer's r, zero where we hold none.
func (f *Features) peerRandom() [16]byte {
	if f.PeerOOB == nil || f.PeerOOB.Random == nil {
		return [16]byte{}
	}
	return *f.PeerOOB.Random
}
