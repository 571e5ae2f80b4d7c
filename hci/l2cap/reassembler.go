package l2cap

import (
	"encoding/binary"
	"fmt"
)

// Frame is a whole basic frame, as it was received.
type Frame struct {
	Channel CID
	Payload []byte // a part of what was pushed last, or valid until the next Push
}

// FragmentError says that fragments did not make a frame. What was collected is
// dropped, and the next first fragment starts anew (Core Vol 3, Part A, 7.2.1).
type FragmentError struct {
	Problem string
	Have    int // octets that were there, basic header included
	Want    int // octets that the header announced; 0 where it is not known
}

// Error says what was wrong, and how far the frame had come.
func (e *FragmentError) Error() string {
	if e.Want == 0 {
		return fmt.Sprintf("l2cap: %s (%d octets)", e.Problem, e.Have)
	}
	return fmt.Sprintf("l2cap: %s (%d of %d octets)", e.Problem, e.Have, e.Want)
}

// Reassembler puts the fragments of one direction of one link together. The
// zero value is ready. It holds no more than the peer has really sent.
type Reassembler struct {
	frame   []byte
	pending bool // a frame has begun and is not whole
}

// Push takes the data of one ACL packet and returns the frame that it
// completes, if any. An error, always a *FragmentError, says what had to be
// dropped; where a first fragment interrupts a frame, the fragment counts, so
// that a frame can be whole in spite of an error.
func (r *Reassembler) Push(boundary Boundary, data []byte) (frame Frame, whole bool, err error) {
	switch boundary {
	case FirstToController, FirstToHost:
		if r.pending {
			err = &FragmentError{Problem: "a frame begins before the last one is whole", Have: len(r.frame), Want: frameSize(r.frame)}
		}
		r.frame, r.pending = r.frame[:0], false
		if size := frameSize(data); size > 0 && size == len(data) {
			return frameOf(data), true, err // as nearly all are
		}
		r.pending = true
	case Continuation:
		if !r.pending {
			return Frame{}, false, &FragmentError{Problem: "a continuation without a beginning", Have: len(data)}
		}
	default:
		r.pending = false
		return Frame{}, false, &FragmentError{Problem: fmt.Sprintf("packet boundary flag %d is not used on LE", boundary), Have: len(data)}
	}
	r.frame = append(r.frame, data...)
	want := frameSize(r.frame)
	switch {
	case want == 0 || len(r.frame) < want:
		return Frame{}, false, err
	case len(r.frame) > want:
		r.pending = false
		return Frame{}, false, &FragmentError{Problem: "the fragments are longer than the frame", Have: len(r.frame), Want: want}
	}
	r.pending = false
	return frameOf(r.frame), true, err
}

// frameSize is the size of the whole frame that b begins, or 0 as long as its
// header is not whole.
func frameSize(b []byte) int {
	if len(b) < HeaderSize {
		return 0
	}
	return HeaderSize + int(binary.LittleEndian.Uint16(b))
}

// frameOf reads a whole frame.
func frameOf(b []byte) Frame {
	return Frame{Channel: CID(binary.LittleEndian.Uint16(b[2:])), Payload: b[HeaderSize:]}
}
