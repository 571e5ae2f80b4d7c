package snoop

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// AirReader reads a pcap file of link layer packets, strictly: what an AirWriter
// would not write is a *FormatError.
type AirReader struct {
	r      *bufio.Reader
	offset int64 // of the next record
	record int   // number of the next record, from 1
}

// NewAirReader reads the header.
func NewAirReader(r io.Reader) (*AirReader, error) {
	reader := &AirReader{r: bufio.NewReader(r), offset: pcapHeaderSize, record: 1}
	var header [pcapHeaderSize]byte
	if _, err := io.ReadFull(reader.r, header[:]); err != nil {
		if isEnd(err) {
			return nil, &FormatError{Problem: "the file ends inside it"}
		}
		return nil, fmt.Errorf("snoop: %w", err)
	}
	if magic := binary.LittleEndian.Uint32(header[:]); magic != pcapMagic {
		return nil, &FormatError{Problem: "not a pcap file with little endian numbers and microseconds"}
	}
	major, minor := binary.LittleEndian.Uint16(header[4:]), binary.LittleEndian.Uint16(header[6:])
	if major != pcapMajor || minor != pcapMinor {
		return nil, &FormatError{Problem: fmt.Sprintf("version %d.%d, want %d.%d", major, minor, pcapMajor, pcapMinor)}
	}
	if link := binary.LittleEndian.Uint32(header[20:]); link != pcapLinkType {
		return nil, &FormatError{Problem: fmt.Sprintf("link type %d, want %d (LE link layer with pseudo-header)", link, pcapLinkType)}
	}
	if !bytes.Equal(header[8:20], []byte{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}) {
		return nil, &FormatError{Problem: "not in UTC, or not with whole packets"}
	}
	return reader, nil
}

// Next gives the next packet, whose PDU is the caller's, and io.EOF behind the
// last one.
func (r *AirReader) Next() (AirPacket, error) {
	var head [pcapRecordSize]byte
	n, err := io.ReadFull(r.r, head[:])
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return AirPacket{}, io.EOF
	case isEnd(err):
		return AirPacket{}, r.wrong("the file ends inside its header")
	case err != nil:
		return AirPacket{}, fmt.Errorf("snoop: %w", err)
	}
	seconds, micros := binary.LittleEndian.Uint32(head[:]), binary.LittleEndian.Uint32(head[4:])
	included, original := binary.LittleEndian.Uint32(head[8:]), binary.LittleEndian.Uint32(head[12:])
	switch {
	case micros >= 1e6:
		return AirPacket{}, r.wrong("%d microseconds are more than a second", micros)
	case original != included:
		return AirPacket{}, r.wrong("%d of %d octets were recorded", included, original)
	case included < minAirPacket || included > maxAirPacket:
		return AirPacket{}, r.wrong("%d octets, want %d to %d", included, minAirPacket, maxAirPacket)
	}
	data := make([]byte, included)
	if _, err := io.ReadFull(r.r, data); err != nil {
		if isEnd(err) {
			return AirPacket{}, r.wrong("the file ends inside its packet")
		}
		return AirPacket{}, fmt.Errorf("snoop: %w", err)
	}
	p, err := r.packet(time.Unix(int64(seconds), int64(micros)*1000).UTC(), data)
	if err != nil {
		return AirPacket{}, err
	}
	r.offset += pcapRecordSize + int64(included)
	r.record++
	return p, nil
}

// packet reads the pseudo-header and the packet.
func (r *AirReader) packet(when time.Time, b []byte) (AirPacket, error) {
	flags := binary.LittleEndian.Uint16(b[8:])
	p := AirPacket{
		Time:          when,
		Channel:       channelIndex(b[0]),
		SignalPower:   int8(b[1]),
		Direction:     AirDirection(flags & airDirectionMask >> airDirectionShift),
		AccessAddress: binary.LittleEndian.Uint32(b[pseudoHeaderSize:]),
		PDU:           b[pseudoHeaderSize+accessSize : len(b)-crcSize],
	}
	crc := b[len(b)-crcSize:]
	p.CRC = uint32(crc[0]) | uint32(crc[1])<<8 | uint32(crc[2])<<16
	if err := p.check(); err != nil {
		var wrong *AirError
		if errors.As(err, &wrong) {
			return AirPacket{}, r.wrong("%s", wrong.Problem)
		}
		return AirPacket{}, err
	}
	switch reference := binary.LittleEndian.Uint32(b[4:]); {
	case flags&^airDirectionMask != flagsAlways:
		return AirPacket{}, r.wrong("flags 0x%04x, want 0x%04x", flags&^airDirectionMask, flagsAlways)
	case b[2] != 0 || b[3] != 0:
		return AirPacket{}, r.wrong("noise power or offences of the access address are given")
	case reference != p.AccessAddress:
		return AirPacket{}, r.wrong("access address 0x%08x, but 0x%08x was listened for", p.AccessAddress, reference)
	}
	return p, nil
}

func (r *AirReader) wrong(format string, args ...any) error {
	return &FormatError{Offset: r.offset, Record: r.record, Problem: fmt.Sprintf(format, args...)}
}
