package snoop

import (
	"encoding/binary"
	"fmt"
	"io"

	"blesmp/hci/transport"
)

// Writer writes a btsnoop file. It is for one goroutine at a time.
type Writer struct {
	w      io.Writer
	record []byte
}

// NewWriter starts a file: it writes the header.
func NewWriter(w io.Writer) (*Writer, error) {
	header := append(make([]byte, 0, headerSize), magic...)
	header = binary.BigEndian.AppendUint32(header, version)
	header = binary.BigEndian.AppendUint32(header, dataLinkH4)
	if _, err := w.Write(header); err != nil {
		return nil, fmt.Errorf("snoop: %w", err)
	}
	return &Writer{w: w}, nil
}

// WritePacket writes one record, with one write. It refuses with a
// *transport.FrameError what is not one whole H4 packet.
func (w *Writer) WritePacket(p Packet) error {
	if err := transport.Check(p.Data); err != nil {
		return err
	}
	w.record = appendRecord(w.record[:0], p)
	if _, err := w.w.Write(w.record); err != nil {
		return fmt.Errorf("snoop: %w", err)
	}
	return nil
}

func appendRecord(b []byte, p Packet) []byte {
	size := uint32(len(p.Data))
	b = binary.BigEndian.AppendUint32(b, size) // as it was
	b = binary.BigEndian.AppendUint32(b, size) // as it is here
	b = binary.BigEndian.AppendUint32(b, flags(p.Direction, p.Data[0]))
	b = binary.BigEndian.AppendUint32(b, p.Dropped)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Time.UnixMicro()+epoch))
	return append(b, p.Data...)
}

func flags(d Direction, kind byte) uint32 {
	flags := uint32(d) & flagReceived
	if kind == transport.CommandPacket || kind == transport.EventPacket {
		flags |= flagControl
	}
	return flags
}
