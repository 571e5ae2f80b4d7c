package smp

import (
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// Effect is one thing that a Procedure wants done. Kind says which fields count.
// PDU, Bond and Result lie in the Input's Scratch, where it has one.
type Effect struct {
	Kind EffectKind

	// Arming numbers every start of a timer. EffectStartTimer starts Timer, or
	// starts it again, for After; EffectStopTimer stops it.
	Timer  Timer
	Arming uint64
	After  time.Duration

	// PDU is what EffectSend sends, code octet first.
	PDU []byte

	// Key, EDIV and Rand are what a link is encrypted with, or what an LTK
	// Request is answered with. Pairing says that the key is this pairing's.
	Key     bt.Key
	Rand    uint64
	EDIV    uint16
	Pairing bool

	Encrypted bool         // EffectReportLevel
	Keypress  KeypressType // EffectReportKeypress
	Status    bt.Status    // why encryption failed, or why the link is to end
	Refusal   Refusal      // EffectRefuse
	Replaces  bool         // EffectAskFeatures: only with the answer's Replace may it replace the bond

	// Question numbers what the user is asked; the answer repeats it. Offer,
	// Level, Number and Replaces are what there is to know when asking.
	Question uint64
	Offer    Offer
	Level    Level  // what a question is about; EffectReportLevel
	Number   uint32 // passkey to show, or number to compare: 0 to 999999

	// Err is why a pairing ended, or did not begin: EffectReportFailure,
	// EffectReportRejection, EffectReportEnd and EffectReportTimeout.
	Err *PairingError

	Bond   *bond.Bond // EffectStoreBond
	Result *Result    // EffectReportComplete
}

// Offer is what is known of the peer's wishes when the user is asked: its
// Pairing Request or Response, or before that its Security Request.
type Offer struct {
	MaxKeySize   int // octets; 0 where only a Security Request is known
	IOCapability IOCapability
	OOBData      bool // it holds our out-of-band data
	AuthReq      AuthReq
	InitiatorKeys,
	ResponderKeys KeyDistribution
}
