package snoop

import (
	"encoding/binary"
	"fmt"
	"io"
)

// AirWriter writes what is on the air as a pcap file of link type 256
// (BLUETOOTH_LE_LL_WITH_PHDR), which Wireshark opens. Of what is encrypted, it
// shows cipher text, and names of control PDUs mean nothing: as in every capture
// without the keys. It is for one goroutine at a time.
type AirWriter struct {
	w      io.Writer
	record []byte
}

// NewAirWriter starts a file: it writes the header.
func NewAirWriter(w io.Writer) (*AirWriter, error) {
	header := binary.LittleEndian.AppendUint32(make([]byte, 0, pcapHeaderSize), pcapMagic)
	header = binary.LittleEndian.AppendUint16(header, pcapMajor)
	header = binary.LittleEndian.AppendUint16(header, pcapMinor)
	for _, v := range [...]uint32{0, 0, pcapSnapLength, pcapLinkType} { // the first two: UTC, accuracy unsaid
		header = binary.LittleEndian.AppendUint32(header, v)
	}
	if _, err := w.Write(header); err != nil {
		return nil, fmt.Errorf("snoop: %w", err)
	}
	return &AirWriter{w: w}, nil
}

// WritePacket writes one record, with one write. It refuses with an *AirError
// what cannot be on the air.
func (w *AirWriter) WritePacket(p AirPacket) error {
	if err := p.check(); err != nil {
		return err
	}
	w.record = p.append(w.record[:0])
	if _, err := w.w.Write(w.record); err != nil {
		return fmt.Errorf("snoop: %w", err)
	}
	return nil
}
