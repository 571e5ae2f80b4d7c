package hci

import (
	"log/slog"

	"blesmp/bt"
	"blesmp/hci/l2cap"
)

// write writes until the host ends.
func (h *Host) write() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.err == nil {
		h.writeQueued()
		if h.err == nil {
			h.work.Wait()
		}
	}
}

// unlock gives up h.mu where something was queued, or the controller has room
// again, and has it written.
func (h *Host) unlock() {
	if h.immediate && !h.writing {
		h.writing = true
		h.writeQueued()
		h.writing = false
	}
	h.work.Signal()
	h.mu.Unlock()
}

// writeQueued writes what is queued, as far as the controller has room. h.mu is
// held, but while the transport writes.
func (h *Host) writeQueued() {
	for h.err == nil {
		packet, ok := h.next(h.packet[:0])
		if !ok {
			return
		}
		h.packet = packet
		h.mu.Unlock()
		err := h.transport.WritePacket(packet)
		clear(packet) // it may hold a key
		if err != nil {
			_ = h.fail(doing("transport", err), bt.HardwareFailure)
		}
		h.mu.Lock()
	}
}

// next appends the next packet that can be sent, if there is one; h.mu is held. A
// command waits for data that was queued before it and can be sent, so that a PDU
// and the command behind it (to encrypt, to disconnect) stay in order; data for
// which there is no room holds nothing up.
func (h *Host) next(b []byte) (packet []byte, ok bool) {
	oldest, data := h.oldestData()
	data = data && h.aclFree > 0
	switch {
	case h.credits > 0 && h.queue.len() > 0 && (!data || h.queue.oldest().serial < oldest):
		return h.nextCommand(b), true
	case data:
		return h.nextData(b), true
	}
	return b, false
}

// oldestData gives the serial number of the frame that has waited longest; h.mu
// is held.
func (h *Host) oldestData() (serial uint64, ok bool) {
	for h.waiting.len() > 0 && h.waiting.oldest().done {
		h.recycle(h.waiting.pop())
	}
	if h.waiting.len() == 0 {
		return 0, false
	}
	return h.waiting.oldest().serial, true
}

// nextData appends one packet of the link whose turn it is: links with data
// take turns by the packet; h.mu is held, and some link has data.
func (h *Host) nextData(b []byte) []byte {
	if h.served != nil && h.served.out.len() > 0 {
		h.ready.push(h.served) // behind those that came meanwhile
	}
	c := h.ready.pop()
	h.served = c
	h.aclFree--
	return c.nextFragment(b, h.aclLength)
}

// outgoing is one frame on its way to the controller.
type outgoing struct {
	octets []byte
	frame  l2cap.Fragmenter // of octets
	serial uint64
	number uint64          // of SendSMP; 0 for other channels
	done   bool            // all of it is at the controller, or its link is gone
	room   [frameRoom]byte // what octets begin with
}

// frameRoom has room for a frame with the longest PDU of SMP, of 65 octets.
const frameRoom = l2cap.HeaderSize + 65

// The memory of frames that were sent is used again: that of so many, or of as many
// as there are links where that is more, of which none is longer than this.
const (
	keptFrames    = 64
	keptFrameSize = 128 // octets
)

// newOutgoing gives the memory for a frame; h.mu is held.
func (h *Host) newOutgoing() *outgoing {
	n := len(h.spare)
	if n == 0 {
		o := new(outgoing)
		o.octets = o.room[:0]
		return o
	}
	o := h.spare[n-1]
	h.spare = h.spare[:n-1]
	return o
}

// recycle takes the memory of a frame back, which may have held a key; h.mu is
// held.
func (h *Host) recycle(o *outgoing) {
	clear(o.octets)
	o.frame = l2cap.Fragmenter{}
	if len(h.spare) < max(keptFrames, len(h.order)) && cap(o.octets) <= keptFrameSize {
		h.spare = append(h.spare, o)
	}
}

// nextFragment appends one packet and notes what its completion will tell; the
// host's lock is held.
func (c *Conn) nextFragment(b []byte, size int) []byte {
	o := c.out.oldest()
	boundary, data := o.frame.Next(size)
	var completes uint64
	if o.frame.Done() {
		completes, o.done = o.number, true
		c.out.pop()
	}
	c.unacked.push(completes)
	return AppendACL(b, ACL{Handle: c.handle, Boundary: boundary, Data: data})
}

// delivery is what a Number Of Completed Packets says of one link.
type delivery struct {
	link    *Conn
	number  uint64 // up to which its SMP PDUs are delivered, or 0
	surplus bool   // more packets than the controller had
}

// completed handles Number Of Completed Packets: the packets of all links are
// free again before the first handler is told.
func (h *Host) completed(e *NumberOfCompletedPackets) {
	h.mu.Lock()
	for _, done := range e.Completed {
		if c := h.linkOf(done.ConnectionHandle); c != nil {
			h.deliveries = append(h.deliveries, c.release(int(done.NumCompletedPackets)))
		}
	}
	h.unlock()
	for _, d := range h.deliveries {
		if d.surplus {
			h.count(&h.stats.Malformed, slog.LevelWarn, "more packets completed than were sent", "handle", d.link.handle)
		}
		if d.number > 0 {
			d.link.handler.HandleDelivered(d.number)
		}
	}
	clear(h.deliveries)
	h.deliveries = h.deliveries[:0]
}

// release gives n packets of the link back to the pool; the host's lock is held.
// A link that has ended gave its packets back then.
func (c *Conn) release(n int) delivery {
	d := delivery{link: c, surplus: n > c.unacked.len()}
	n = min(n, c.unacked.len())
	for _, completes := range c.unacked.all()[:n] {
		d.number = max(d.number, completes)
	}
	c.unacked.drop(n)
	c.host.aclFree += n
	return d
}
