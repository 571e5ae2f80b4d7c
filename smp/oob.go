package smp

import (
	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// LocalOOB is out-of-band data of ours that was, or will be, given to a peer
// over another channel: the address, the confirm value C and the random r. The
// confirm value fixes the key pair, so the data serves one pairing
// (Core Vol 3, Part H, 2.3.5.6.4).
type LocalOOB struct {
	Address         bt.TypedAddress
	Confirm, Random [16]byte // most significant octet first

	pair  KeyPair
	taken bool // by a pairing; the Manager's lock guards it
}

// String hides the data: whoever has it can pass for the peer.
func (*LocalOOB) String() string { return "out-of-band data [hidden]" }

// newLocalOOB makes data for one pairing.
func newLocalOOB(address bt.TypedAddress, pair KeyPair, random [16]byte, tools Toolbox) *LocalOOB {
	x := pair.Public().X
	return &LocalOOB{
		Address: address,
		Confirm: tools.F4(x, x, random, 0),
		Random:  random,
		pair:    pair,
	}
}

// NewLocalOOB makes out-of-band data for a Procedure that no Manager drives,
// from fresh randoms.
func NewLocalOOB(address bt.TypedAddress) *LocalOOB {
	var random [16]byte
	fillRandom(random[:])
	return newLocalOOB(address, freshKeyPair(fillRandom)(), random, realToolbox{})
}

// NewLocalOOBFrom makes the data that a given key pair and random commit to, so
// that a recorded exchange can be played again. Both have to be new for every
// pairing; NewLocalOOB sees to that.
func NewLocalOOBFrom(address bt.TypedAddress, pair KeyPair, random [16]byte) *LocalOOB {
	return newLocalOOB(address, pair, random, realToolbox{})
}

// matches reports whether the peer's confirm value commits to this key.
func (o *PeerOOB) matches(tools Toolbox, key toolbox.PublicKey) bool {
	return o.Confirm != nil && equal(*o.Confirm, tools.F4(key.X, key.X, *o.Random, 0))
}

// random gives r, zero where there is no data.
func (o *LocalOOB) random() [16]byte {
	if o == nil {
		return [16]byte{}
	}
	return o.Random
}
