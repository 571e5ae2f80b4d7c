package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"blesmp/hci/transport"
)

// The parts of a btsnoop file. All numbers are big endian. hci/snoop reads only
// what it has written itself; recordings of others have cut or damaged packets,
// and other data links, and still are to be read as far as they go.
const (
	snoopHeader  = 16
	snoopRecord  = 24
	snoopVersion = 1

	linkH1      = 1001 // HCI without the packet type
	linkH4      = 1002
	linkMonitor = 2001 // of Linux, with several controllers

	flagReceived = 1 << 0
	flagControl  = 1 << 1

	snoopEpoch = 0x00dcddb30f2f8000 // 1970 in microseconds since the year 0
	mostOctets = 1 << 18
)

func newSnoop(r *bufio.Reader) (*Reader, error) {
	var header [snoopHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, ended(err, &FormatError{Problem: "the file ends inside its header"})
	}
	if v := binary.BigEndian.Uint32(header[8:]); v != snoopVersion {
		return nil, &FormatError{Problem: fmt.Sprintf("btsnoop of version %d, want %d", v, snoopVersion)}
	}
	s := &snoop{r: r, link: binary.BigEndian.Uint32(header[12:]), offset: snoopHeader}
	reader := &Reader{next: s.next}
	switch s.link {
	case linkH1, linkH4:
		reader.Format = "btsnoop, HCI"
	case linkMonitor:
		reader.Format = "btsnoop, Linux monitor"
	default:
		return nil, &FormatError{Problem: fmt.Sprintf("btsnoop of data link %d, want %d, %d or %d (HCI)", s.link, linkH1, linkH4, linkMonitor)}
	}
	return reader, nil
}

// ended gives cut where a file ends too early, and else err itself.
func ended(err error, cut *FormatError) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return cut
	}
	return err
}

type snoop struct {
	r      *bufio.Reader
	link   uint32
	offset int64
}

func (s *snoop) next(record *Record) error {
	wrong := func(format string, args ...any) *FormatError {
		return &FormatError{Record: record.Number, Offset: s.offset, Problem: fmt.Sprintf(format, args...)}
	}
	var head [snoopRecord]byte
	n, err := io.ReadFull(s.r, head[:])
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return ended(err, wrong("the file ends inside its header"))
	}
	original, included := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
	if included > mostOctets {
		return wrong("%d octets, more than a packet can have", included)
	}
	data := make([]byte, included)
	if n, err := io.ReadFull(s.r, data); err != nil {
		return ended(err, wrong("the file ends inside its packet, after %d of %d octets", n, included))
	}
	record.Offset, record.Data = s.offset, data
	record.Time = time.UnixMicro(int64(binary.BigEndian.Uint64(head[16:])) - snoopEpoch).UTC()
	s.offset += snoopRecord + int64(included)
	flags := binary.BigEndian.Uint32(head[8:])
	if s.link == linkMonitor {
		monitor(record, int(flags>>16), uint16(flags))
	} else {
		s.host(record, flags)
	}
	if original > included {
		record.Problem = fmt.Errorf("%d of %d octets were recorded", included, original)
	}
	return nil
}

// host reads the flags of a record of one host.
func (s *snoop) host(record *Record, flags uint32) {
	record.Direction = Sent
	if flags&flagReceived != 0 {
		record.Direction = Received
	}
	if s.link == linkH4 {
		return
	}
	kind := byte(transport.ACLPacket)
	switch {
	case flags&flagControl != 0 && record.Direction == Sent:
		kind = transport.CommandPacket
	case flags&flagControl != 0:
		kind = transport.EventPacket
	}
	record.Data = append([]byte{kind}, record.Data...)
}

// monitor reads a record of Linux's monitor: the controller's index and what
// kind of packet it is.
func monitor(record *Record, index int, opcode uint16) {
	packets := map[uint16]struct {
		kind      byte
		direction Direction
	}{
		2: {transport.CommandPacket, Sent},
		3: {transport.EventPacket, Received},
		4: {transport.ACLPacket, Sent},
		5: {transport.ACLPacket, Received},
	}
	record.Source = index
	p, ok := packets[opcode]
	if !ok {
		record.Kind = Other
		return
	}
	record.Direction = p.direction
	record.Data = append([]byte{p.kind}, record.Data...)
}
