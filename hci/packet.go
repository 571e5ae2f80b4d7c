package hci

import (
	"encoding/binary"
	"fmt"

	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
)

// Command is the parameters of a command; the generated structs are.
type Command interface {
	Opcode() Opcode
	AppendTo(b []byte) []byte
}

// Return is where the return parameters of a command go; the generated structs
// whose names end in Return are.
type Return interface {
	Opcode() Opcode
	Unmarshal(b []byte) error
}

// Event is the parameters of an event; the generated structs are.
type Event interface {
	EventCode() EventCode
	AppendTo(b []byte) []byte
}

// LEEvent is the parameters of an LE meta event; the generated structs are.
type LEEvent interface {
	Subevent() Subevent
	AppendTo(b []byte) []byte
}

// EventCodeLEMeta is the event that carries every LEEvent (Core Vol 4, Part E,
// 7.7.65).
const EventCodeLEMeta EventCode = 0x3e

// AppendCommand appends a whole command packet, H4 type octet first (Core Vol 4,
// Part E, 5.4.1).
func AppendCommand(b []byte, c Command) []byte {
	b = append(b, transport.CommandPacket)
	b = binary.LittleEndian.AppendUint16(b, uint16(c.Opcode()))
	return appendParameters(b, c.AppendTo)
}

// AppendEvent appends a whole event packet, H4 type octet first (Core Vol 4,
// Part E, 5.4.4).
func AppendEvent(b []byte, e Event) []byte {
	b = append(b, transport.EventPacket, byte(e.EventCode()))
	return appendParameters(b, e.AppendTo)
}

// AppendLEEvent appends a whole LE meta event packet, H4 type octet first (Core
// Vol 4, Part E, 7.7.65).
func AppendLEEvent(b []byte, e LEEvent) []byte {
	b = append(b, transport.EventPacket, byte(EventCodeLEMeta))
	return appendParameters(b, func(b []byte) []byte {
		return e.AppendTo(append(b, byte(e.Subevent())))
	})
}

// appendParameters appends a length octet and the parameters.
func appendParameters(b []byte, appendTo func([]byte) []byte) []byte {
	at := len(b)
	b = appendTo(append(b, 0))
	b[at] = byte(len(b) - at - 1)
	return b
}

// ACL is one packet of data (Core Vol 4, Part E, 5.4.2).
type ACL struct {
	Handle   uint16         // of the connection, 12 bits
	Boundary l2cap.Boundary // which part of a frame this is
	Data     []byte         // at most 65535 octets
}

const (
	handleMask    = 0x0fff
	boundaryShift = 12
	boundaryMask  = 0b11
	aclHeaderSize = 5 // H4 type octet included
)

// AppendACL appends a whole packet, H4 type octet first.
func AppendACL(b []byte, p ACL) []byte {
	b = append(b, transport.ACLPacket)
	b = binary.LittleEndian.AppendUint16(b, p.Handle&handleMask|uint16(p.Boundary)<<boundaryShift)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(p.Data)))
	return append(b, p.Data...)
}

// ParseACL reads a whole packet, H4 type octet first. Data is a part of b. The
// error is a *PacketError.
func ParseACL(b []byte) (ACL, error) {
	if len(b) < aclHeaderSize || b[0] != transport.ACLPacket {
		return ACL{}, &PacketError{Packet: "ACL packet", Problem: fmt.Sprintf("%d octets are no header", len(b))}
	}
	handle, data := binary.LittleEndian.Uint16(b[1:]), b[aclHeaderSize:]
	if want := int(binary.LittleEndian.Uint16(b[3:])); len(data) != want {
		return ACL{}, &PacketError{Packet: "ACL packet", Problem: fmt.Sprintf("%d octets, but its header says %d", len(data), want)}
	}
	return ACL{
		Handle:   handle & handleMask,
		Boundary: l2cap.Boundary(handle >> boundaryShift & boundaryMask),
		Data:     data,
	}, nil
}
