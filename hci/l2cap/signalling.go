package l2cap

import (
	"encoding/binary"

	"blesmp/bt"
)

// SignallingMTU is the largest signalling PDU that is taken, in octets (Core
// Vol 3, Part A, 4).
const SignallingMTU = 23

// The codes of LE signalling (Core Vol 3, Part A, 4, table 4.2).
const (
	codeCommandReject             = 0x01
	codeDisconnectionRequest      = 0x06
	codeDisconnectionResponse     = 0x07
	codeParameterUpdateRequest    = 0x12
	codeParameterUpdateResponse   = 0x13
	codeLECreditConnectionReply   = 0x15
	codeFlowControlCredit         = 0x16
	codeCreditConnectionReply     = 0x18
	codeCreditReconfigureReply    = 0x1a
	rejectNotUnderstood           = 0x0000
	rejectMTUExceeded             = 0x0001
	rejectInvalidCID              = 0x0002
	parametersAccepted            = 0x0000
	parametersRejected            = 0x0001
	signalHeaderSize              = 4
	parameterUpdateSize           = 8
	disconnectionRequestSize      = 4
	intervalMinimum, intervalMost = 0x0006, 0x0c80
	latencyMost                   = 0x01f3
	timeoutMinimum, timeoutMost   = 0x000a, 0x0c80
)

// ConnectionParameters are what a peripheral asks for on a link.
type ConnectionParameters struct {
	IntervalMin uint16 // in units of 1.25 ms, 6 to 3200
	IntervalMax uint16 // in units of 1.25 ms, 6 to 3200
	Latency     uint16 // connection events that the peripheral may skip, 0 to 499
	Timeout     uint16 // supervision timeout, in units of 10 ms, 10 to 3200
}

// Valid reports whether a link can have these parameters: each is in its range,
// and the timeout is longer than two intervals with the latency (Core Vol 3,
// Part A, 4.20).
func (p ConnectionParameters) Valid() bool {
	return intervalMinimum <= p.IntervalMin && p.IntervalMin <= p.IntervalMax && p.IntervalMax <= intervalMost &&
		p.Latency <= latencyMost &&
		timeoutMinimum <= p.Timeout && p.Timeout <= timeoutMost &&
		// Timeout * 10 ms > (1 + Latency) * IntervalMax * 1.25 ms * 2
		int(p.Timeout)*4 > (1+int(p.Latency))*int(p.IntervalMax)
}

// Signaller answers the LE signalling channel of one link for a host that has
// no dynamic channels.
type Signaller struct {
	// Role is ours: only a central may be asked for other parameters.
	Role bt.Role

	// Update takes the parameters that the peripheral asks for, valid ones only,
	// and reports whether the central agrees. Where it is nil, it does not.
	Update func(ConnectionParameters) bool
}

// Answer appends to dst the answer to one PDU of the signalling channel, which
// may be none. A Connection Parameter Update Request is answered, what the host
// does not do is rejected, and responses have no answer.
//
// Core Vol 3, Part A, 4.
func (s *Signaller) Answer(dst, pdu []byte) []byte {
	if len(pdu) < 2 || pdu[1] == 0 {
		return dst // without an identifier there is nothing to answer
	}
	code, identifier := pdu[0], pdu[1]
	if len(pdu) > SignallingMTU {
		return appendSignal(dst, codeCommandReject, identifier, rejectMTUExceeded, SignallingMTU)
	}
	switch code {
	case codeCommandReject, codeDisconnectionResponse, codeParameterUpdateResponse,
		codeLECreditConnectionReply, codeFlowControlCredit, codeCreditConnectionReply, codeCreditReconfigureReply:
		return dst
	}
	if len(pdu) < signalHeaderSize || int(binary.LittleEndian.Uint16(pdu[2:])) != len(pdu)-signalHeaderSize {
		return appendSignal(dst, codeCommandReject, identifier, rejectNotUnderstood)
	}
	data := pdu[signalHeaderSize:]
	switch {
	case code == codeParameterUpdateRequest && s.Role == bt.Central && len(data) == parameterUpdateSize:
		result := uint16(parametersRejected)
		if p := parseParameters(data); p.Valid() && s.Update != nil && s.Update(p) {
			result = parametersAccepted
		}
		return appendSignal(dst, codeParameterUpdateResponse, identifier, result)
	case code == codeDisconnectionRequest && len(data) == disconnectionRequestSize:
		destination, source := binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:])
		return appendSignal(dst, codeCommandReject, identifier, rejectInvalidCID, destination, source)
	}
	return appendSignal(dst, codeCommandReject, identifier, rejectNotUnderstood)
}

func parseParameters(data []byte) ConnectionParameters {
	return ConnectionParameters{
		IntervalMin: binary.LittleEndian.Uint16(data),
		IntervalMax: binary.LittleEndian.Uint16(data[2:]),
		Latency:     binary.LittleEndian.Uint16(data[4:]),
		Timeout:     binary.LittleEndian.Uint16(data[6:]),
	}
}

// AppendParameterUpdateRequest appends the PDU with which a peripheral asks for
// other connection parameters; identifier is not 0 (Core Vol 3, Part A, 4.20).
func AppendParameterUpdateRequest(dst []byte, identifier byte, p ConnectionParameters) []byte {
	return appendSignal(dst, codeParameterUpdateRequest, identifier, p.IntervalMin, p.IntervalMax, p.Latency, p.Timeout)
}

func appendSignal(dst []byte, code, identifier byte, values ...uint16) []byte {
	dst = append(dst, code, identifier)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(2*len(values)))
	for _, value := range values {
		dst = binary.LittleEndian.AppendUint16(dst, value)
	}
	return dst
}
