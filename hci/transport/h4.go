package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// FrameError says that a byte stream is not H4. H4 has no mark by which to find
// the next packet, so that the transport is of no use afterwards (Core Vol 4,
// Part A, 4).
type FrameError struct {
	Type    byte   // the packet type octet
	Problem string // what is wrong with it or with what follows
}

// Error names the packet type and the problem.
func (e *FrameError) Error() string {
	return fmt.Sprintf("transport: H4 packet of type 0x%02x: %s", e.Type, e.Problem)
}

// header is where a packet type has its length: the octets before and in the
// length field, and the field's width.
type header struct {
	size  int // octets of the header, length field included, type octet excluded
	width int // octets of the length field, which ends the header
	mask  int // the bits of the field that are the length
}

var headers = [...]header{
	CommandPacket:     {size: 3, width: 1, mask: 0xff},
	ACLPacket:         {size: 4, width: 2, mask: 0xffff},
	SynchronousPacket: {size: 3, width: 1, mask: 0xff},
	EventPacket:       {size: 2, width: 1, mask: 0xff},
	ISOPacket:         {size: 4, width: 2, mask: 0x3fff},
}

func headerOf(kind byte) (header, error) {
	if kind < CommandPacket || kind > ISOPacket {
		return header{}, &FrameError{Type: kind, Problem: "there is no such type"}
	}
	return headers[kind], nil
}

// length reads the length field of a whole header.
func (h header) length(octets []byte) int {
	if h.width == 1 {
		return int(octets[h.size-1])
	}
	return int(binary.LittleEndian.Uint16(octets[h.size-2:])) & h.mask
}

// Check reports whether p is exactly one packet, type octet first. Its error is
// a *FrameError.
func Check(p []byte) error {
	if len(p) == 0 {
		return &FrameError{Problem: "the packet is empty"}
	}
	h, err := headerOf(p[0])
	if err != nil {
		return err
	}
	if len(p) < 1+h.size {
		return &FrameError{Type: p[0], Problem: fmt.Sprintf("%d octets are no header", len(p))}
	}
	if want := 1 + h.size + h.length(p[1:]); len(p) != want {
		return &FrameError{Type: p[0], Problem: fmt.Sprintf("%d octets, but its header says %d", len(p), want)}
	}
	return nil
}

// H4 frames packets over a byte stream: a serial line, a socket, a pipe (Core
// Vol 4, Part A).
type H4 struct {
	stream io.ReadWriteCloser
	reader *bufio.Reader
	write  sync.Mutex
	close  func() error
	search bool // the answer to the first Reset has not been found
}

// NewH4 makes a transport of a stream, which it closes when it is closed.
func NewH4(stream io.ReadWriteCloser) *H4 {
	return &H4{
		stream: stream,
		reader: bufio.NewReaderSize(stream, 4096),
		close:  sync.OnceValue(stream.Close),
	}
}

// NewUART makes a transport of a serial line, on which octets may wait that
// belong to nothing: a start-up message, or the rest of what the controller was
// saying to an earlier host. They are dropped up to the first answer to an HCI
// Reset, which is what the Core has a host look for (Core Vol 4, Part A, 4) and
// what every host sends first. A line on which it does not come within 64 KiB is
// a *FrameError. Behind it, a line is as strict as any stream.
func NewUART(line io.ReadWriteCloser) *H4 {
	h := NewH4(line)
	h.search = true
	return h
}

// ErrNoAnswer says that a serial line carries something, but not HCI.
var ErrNoAnswer = errors.New("transport: much comes from the line, but no answer to HCI Reset: " +
	"wrong baud rate, wrong device, or flow control")

// maxNoise is how many octets may stand before the answer to a Reset.
const maxNoise = 64 << 10

// resetAnswer is Command Complete for Reset: a packet of seven octets, in which
// the fourth, the number of commands that the controller takes, and the last,
// the status, may be any.
var resetAnswer = [...]struct {
	octet byte
	any   bool
}{
	{octet: EventPacket}, {octet: 0x0e}, {octet: 4}, {any: true}, {octet: 0x03}, {octet: 0x0c}, {any: true},
}

// find drops what stands before the answer to a Reset.
func (h *H4) find() error {
	for range maxNoise {
		window, err := h.reader.Peek(len(resetAnswer))
		if matches(window) {
			h.search = false
			return nil
		}
		switch {
		case errors.Is(err, io.EOF):
			return io.EOF
		case err != nil:
			return fmt.Errorf("transport: %w", err)
		}
		if _, err := h.reader.Discard(1); err != nil {
			return fmt.Errorf("transport: %w", err)
		}
	}
	return ErrNoAnswer
}

func matches(window []byte) bool {
	if len(window) < len(resetAnswer) {
		return false
	}
	for i, want := range resetAnswer {
		if !want.any && window[i] != want.octet {
			return false
		}
	}
	return true
}

// WritePacket sends one packet with one write to the stream. What is not a
// packet is refused with a *FrameError, and nothing is sent.
func (h *H4) WritePacket(p []byte) error {
	if err := Check(p); err != nil {
		return err
	}
	h.write.Lock()
	defer h.write.Unlock()
	if _, err := h.stream.Write(p); err != nil {
		return fmt.Errorf("transport: %w", err)
	}
	return nil
}

// ReadPacket waits for one packet. The end of the stream inside a packet is
// io.ErrUnexpectedEOF, and an unknown packet type a *FrameError. After an error
// the stream is of no use.
func (h *H4) ReadPacket(buf []byte) ([]byte, error) {
	if h.search {
		if err := h.find(); err != nil {
			return nil, err
		}
	}
	kind, err := h.reader.ReadByte()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("transport: %w", err)
	}
	head, err := headerOf(kind)
	if err != nil {
		return nil, err
	}
	buf = append(buf[:0], kind)
	buf, err = h.readMore(buf, head.size)
	if err != nil {
		return nil, err
	}
	return h.readMore(buf, head.length(buf[1:]))
}

// readMore appends n octets of the stream to buf.
func (h *H4) readMore(buf []byte, n int) ([]byte, error) {
	start := len(buf)
	if cap(buf)-start < n {
		buf = append(make([]byte, 0, start+n), buf...)
	}
	buf = buf[:start+n]
	if _, err := io.ReadFull(h.reader, buf[start:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("transport: inside a packet: %w", err)
	}
	return buf, nil
}

// Close closes the stream. Every call gives the result of the first.
func (h *H4) Close() error { return h.close() }
