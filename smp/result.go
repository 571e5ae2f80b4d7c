package smp

import "blesmp/bt"

// Result is what a pairing has brought.
type Result struct {
	Level  Level
	Bonded bool // the keys are kept

	// Debug says that the debug key pair was used: the keys are no secret.
	Debug bool

	// Initiator and Responder hold what each side distributed. With LE Secure
	// Connections both have the one LTK, EDIV and Rand being 0.
	Initiator, Responder Keys

	// LinkKey is the BR/EDR link key that both sides have derived from the LTK,
	// nil where not both offered it in LE Secure Connections
	// (Core Vol 3, Part H, 2.4.2.4).
	LinkKey *bt.Key
}

// Clone gives a copy that shares no memory with r.
func (r *Result) Clone() *Result {
	c := &resultPiece{Result: *r}
	for side, keys := range []*Keys{&c.Initiator, &c.Responder} {
		keys.LTK = moved(keys.LTK, &c.ltk[side])
		keys.IRK = moved(keys.IRK, &c.irk[side])
		keys.Identity = moved(keys.Identity, &c.identity[side])
		keys.CSRK = moved(keys.CSRK, &c.csrk[side])
	}
	c.LinkKey = moved(c.LinkKey, &c.linkKey)
	return &c.Result
}

// Keys are what one side distributed; nil is not distributed
// (Core Vol 3, Part H, 3.6).
type Keys struct {
	LTK      *LongTermKey
	IRK      *bt.Key
	Identity *bt.TypedAddress
	CSRK     *bt.Key
}

// LongTermKey is an LTK with the values by which its maker knows it again. The
// key is as long as the level says; the octets beyond are zero.
type LongTermKey struct {
	Key  bt.Key
	EDIV uint16
	Rand uint64
}
