package snoop

import (
	"fmt"
	"time"
)

// Direction says which way a packet went, seen from the host.
type Direction uint8

// The two directions, with the values of the flag in a record.
const (
	Sent     Direction = 0 // host to controller
	Received Direction = 1 // controller to host
)

// String gives "sent" or "received".
func (d Direction) String() string {
	if d == Sent {
		return "sent"
	}
	return "received"
}

// Packet is one record of a recording.
type Packet struct {
	Time      time.Time // to the microsecond
	Direction Direction
	Dropped   uint32 // packets that the recorder had lost before this one
	Data      []byte // the whole H4 packet, type octet first
}

// FormatError says that a file is not what its reader reads, a btsnoop file of
// H4 packets or a pcap file of link layer packets, and where.
type FormatError struct {
	Offset  int64 // of the header or record that is wrong, in octets from the start
	Record  int   // the record's number, from 1; 0 for the file's header
	Problem string
}

// Error gives the position and the problem.
func (e *FormatError) Error() string {
	if e.Record == 0 {
		return fmt.Sprintf("snoop: header: %s", e.Problem)
	}
	return fmt.Sprintf("snoop: record %d at octet %d: %s", e.Record, e.Offset, e.Problem)
}

// The parts of a btsnoop file. All numbers in it are big endian.
const (
	magic      = "btsnoop\x00"
	version    = 1
	dataLinkH4 = 1002 // HCI UART (H4)

	headerSize = 16
	recordSize = 24

	flagReceived = 1 << 0
	flagControl  = 1 << 1 // a command or an event
	flagMask     = flagReceived | flagControl

	// maxPacket is the size of the largest H4 packet: an ACL header and 65535
	// octets.
	maxPacket = 1 + 4 + 0xffff
)

// epoch is the time of 1970-01-01 in a record: microseconds since the start of
// the year 0.
const epoch = 0x00dcddb30f2f8000
