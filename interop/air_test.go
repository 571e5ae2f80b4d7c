//go:build interop

package interop

import (
	"bytes"
	"encoding/binary"
	"sync"

	"blesmp/hci/virtual"
)

// airCapture records the air as a pcap file of link type 251: access address,
// PDU and CRC, which the simulation leaves zero.
type airCapture struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Observe is called by the air.
func (a *airCapture) Observe(f *virtual.Frame) {
	a.mu.Lock()
	defer a.mu.Unlock()
	size := uint32(4 + len(f.PDU) + 3)
	b := binary.LittleEndian.AppendUint32(nil, uint32(f.Time.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.Time.Nanosecond()/1000))
	b = binary.LittleEndian.AppendUint32(b, size)
	b = binary.LittleEndian.AppendUint32(b, size)
	b = binary.LittleEndian.AppendUint32(b, f.AccessAddress)
	a.buf.Write(append(append(b, f.PDU...), 0, 0, 0))
}

func (a *airCapture) bytes() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 0xffff)
	b = binary.LittleEndian.AppendUint32(b, 251)
	return append(b, a.buf.Bytes()...)
}
