package hci

import (
	"log/slog"
	"slices"

	"blesmp/bt"
	"blesmp/hci/l2cap"
)

// write sends what is queued, as far as the controller has room, until the host
// ends.
func (h *Host) write() {
	var packet []byte
	for {
		var ok bool
		if packet, ok = h.next(packet[:0]); !ok {
			return
		}
		err := h.transport.WritePacket(packet)
		clear(packet) // it may hold a key
		if err != nil {
			_ = h.fail(doing("transport", err), bt.HardwareFailure)
			return
		}
	}
}

// next waits until something can be sent and appends its packet. A command
// waits for data that was queued before it and can be sent, so that a PDU and
// the command behind it (to encrypt, to disconnect) stay in order; data for
// which there is no room holds nothing up.
func (h *Host) next(b []byte) ([]byte, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.err == nil {
		oldest, data := h.oldestData()
		data = data && h.aclFree > 0
		switch {
		case h.credits > 0 && len(h.queue) > 0 && (!data || h.queue[0].serial < oldest):
			return h.nextCommand(b), true
		case data:
			return h.nextData(b), true
		}
		h.work.Wait()
	}
	return b, false
}

// oldestData gives the serial number of the frame that has waited longest; h.mu
// is held.
func (h *Host) oldestData() (serial uint64, ok bool) {
	for _, c := range h.order {
		if len(c.out) > 0 && (!ok || c.out[0].serial < serial) {
			serial, ok = c.out[0].serial, true
		}
	}
	return serial, ok
}

// nextData appends one packet of the link whose turn it is: links with data
// take turns by the packet; h.mu is held, and some link has data.
func (h *Host) nextData(b []byte) []byte {
	for {
		h.turn %= len(h.order)
		c := h.order[h.turn]
		h.turn++
		if len(c.out) > 0 {
			h.aclFree--
			return c.nextFragment(b, h.aclLength)
		}
	}
}

// outgoing is one frame on its way to the controller.
type outgoing struct {
	frame  l2cap.Fragmenter
	serial uint64
	number uint64 // of SendSMP; 0 for other channels
}

// nextFragment appends one packet and notes what its completion will tell; the
// host's lock is held.
func (c *Conn) nextFragment(b []byte, size int) []byte {
	o := &c.out[0]
	boundary, data := o.frame.Next(size)
	var completes uint64
	if o.frame.Done() {
		completes = o.number
		c.out = slices.Delete(c.out, 0, 1)
	}
	c.unacked = append(c.unacked, completes)
	return AppendACL(b, ACL{Handle: c.handle, Boundary: boundary, Data: data})
}

// completed handles Number Of Completed Packets.
func (h *Host) completed(e *NumberOfCompletedPackets) {
	for _, done := range e.Completed {
		c, number, surplus := h.release(done.ConnectionHandle&handleMask, int(done.NumCompletedPackets))
		if surplus {
			h.count(&h.stats.Malformed, slog.LevelWarn, "more packets completed than were sent", "handle", done.ConnectionHandle)
		}
		if number > 0 {
			c.handler.HandleDelivered(number)
		}
	}
}

// release gives n packets of a link back to the pool, and says up to which
// number its SMP PDUs are delivered, or 0. A link that has ended gave its
// packets back then.
func (h *Host) release(handle uint16, n int) (c *Conn, number uint64, surplus bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c = h.links[handle]
	if c == nil {
		return nil, 0, false
	}
	if n > len(c.unacked) {
		n, surplus = len(c.unacked), true
	}
	for _, completes := range c.unacked[:n] {
		number = max(number, completes)
	}
	c.unacked = slices.Delete(c.unacked, 0, n)
	h.aclFree += n
	h.work.Signal()
	return c, number, surplus
}
