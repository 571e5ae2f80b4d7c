package toolbox

import (
	"crypto/subtle"
	"encoding/binary"

	"blesmp/bt"
)

// Signature is the authentication signature at the end of an ATT Signed Write
// Command, in the order in which it is sent: SignCounter in four octets and the
// code in eight, each least significant octet first (Core Vol 3, Part H, 2.4.5).
type Signature [12]byte

// Counter is the SignCounter that the signature carries. The receiver accepts a
// value once and none below it: keeping track is the caller's part.
func (s Signature) Counter() uint32 { return binary.LittleEndian.Uint32(s[:4]) }

// Sign makes the signature that goes behind data. data is everything in front of
// it, from the opcode on, in the order in which it is sent; it is not changed.
// counter must be one that this CSRK has not signed with before (Core Vol 3, Part
// H, 2.4.5).
func Sign(csrk bt.Key, data []byte, counter uint32) Signature {
	c := newChain(csrk)
	c.writeUint32(counter)
	c.writeReversed(data)
	mac := c.mac()

	var s Signature
	binary.LittleEndian.PutUint32(s[:4], counter)
	for i := range 8 {
		s[4+i] = mac[7-i]
	}
	return s
}

// Verify reports, in constant time, whether the signature behind data was made
// with this CSRK and the counter that it carries. Whether that counter is a new
// one is left to the caller (Core Vol 3, Part H, 2.4.5).
func Verify(csrk bt.Key, data []byte, signature Signature) bool {
	want := Sign(csrk, data, signature.Counter())
	return subtle.ConstantTimeCompare(want[:], signature[:]) == 1
}
