package l2cap

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// CID names a channel on a link (Core Vol 3, Part A, 2.1).
type CID uint16

// The fixed channels of LE.
const (
	ATT        CID = 0x0004
	Signalling CID = 0x0005
	SMP        CID = 0x0006
)

// String gives the name of a fixed channel, or the number.
func (c CID) String() string {
	switch c {
	case ATT:
		return "ATT"
	case Signalling:
		return "LE signalling"
	case SMP:
		return "SMP"
	}
	return fmt.Sprintf("CID 0x%04x", uint16(c))
}

// HeaderSize is the size of the basic header, in octets: the length of the
// payload and the channel (Core Vol 3, Part A, 3.1).
const HeaderSize = 4

// MaxPayload is what the length field can say, in octets.
const MaxPayload = 0xffff

// ErrTooLong refuses a payload of more than MaxPayload octets.
var ErrTooLong = errors.New("l2cap: payload does not fit into a frame")

// AppendFrame appends a basic frame for a channel (Core Vol 3, Part A, 3.1). A
// payload that is too long gives ErrTooLong and dst unchanged.
func AppendFrame(dst []byte, channel CID, payload []byte) ([]byte, error) {
	if len(payload) > MaxPayload {
		return dst, ErrTooLong
	}
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(payload)))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(channel))
	return append(dst, payload...), nil
}

// Boundary is the packet boundary flag of an ACL packet: which part of a frame
// it carries (Core Vol 4, Part E, 5.4.2).
type Boundary uint8

// The packet boundary flags of LE.
const (
	FirstToController Boundary = 0b00 // starts a frame, from host to controller
	Continuation      Boundary = 0b01 // goes on with it, in both directions
	FirstToHost       Boundary = 0b10 // starts a frame, from controller to host
)

// Fragmenter cuts one frame into what fits into ACL packets.
type Fragmenter struct {
	rest    []byte
	first   Boundary
	started bool
}

// NewFragmenter cuts a frame that AppendFrame made, without a copy. First is the
// flag of the first fragment: it tells the direction.
func NewFragmenter(frame []byte, first Boundary) Fragmenter {
	return Fragmenter{rest: frame, first: first}
}

// Next gives the next fragment, of at most size octets, a part of the frame's
// memory. The last one leaves Done true.
func (f *Fragmenter) Next(size int) (Boundary, []byte) {
	boundary := Continuation
	if !f.started {
		boundary, f.started = f.first, true
	}
	n := min(max(size, 1), len(f.rest))
	fragment := f.rest[:n:n]
	f.rest = f.rest[n:]
	return boundary, fragment
}

// Done reports whether all of the frame has been given out.
func (f *Fragmenter) Done() bool { return f.started && len(f.rest) == 0 }
