package load

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
)

// MaxLinks is how many links one controller has: as many as there are connection
// handles (Core Vol 4, Part E, 5.4.2).
const MaxLinks = 0x0f00

// What the controller tells of its buffers: a frame of SMP or of ATT always fits
// into one packet (Core Vol 4, Part E, 7.8.2).
const (
	aclLength  = 251 // octets
	aclPackets = 64
)

// controller is the transport to a controller without a radio. A host of the
// central role can use it; whatever it connects to is a peer that pairs by Just
// Works. Packets take no time and are never lost.
type controller struct {
	address bt.Address

	mu       sync.Mutex
	readable sync.Cond
	outbox   []byte // packets for the host, each behind its length in two octets
	read     int    // octets of outbox that the host has
	arrived  []byte // packets of the host that it has not been told of, as in the event
	closed   bool

	links []*peer  // by handle
	free  []uint16 // handles of links that have ended
	hold  hold
	fleet *Fleet
}

var _ transport.Immediate = (*controller)(nil)

func newController(address bt.Address, fleet *Fleet) *controller {
	c := &controller{address: address, fleet: fleet}
	c.readable.L = &c.mu
	return c
}

// ReadPacket implements transport.Transport.
func (c *controller) ReadPacket(buf []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.read == len(c.outbox) && len(c.arrived) == 0 {
		if c.closed {
			return nil, io.EOF
		}
		c.readable.Wait()
	}
	if len(c.arrived) > 0 {
		return c.completed(buf[:0]), nil
	}
	size := int(binary.LittleEndian.Uint16(c.outbox[c.read:]))
	begin := c.read + 2
	packet := append(buf[:0], c.outbox[begin:begin+size]...)
	c.read = begin + size
	if c.read == len(c.outbox) {
		c.outbox, c.read = c.outbox[:0], 0
	}
	return packet, nil
}

// Close implements transport.Transport.
func (c *controller) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.readable.Broadcast()
	return nil
}

// event sends an event to the host.
func (c *controller) event(e hci.Event) {
	var space [64]byte
	c.put(hci.AppendEvent(space[:0], e))
}

// put puts a packet into the outbox.
func (c *controller) put(packet []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox = binary.LittleEndian.AppendUint16(c.outbox, uint16(len(packet)))
	c.outbox = append(c.outbox, packet...)
	c.readable.Signal()
}

// deliver sends a frame of a peer to the host. What a peer sends fits, so there
// is no error.
func (c *controller) deliver(handle uint16, channel l2cap.CID, payload []byte) {
	var frame, packet [aclLength + 16]byte
	data, _ := l2cap.AppendFrame(frame[:0], channel, payload)
	c.put(hci.AppendACL(packet[:0], hci.ACL{Handle: handle, Boundary: l2cap.FirstToHost, Data: data}))
}

// arrive notes that one packet of a link has arrived.
func (c *controller) arrive(handle uint16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arrived = append(c.arrived, byte(handle), byte(handle>>8), 1, 0)
	c.readable.Signal()
}

// mostCompleted is how many links one Number Of Completed Packets has room for
// (Core Vol 4, Part E, 7.7.19).
const mostCompleted = 63

// completed appends the event that tells of what has arrived, of several links at
// once where the host was busy meanwhile; c.mu is held.
func (c *controller) completed(b []byte) []byte {
	links := min(len(c.arrived)/4, mostCompleted)
	b = append(b, transport.EventPacket, byte(hci.EventCodeNumberOfCompletedPackets), byte(1+4*links), byte(links))
	b = append(b, c.arrived[:4*links]...)
	c.arrived = slices.Delete(c.arrived, 0, 4*links)
	return b
}

// WritePacket implements transport.Transport.
func (c *controller) WritePacket(p []byte) error {
	if err := transport.Check(p); err != nil {
		return err
	}
	switch p[0] {
	case transport.CommandPacket:
		return c.command(hci.Opcode(binary.LittleEndian.Uint16(p[1:])), p[4:])
	case transport.ACLPacket:
		acl, err := hci.ParseACL(p)
		if err != nil {
			return err
		}
		return c.data(acl)
	}
	return fmt.Errorf("load: packet type 0x%02x: neither a command nor ACL data", p[0])
}

// WritesImmediately implements transport.Immediate.
func (c *controller) WritesImmediately() {}

// data takes one packet of data, which is a whole frame.
func (c *controller) data(acl hci.ACL) error {
	frame := acl.Data
	if len(frame) < l2cap.HeaderSize || len(frame) != l2cap.HeaderSize+int(binary.LittleEndian.Uint16(frame)) {
		return fmt.Errorf("load: %d octets for link 0x%04x are no whole frame", len(frame), acl.Handle)
	}
	link := c.link(acl.Handle)
	if link == nil {
		return fmt.Errorf("load: data for link 0x%04x, which there is not", acl.Handle)
	}
	c.arrive(acl.Handle)
	switch channel := l2cap.CID(binary.LittleEndian.Uint16(frame[2:])); channel {
	case l2cap.SMP:
		return link.received(frame[l2cap.HeaderSize:])
	case l2cap.ATT:
		c.fleet.greeted <- struct{}{}
	default:
		return fmt.Errorf("load: data on %s, where no peer of this kind listens", channel)
	}
	return nil
}

// link gives the other end of a link, nil where there is none.
func (c *controller) link(handle uint16) *peer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if int(handle) >= len(c.links) {
		return nil
	}
	return c.links[handle]
}
