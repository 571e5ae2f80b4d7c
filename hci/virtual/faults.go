package virtual

import (
	"encoding/binary"
	"maps"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
)

// Faults makes an air go wrong by rules. It is the Interceptor and the
// EventInterceptor of one air, and every rule applies to every PDU that it fits;
// each link counts for itself.
type Faults struct {
	rules []Fault
	links map[*Link]*faultState
}

var (
	_ Interceptor      = (*Faults)(nil)
	_ EventInterceptor = (*Faults)(nil)
)

// faultState is what is counted on one link.
type faultState struct {
	counts  []int   // by rule: the PDUs that it fits
	dropped [2]bool // by the sender's role: the L2CAP PDU whose fragments follow is lost
}

// NewFaults makes the interceptor of one air.
func NewFaults(rules ...Fault) *Faults {
	return &Faults{rules: rules, links: make(map[*Link]*faultState)}
}

func (f *Faults) state(l *Link) *faultState {
	if s, ok := f.links[l]; ok {
		return s
	}
	maps.DeleteFunc(f.links, func(l *Link, _ *faultState) bool { return l.gone })
	s := &faultState{counts: make([]int, len(f.rules))}
	f.links[l] = s
	return s
}

// Intercept applies the rules for PDUs.
func (f *Faults) Intercept(frame *Frame) Fate {
	s := f.state(frame.Link)
	if frame.PDU[0]&headerLLID == llidContinue {
		return Fate{Drop: s.dropped[frame.From]}
	}
	var fate Fate
	for i := range f.rules {
		rule := &f.rules[i]
		if !rule.fits(frame) {
			continue
		}
		s.counts[i]++
		if rule.PDU > 0 && rule.PDU != s.counts[i] {
			continue
		}
		switch rule.Action {
		case FaultDrop:
			fate.Drop = true
		case FaultDelay:
			fate.Delay += rule.Delay
		case FaultDisconnect:
			fate.Lose = true
		case FaultWrongLTK:
			frame.PDU[headerSize+skdOffset] ^= 0xff
		}
	}
	if frame.PDU[0]&headerLLID == llidStart {
		s.dropped[frame.From] = fate.Drop
	}
	return fate
}

// skdOffset is where LL_ENC_REQ has the session key diversifier. The central
// keeps using what it wanted to send, so that a change gives the two ends
// different session keys, as different Long Term Keys would.
const skdOffset = 11

// fits reports whether a rule is about a PDU, except for its number.
func (r *Fault) fits(frame *Frame) bool {
	if r.Link > 0 && r.Link != frame.Link.number || !r.Side.is(frame.From) {
		return false
	}
	if r.Action == FaultWrongLTK {
		opcode, ok := frame.Control()
		return ok && opcode == opEncReq
	}
	if r.Action == FaultReorder {
		return false
	}
	kind, code := classify(frame)
	switch r.Type {
	case AnyPDU:
	case L2CAPPDU:
		if kind == ControlPDU {
			return false
		}
	default:
		if kind != r.Type {
			return false
		}
	}
	return r.Code < 0 || r.Code == code
}

// l2capHeaderSize is what stands before the payload: length and channel, in
// octets.
const l2capHeaderSize = 4

// classify gives the type of a PDU and its first octet, -1 for none.
func classify(frame *Frame) (FaultType, int) {
	first := func(b []byte) int {
		if len(b) == 0 {
			return -1
		}
		return int(b[0])
	}
	payload := frame.Payload()
	if frame.PDU[0]&headerLLID == llidControl {
		return ControlPDU, first(payload)
	}
	if len(payload) < l2capHeaderSize {
		return L2CAPPDU, -1
	}
	code := first(payload[l2capHeaderSize:])
	switch l2cap.CID(binary.LittleEndian.Uint16(payload[2:])) {
	case l2cap.ATT:
		return ATTPDU, code
	case l2cap.Signalling:
		return SignallingPDU, code
	case l2cap.SMP:
		return SMPPDU, code
	}
	return L2CAPPDU, code
}

// HoldEvent applies the rules for events.
func (f *Faults) HoldEvent(to *Controller, event []byte) bool {
	kind, handle, ok := linkEvent(event)
	if !ok {
		return false
	}
	e, ok := to.links[handle]
	if !ok {
		return false
	}
	for i := range f.rules {
		rule := &f.rules[i]
		if rule.Action == FaultReorder && rule.Event == kind && rule.Side.is(e.role) &&
			(rule.Link == 0 || rule.Link == e.link.number) {
			return true
		}
	}
	return false
}

// linkEvent finds out which event of a link a packet is, and of which link: all
// of them have a status and then the handle.
func linkEvent(p []byte) (kind FaultEvent, handle uint16, ok bool) {
	parameters := p[3:]
	switch hci.EventCode(p[1]) {
	case hci.EventCodeEncryptionChange, hci.EventCodeEncryptionChangeV2, hci.EventCodeEncryptionKeyRefreshComplete:
		kind = LateEncryption
	case hci.EventCodeLEMeta:
		subevent := hci.Subevent(parameters[0])
		if subevent != hci.SubeventLEConnectionComplete && subevent != hci.SubeventLEEnhancedConnectionComplete {
			return 0, 0, false
		}
		kind, parameters = LateConnection, parameters[1:]
	default:
		return 0, 0, false
	}
	return kind, binary.LittleEndian.Uint16(parameters[1:]), bt.Status(parameters[0]) == bt.Success
}
