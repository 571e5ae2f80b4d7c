package dhcp

import (
	"encoding/binary"
	"errors"
)

// The options of RFC 2132 that the client reads or writes.
const (
	optionPad       = 0
	optionRequested = 50
	optionLease     = 51
	optionType      = 53
	optionServer    = 54
	optionEnd       = 255
)

// The layout of RFC 2131, figure 1.
const (
	offsetXID  = 4
	offsetYour = 16
	offsetMAC  = 28
	sizeFixed  = 236
)

var cookie = [4]byte{99, 130, 83, 99}

// ErrFrame says that octets are no message of DHCP.
var ErrFrame = errors.New("dhcp: not a message")

// AppendFrame packs a message of a Client for the network. Octets of a message
// are its type, the transaction, and then addresses (RFC 2131, 2).
func AppendFrame(b []byte, mac [6]byte, pdu []byte) ([]byte, error) {
	if len(pdu) < 5 {
		return b, ErrFrame
	}
	at := len(b)
	b = append(b, make([]byte, sizeFixed)...)
	fixed := b[at:]
	fixed[0], fixed[1], fixed[2] = 1, 1, byte(len(mac)) // a request over Ethernet
	copy(fixed[offsetXID:], pdu[1:5])
	copy(fixed[offsetMAC:], mac[:])
	b = append(b, cookie[:]...)
	b = append(b, optionType, 1, pdu[0])
	for i, code := range []byte{optionRequested, optionServer} {
		from := 5 + 4*i
		if len(pdu) >= from+4 && [4]byte(pdu[from:]) != [4]byte{} {
			b = append(b, code, 4)
			b = append(b, pdu[from:from+4]...)
		}
	}
	return append(b, optionEnd), nil
}

// ParseFrame gives the message in a frame of a server, for Client.Receive.
func ParseFrame(frame []byte) ([]byte, error) {
	if len(frame) < sizeFixed+len(cookie) || frame[0] != 2 || [4]byte(frame[sizeFixed:]) != cookie {
		return nil, ErrFrame
	}
	var kind byte
	var server, lease [4]byte
	for rest := frame[sizeFixed+len(cookie):]; len(rest) > 0 && rest[0] != optionEnd; {
		if rest[0] == optionPad {
			rest = rest[1:]
			continue
		}
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return nil, ErrFrame
		}
		value := rest[2 : 2+rest[1]]
		switch {
		case rest[0] == optionType && len(value) == 1:
			kind = value[0]
		case rest[0] == optionServer && len(value) == 4:
			server = [4]byte(value)
		case rest[0] == optionLease && len(value) == 4:
			lease = [4]byte(value)
		}
		rest = rest[2+len(value):]
	}
	xid := binary.BigEndian.Uint32(frame[offsetXID:])
	address := [4]byte(frame[offsetYour:])
	switch PDUCode(kind) {
	case CodeOffer:
		return (&Offer{XID: xid, Address: address, Server: server}).AppendTo(nil), nil
	case CodeAck:
		return (&Ack{XID: xid, Address: address, Server: server, Lease: binary.BigEndian.Uint32(lease[:])}).AppendTo(nil), nil
	case CodeNak:
		return (&Nak{XID: xid}).AppendTo(nil), nil
	}
	return nil, ErrFrame
}
