package virtual

import (
	"time"

	"blesmp/bt"
)

// Frame is one PDU on the air, as Interceptor and Observer get it.
type Frame struct {
	// Number counts the frames of this air from 1, those that are lost
	// included.
	Number uint64

	// Time is when the frame was sent.
	Time time.Time

	// Link is nil for the PDUs of the advertising channels.
	Link *Link

	// From is the role of the sender. On the advertising channels the
	// peripheral is the advertiser, the central the scanner or initiator.
	From bt.Role

	// AccessAddress stands before the PDU on the air.
	AccessAddress uint32

	// PDU is header, length and payload, and the MIC where Encrypted is set:
	// what a sniffer sees. Interceptors get it before encryption.
	PDU []byte

	// Encrypted says that payload and MIC are cipher text.
	Encrypted bool
}

// Control gives the opcode of a link layer control PDU whose payload is clear.
func (f *Frame) Control() (opcode byte, ok bool) {
	if f.Link == nil || f.Encrypted || len(f.PDU) <= headerSize || f.PDU[0]&headerLLID != llidControl {
		return 0, false
	}
	return f.PDU[headerSize], true
}

// Payload gives the octets after header and length.
func (f *Frame) Payload() []byte { return f.PDU[headerSize:] }

// Fate is what becomes of a PDU; the zero value delivers it.
type Fate struct {
	// Drop loses the PDU for good. The sender takes it for acknowledged, and
	// it does not count for encryption, so the rest of the link goes on.
	Drop bool

	// Delay lets the PDU travel longer. What is sent after it in the same
	// direction comes after it.
	Delay time.Duration

	// Lose ends the link in place of the PDU, as if the devices had moved out
	// of range.
	Lose bool
}

// Interceptor decides the fate of each PDU of a connection before it is
// encrypted and sent. It may change the octets of the PDU, though not their
// number: a changed session key diversifier in LL_ENC_REQ, for one, has the
// effect of two hosts with different Long Term Keys. It runs under the air's lock, so it
// must return at once and must not call the air, its controllers, their hosts or links.
type Interceptor interface {
	Intercept(frame *Frame) Fate
}

// Observer sees each PDU as it travels, and may keep neither the frame nor its
// octets. It runs under the air's lock, so it must return at once and must not
// call the air, its controllers, their hosts or links.
type Observer interface {
	Observe(frame *Frame)
}

// show numbers a frame, and gives it to who watches the air; nil where nobody does.
func (a *Air) show(f Frame) *Frame {
	a.frames++
	if a.options.Interceptor == nil && a.options.Observer == nil {
		return nil
	}
	shown := f
	shown.Number, shown.Time = a.frames, time.Now()
	return &shown
}

func (a *Air) intercept(f *Frame) Fate {
	if a.options.Interceptor == nil {
		return Fate{}
	}
	return a.options.Interceptor.Intercept(f)
}

// observe shows a frame as it travels.
func (a *Air) observe(f *Frame, pdu []byte, encrypted bool) {
	if a.options.Observer != nil {
		f.PDU, f.Encrypted = pdu, encrypted
		a.options.Observer.Observe(f)
	}
}

// advertise shows a PDU of the advertising channels. What it does is decided
// by the advertiser, the scanner and the initiator themselves.
func (a *Air) advertise(from bt.Role, pdu []byte) {
	a.observe(a.show(Frame{From: from, AccessAddress: advertisingAccessAddress}), pdu, false)
}
