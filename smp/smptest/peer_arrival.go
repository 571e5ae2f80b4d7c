package smptest

import (
	"fmt"
	"time"

	"blesmp/bt"
	"blesmp/internal/dissect"
	"blesmp/smp"
)

// Arrival is one thing that a Peer has received: exactly one field is set.
type Arrival struct {
	PDU          []byte // on the Security Manager's channel, code octet first
	ATT          []byte // on the Attribute Protocol's channel
	Encryption   *Encryption
	LTKRequest   *LTKRequest
	Disconnected bt.Status

	connected  bool
	advertiser bt.TypedAddress
}

// Encryption is Encryption Change or, with Refreshed, Encryption Key Refresh
// Complete.
type Encryption struct {
	Status             bt.Status
	Enabled, Refreshed bool
}

// LTKRequest is LE Long Term Key Request.
type LTKRequest struct {
	Rand uint64
	EDIV uint16
}

// String names what has arrived, for errors.
func (a Arrival) String() string {
	switch {
	case a.PDU != nil:
		name, details := dissect.PDU(a.PDU, false)
		return fmt.Sprintf("%s (%s)", name, details)
	case a.ATT != nil:
		return fmt.Sprintf("ATT % x", a.ATT)
	case a.Encryption != nil && a.Encryption.Refreshed:
		return fmt.Sprintf("Encryption Key Refresh Complete (%s)", a.Encryption.Status.String())
	case a.Encryption != nil:
		return fmt.Sprintf("Encryption Change (%s, on: %t)", a.Encryption.Status.String(), a.Encryption.Enabled)
	case a.LTKRequest != nil:
		return fmt.Sprintf("LE Long Term Key Request (EDIV 0x%04x, Rand 0x%016x)", a.LTKRequest.EDIV, a.LTKRequest.Rand)
	case a.Disconnected != bt.Success:
		return fmt.Sprintf("Disconnection Complete (%s)", a.Disconnected.String())
	case a.connected:
		return "a connection"
	}
	return "an advertising report"
}

// PDU is a generated PDU: pointers to them encode and decode.
type PDU interface {
	AppendTo(b []byte) []byte
	Unmarshal(b []byte) error
}

// Send sends a PDU.
func (p *Peer) Send(pdu PDU) error { return p.SendPDU(pdu.AppendTo(nil)) }

// Receive takes the next arrival, which has to be this PDU, and decodes it.
func (p *Peer) Receive(pdu PDU) error {
	code := pdu.AppendTo(nil)[0]
	name, _ := dissect.PDU([]byte{code}, false)
	octets, err := receive(p, func(a Arrival) ([]byte, bool) {
		return a.PDU, len(a.PDU) > 0 && a.PDU[0] == code
	}, name)
	if err != nil {
		return err
	}
	return pdu.Unmarshal(octets)
}

// ReceiveFailed takes the next arrival, which has to be Pairing Failed with one
// of these reasons; with none given, any will do.
func (p *Peer) ReceiveFailed(reasons ...smp.Reason) error {
	var failed smp.PairingFailed
	if err := p.Receive(&failed); err != nil {
		return err
	}
	for _, want := range reasons {
		if failed.Reason == want {
			return nil
		}
	}
	if len(reasons) > 0 {
		return fmt.Errorf("got Pairing Failed with 0x%02x, want 0x%02x", uint8(failed.Reason), uint8(reasons[0]))
	}
	return nil
}

// ReceiveLTKRequest takes the next arrival, which has to be LE Long Term Key
// Request.
func (p *Peer) ReceiveLTKRequest() (*LTKRequest, error) {
	return receive(p, func(a Arrival) (*LTKRequest, bool) { return a.LTKRequest, a.LTKRequest != nil }, "LE Long Term Key Request")
}

// ReceiveEncryption takes the next arrival, which has to say that the link is
// encrypted, or that it could not be with this status.
func (p *Peer) ReceiveEncryption(status bt.Status) error {
	e, err := receive(p, func(a Arrival) (*Encryption, bool) { return a.Encryption, a.Encryption != nil }, "Encryption Change")
	switch {
	case err != nil:
		return err
	case e.Status != status:
		return fmt.Errorf("got encryption with %s, want %s", e.Status.String(), status.String())
	case status == bt.Success && !e.Enabled:
		return fmt.Errorf("the link has lost its encryption")
	}
	return nil
}

// ReceiveDisconnection takes the next arrival, which has to be the end of the
// link, and gives the reason.
func (p *Peer) ReceiveDisconnection() (bt.Status, error) {
	return receive(p, func(a Arrival) (bt.Status, bool) { return a.Disconnected, a.Disconnected != bt.Success }, "Disconnection Complete")
}

// ReceiveATT takes the next arrival, which has to be a PDU of the Attribute
// Protocol.
func (p *Peer) ReceiveATT() ([]byte, error) {
	return receive(p, func(a Arrival) ([]byte, bool) { return a.ATT, a.ATT != nil }, "an ATT PDU")
}

// receive takes the oldest arrival and waits for it.
func receive[T any](p *Peer, match func(Arrival) (T, bool), want string) (T, error) {
	var none T
	step := firstStep
	for waited := time.Duration(0); ; waited += step {
		if err := p.poll(); err != nil {
			return none, err
		}
		if len(p.arrivals) > 0 {
			break
		}
		if waited >= p.options.Patience {
			return none, fmt.Errorf("want %s: %w", want, ErrNothing)
		}
		step = min(2*step, longestStep)
		p.options.Sleep(step)
	}
	a := p.arrivals[0]
	p.arrivals = p.arrivals[1:]
	if v, ok := match(a); ok {
		return v, nil
	}
	return none, fmt.Errorf("got %v, want %s", a, want)
}

// How long a Peer sleeps before it looks again: ever longer.
const (
	firstStep   = time.Millisecond / 2
	longestStep = 50 * time.Millisecond
)
