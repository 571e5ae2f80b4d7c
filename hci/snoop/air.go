package snoop

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"time"
)

// AirDirection says who sent a link layer packet.
type AirDirection uint8

// The directions, with the values of the PDU type in a record's flags.
const (
	Advertising  AirDirection = 0 // on the advertising channels; the PDU says who
	ToPeripheral AirDirection = 2 // from the central of a connection
	ToCentral    AirDirection = 3 // from the peripheral
)

// AirPacket is one packet of the link layer as a sniffer has it: what is
// encrypted on the air is encrypted here (Core Vol 6, Part B, 2.1).
type AirPacket struct {
	Time          time.Time // to the microsecond
	Channel       uint8     // index: 0 to 36 for data, 37 to 39 for advertising
	SignalPower   int8      // dBm
	Direction     AirDirection
	AccessAddress uint32
	PDU           []byte // header, length and payload, the MIC included
	CRC           uint32 // 24 bits; AirCRC calculates it
}

// AdvertisingCRCInit is what AirCRC starts from on the advertising channels. A
// connection has its own, which CONNECT_IND says (Core Vol 6, Part B, 3.1.1).
const AdvertisingCRCInit = 0x555555

// AirCRC calculates the CRC of a PDU, as the register holds it after the last
// octet, the most significant bit in position 0, which is how the link layer
// sends it (Core Vol 6, Part B, 3.1.1).
func AirCRC(init uint32, pdu []byte) uint32 {
	register := reverse24(init)
	for _, octet := range pdu {
		register ^= uint32(octet)
		for range 8 {
			feedback := register & 1
			register >>= 1
			if feedback == 1 {
				register ^= crcPolynomial
			}
		}
	}
	return register
}

// crcPolynomial is x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, the highest
// power left out and the lowest in the most significant of 24 bits.
const crcPolynomial = 0xda6000

// reverse24 puts the bits of a 24-bit number in the other order.
func reverse24(v uint32) uint32 { return bits.Reverse32(v) >> 8 }

// The parts of a pcap file of link layer packets. All numbers in it are little
// endian; so is the link layer.
const (
	pcapMagic        = 0xa1b2c3d4 // times in microseconds
	pcapMajor        = 2
	pcapMinor        = 4
	pcapSnapLength   = 0xffff
	pcapLinkType     = 256 // LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR
	pcapHeaderSize   = 24
	pcapRecordSize   = 16
	pseudoHeaderSize = 10
	accessSize       = 4
	airHeaderSize    = 2 // of a PDU: the bits and the length
	crcSize          = 3
	maxAirPacket     = pseudoHeaderSize + accessSize + airHeaderSize + 255 + crcSize
	minAirPacket     = pseudoHeaderSize + accessSize + airHeaderSize + crcSize
)

// Flags of the pseudo-header.
const (
	flagDewhitened     = 0x0001
	flagSignalPower    = 0x0002 // the signal power is known
	flagReference      = 0x0010 // the access address is the one that was listened for
	flagCRCChecked     = 0x0400
	flagCRCValid       = 0x0800
	flagsAlways        = flagDewhitened | flagSignalPower | flagReference | flagCRCChecked | flagCRCValid
	airDirectionShift  = 7
	airDirectionMask   = 0x0380
	firstAdvertisingCh = 37
	channelCount       = 40
)

// rfChannel gives the RF channel, 2402 MHz and 2 MHz more each, of a channel
// index (Core Vol 6, Part B, 1.4.1).
func rfChannel(index uint8) uint8 {
	switch {
	case index == 37:
		return 0
	case index == 38:
		return 12
	case index == 39:
		return 39
	case index <= 10:
		return index + 1
	}
	return index + 2
}

// channelIndex is the other way round.
func channelIndex(rf uint8) uint8 {
	switch {
	case rf == 0:
		return 37
	case rf == 12:
		return 38
	case rf == 39:
		return 39
	case rf <= 11:
		return rf - 1
	}
	return rf - 2
}

// AirError says why a packet cannot be written.
type AirError struct{ Problem string }

// Error gives the problem.
func (e *AirError) Error() string { return "snoop: link layer packet: " + e.Problem }

// check reports whether a packet can be on the air.
func (p *AirPacket) check() error {
	wrong := func(format string, args ...any) error {
		return &AirError{Problem: fmt.Sprintf(format, args...)}
	}
	advertising := p.Direction == Advertising
	switch {
	case len(p.PDU) < airHeaderSize:
		return wrong("a PDU of %d octets has no header", len(p.PDU))
	case len(p.PDU) != airHeaderSize+int(p.PDU[1]):
		return wrong("the PDU has %d octets, but its header says %d", len(p.PDU), airHeaderSize+int(p.PDU[1]))
	case p.Channel >= channelCount:
		return wrong("there is no channel %d", p.Channel)
	case !advertising && p.Direction != ToPeripheral && p.Direction != ToCentral:
		return wrong("there is no direction %d", p.Direction)
	case advertising != (p.Channel >= firstAdvertisingCh):
		return wrong("channel %d does not carry this", p.Channel)
	case p.CRC > 0xffffff:
		return wrong("CRC 0x%x has more than 24 bits", p.CRC)
	case p.Time.Unix() < 0 || p.Time.Unix() > 0xffffffff:
		return wrong("the file has no room for the year %d", p.Time.Year())
	}
	return nil
}

// append gives the record, its header first.
func (p *AirPacket) append(b []byte) []byte {
	size := uint32(minAirPacket + len(p.PDU) - airHeaderSize)
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Time.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Time.Nanosecond()/1000))
	b = binary.LittleEndian.AppendUint32(b, size) // as it is here
	b = binary.LittleEndian.AppendUint32(b, size) // as it was

	b = append(b, rfChannel(p.Channel), byte(p.SignalPower), 0, 0)
	b = binary.LittleEndian.AppendUint32(b, p.AccessAddress)
	b = binary.LittleEndian.AppendUint16(b, flagsAlways|uint16(p.Direction)<<airDirectionShift)

	b = binary.LittleEndian.AppendUint32(b, p.AccessAddress)
	b = append(b, p.PDU...)
	return append(b, byte(p.CRC), byte(p.CRC>>8), byte(p.CRC>>16))
}
