package snoop

import (
	"sync"
	"time"

	"blesmp/hci/transport"
)

// Tap is a transport that records what passes through it. A recording that
// fails does not disturb the traffic: the first error is kept for Err, and from
// then on nothing is recorded.
type Tap struct {
	inner transport.Transport
	now   func() time.Time

	// The directions of what is written to and read from the transport.
	written, read Direction

	mu     sync.Mutex
	writer *Writer
	err    error
}

// NewTap records the packets of a transport, with the time that now tells
// (time.Now outside tests).
func NewTap(inner transport.Transport, writer *Writer, now func() time.Time) *Tap {
	return &Tap{inner: inner, writer: writer, now: now, written: Sent, read: Received}
}

// NewControllerTap is NewTap for the controller's end of a transport: what is
// read from it is what the host has sent.
func NewControllerTap(inner transport.Transport, writer *Writer, now func() time.Time) *Tap {
	return &Tap{inner: inner, writer: writer, now: now, written: Received, read: Sent}
}

// WritePacket records a packet and sends it. The record comes first, so that no
// answer stands before its question; a packet that could not be sent stands in
// the recording too.
func (t *Tap) WritePacket(p []byte) error {
	t.save(t.written, p)
	return t.inner.WritePacket(p)
}

// ReadPacket waits for a packet and records it.
func (t *Tap) ReadPacket(buf []byte) ([]byte, error) {
	p, err := t.inner.ReadPacket(buf)
	if err == nil {
		t.save(t.read, p)
	}
	return p, err
}

// Close closes the transport, but not what the recording is written to.
func (t *Tap) Close() error { return t.inner.Close() }

// Err is the first error of the recording.
func (t *Tap) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *Tap) save(direction Direction, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = t.writer.WritePacket(Packet{Time: t.now(), Direction: direction, Data: p})
	}
}
