package snoop

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"blesmp/hci/transport"
)

// Reader reads a btsnoop file, strictly: what a Writer would not write is a
// *FormatError.
type Reader struct {
	r      *bufio.Reader
	offset int64 // of the next record
	record int   // number of the next record, from 1
}

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	reader := &Reader{r: bufio.NewReader(r), offset: headerSize, record: 1}
	var header [headerSize]byte
	if _, err := io.ReadFull(reader.r, header[:]); err != nil {
		if isEnd(err) {
			return nil, &FormatError{Problem: "the file ends inside it"}
		}
		return nil, fmt.Errorf("snoop: %w", err)
	}
	if string(header[:8]) != magic {
		return nil, &FormatError{Problem: "not a btsnoop file"}
	}
	if v := binary.BigEndian.Uint32(header[8:]); v != version {
		return nil, &FormatError{Problem: fmt.Sprintf("version %d, want %d", v, version)}
	}
	if link := binary.BigEndian.Uint32(header[12:]); link != dataLinkH4 {
		return nil, &FormatError{Problem: fmt.Sprintf("data link %d, want %d (HCI UART)", link, dataLinkH4)}
	}
	return reader, nil
}

// Next gives the next record, whose data is the caller's, and io.EOF behind the
// last one.
func (r *Reader) Next() (Packet, error) {
	var head [recordSize]byte
	n, err := io.ReadFull(r.r, head[:])
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return Packet{}, io.EOF
	case isEnd(err):
		return Packet{}, r.wrong("the file ends inside its header")
	case err != nil:
		return Packet{}, fmt.Errorf("snoop: %w", err)
	}
	original, included := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
	flag := binary.BigEndian.Uint32(head[8:])
	switch {
	case original != included:
		return Packet{}, r.wrong("%d of %d octets were recorded", included, original)
	case included > maxPacket:
		return Packet{}, r.wrong("%d octets, more than a packet can have", included)
	case flag&^flagMask != 0:
		return Packet{}, r.wrong("flags 0x%08x have unknown bits", flag)
	}
	data := make([]byte, included)
	if _, err := io.ReadFull(r.r, data); err != nil {
		if isEnd(err) {
			return Packet{}, r.wrong("the file ends inside its packet")
		}
		return Packet{}, fmt.Errorf("snoop: %w", err)
	}
	if err := transport.Check(data); err != nil {
		return Packet{}, r.wrong("%s", err)
	}
	direction := Direction(flag & flagReceived)
	if want := flags(direction, data[0]); flag != want {
		return Packet{}, r.wrong("flags 0x%08x, want 0x%08x for packet type %d", flag, want, data[0])
	}
	r.offset += recordSize + int64(included)
	r.record++
	return Packet{
		Time:      time.UnixMicro(int64(binary.BigEndian.Uint64(head[16:])) - epoch).UTC(),
		Direction: direction,
		Dropped:   binary.BigEndian.Uint32(head[12:]),
		Data:      data,
	}, nil
}

func (r *Reader) wrong(format string, args ...any) error {
	return &FormatError{Offset: r.offset, Record: r.record, Problem: fmt.Sprintf(format, args...)}
}

func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
