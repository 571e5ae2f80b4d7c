// Package capture reads the files that Bluetooth sniffers and hosts record into:
// btsnoop, pcap and pcapng.
package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Kind is what the packets of a record are.
type Kind int

// The kinds.
const (
	HCI   Kind = iota // an H4 packet between a host and its controller
	Air               // a packet of the LE link layer
	Other             // nothing that SMP could be in
)

// Direction says which way a packet went.
type Direction int

// The directions. HCI packets are sent or received by the host; on the air the
// central or the peripheral sends.
const (
	Unknown Direction = iota
	Sent
	Received
	FromCentral
	FromPeripheral
)

// Record is one packet of a file.
type Record struct {
	Number    int       // from 1, as Wireshark counts
	Offset    int64     // of the record in a btsnoop file, in octets; 0 for the others
	Time      time.Time // UTC; zero where the file has none
	Source    int       // which of several hosts or sniffers recorded it
	Kind      Kind
	Direction Direction

	// Data is an H4 packet, type octet first, or on the air the link layer's
	// header and payload.
	Data      []byte
	Access    uint32 // the access address; on the air only
	Decrypted bool   // on the air only

	// Problem says why Data is not to be read, such as that the recording
	// holds a part of the packet only; nil if it can be.
	Problem error
}

// Reader gives the records of a file.
type Reader struct {
	// Format is the file's, such as "btsnoop, HCI".
	Format string

	number int
	next   func(*Record) error
}

// FormatError says that a file cannot be read, or not further.
type FormatError struct {
	Record  int   // the number of the record, from 1; 0 for the file's header
	Offset  int64 // in octets, where it is known
	Problem string
	Remedy  string
}

// Error gives the place and the problem.
func (e *FormatError) Error() string {
	text := e.Problem
	switch {
	case e.Record > 0 && e.Offset > 0:
		text = fmt.Sprintf("record %d at octet %d: %s", e.Record, e.Offset, text)
	case e.Record > 0:
		text = fmt.Sprintf("record %d: %s", e.Record, text)
	}
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

// The first octets of the formats.
const (
	markSnoop         = "btsnoop\x00"
	markGzip          = "\x1f\x8b"
	markPcapng        = 0x0a0d0d0a
	markMicroseconds  = 0xa1b2c3d4
	markNanoseconds   = 0xa1b23c4d
	remedyOtherFormat = "decode reads btsnoop, pcap and pcapng; convert the file with Wireshark's editcap"
)

// NewReader finds out the format and reads the header. The error is a
// *FormatError, or that of r.
func NewReader(r io.Reader) (*Reader, error) {
	from := &source{Reader: r}
	b := bufio.NewReader(from)
	mark, err := b.Peek(8)
	switch {
	case len(mark) == 0 && errors.Is(err, io.EOF):
		return nil, &FormatError{Problem: "the file is empty"}
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case string(mark) == markSnoop:
		return newSnoop(b)
	case len(mark) >= 2 && string(mark[:2]) == markGzip:
		return nil, &FormatError{Problem: "the file is compressed", Remedy: "run gunzip on it first"}
	case len(mark) < 4:
		return nil, &FormatError{Problem: "no recording in a format that is known", Remedy: remedyOtherFormat}
	}
	little, big := binary.LittleEndian.Uint32(mark), binary.BigEndian.Uint32(mark)
	switch {
	case little == markPcapng:
		return from.header(newPcapng(b))
	case little == markMicroseconds, big == markMicroseconds, little == markNanoseconds, big == markNanoseconds:
		return from.header(newPcap(b))
	}
	return nil, &FormatError{Problem: "no recording in a format that is known", Remedy: remedyOtherFormat}
}

// source keeps the error of a reader, to tell it from what is wrong with the
// file.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// header makes a *FormatError of what a library has against a file's header.
func (s *source) header(r *Reader, err error) (*Reader, error) {
	if _, ok := errors.AsType[*FormatError](err); err == nil || ok || s.err != nil {
		return r, err
	}
	return nil, &FormatError{Problem: err.Error()}
}

// Next gives the next record. The error is io.EOF behind the last one, a
// *FormatError where the file cannot be read further, or that of the reader.
func (r *Reader) Next() (Record, error) {
	r.number++
	record := Record{Number: r.number}
	if err := r.next(&record); err != nil {
		return Record{}, err
	}
	return record, nil
}
