package smp

import "blesmp/bt"

// Input is one thing that happens to a Procedure. A received PDU needs PDU
// alone; every other event names itself in Event and fills what belongs to it.
type Input struct {
	Event EventKind

	// PDU is what came on channel 0x0006, code octet first. Step reads it and
	// does not keep it. Where it is not nil, Event is not looked at.
	PDU []byte

	// Scratch is memory for what the effects point to. Without one Step allocates
	// what it needs, and the caller may keep it.
	Scratch *Scratch

	Question uint64 // answers: the number of the Effect that asked
	Arming   uint64 // Timeout: the number of the Effect that started the timer

	Features *Features    // Pair and ConsentGiven: what we offer in this pairing
	Security AuthReq      // RequestSecurity
	Replace  bool         // FeaturesConfirmed: the pairing may replace the bond, where Effect.Replaces asked
	Passkey  uint32       // PasskeyEntered: 0 to 999999
	Keypress KeypressType // NotifyKeypress
	Reason   Reason       // Cancel and UserRefused: what to send; 0 leaves it to the specification
	Status   bt.Status    // EncryptionFailed and Disconnected
	EDIV     uint16       // LTKRequest
	Rand     uint64       // LTKRequest
	Err      error        // Cancel and UserRefused: why, for the report
}

// given is what actions read of the Input of the step that is running. Its
// pointers are the caller's, and few inputs have any: they are nil between steps.
type given struct {
	features *Features
	err      error

	told     Reason // by a PDU: the octet behind its code, as a reason
	security AuthReq
	keypress KeypressType
	status   bt.Status
	passkey  uint32
	ediv     uint16
	rand     uint64
}

// take keeps an input: of one with a PDU, what the PDU says.
func (g *given) take(in *Input) {
	g.told = UnspecifiedReason
	if in.PDU != nil {
		g.security, g.keypress, g.status, g.passkey, g.ediv, g.rand = 0, 0, 0, 0, 0, 0
		if len(in.PDU) > 1 {
			g.told = Reason(in.PDU[1])
		}
		return
	}
	g.security, g.keypress, g.status, g.passkey, g.ediv, g.rand = in.Security, in.Keypress, in.Status, in.Passkey, in.EDIV, in.Rand
	if in.Features != nil {
		g.features = in.Features
	}
	if in.Err != nil {
		g.err = in.Err
	}
}

// drop forgets what is the caller's.
func (g *given) drop() {
	if g.features != nil {
		g.features = nil
	}
	if g.err != nil {
		g.err = nil
	}
}
