package hci

import (
	"log/slog"
	"slices"

	"blesmp/bt"
	"blesmp/hci/l2cap"
)

// receive takes one packet of data; it runs in the reader's goroutine.
func (c *Conn) receive(acl ACL) {
	frame, whole, err := c.reassembly.Push(acl.Boundary, acl.Data)
	if err != nil {
		c.host.count(&c.host.stats.Malformed, slog.LevelDebug, "data dropped", "handle", c.handle, "error", err)
	}
	if !whole {
		return
	}
	switch frame.Channel {
	case l2cap.SMP:
		c.handler.HandleSMP(frame.Payload)
		return
	case l2cap.Signalling:
		c.reply(frame.Channel, c.signaller.Answer(c.answer[:0], frame.Payload))
		return
	}
	c.host.mu.Lock()
	channel := c.channels[frame.Channel]
	c.host.mu.Unlock()
	switch {
	case channel != nil:
		channel.Deliver(frame.Payload)
	case frame.Channel == l2cap.ATT:
		c.reply(frame.Channel, l2cap.AnswerATT(c.answer[:0], frame.Payload))
	default:
		c.host.count(&c.host.stats.Unknown, slog.LevelDebug, "data on a channel that the host does not have", "handle", c.handle, "channel", frame.Channel)
	}
}

// reply sends an answer, if there is one, and keeps its memory for the next.
func (c *Conn) reply(id l2cap.CID, answer []byte) {
	c.answer = answer[:0]
	if len(answer) == 0 {
		return
	}
	if _, err := c.enqueue(id, answer); err != nil {
		c.host.log.Warn("answer dropped", "handle", c.handle, "channel", id, "error", err)
	}
}

// acceptUpdate is what the signaller of a central asks: whatever a link can have
// is granted.
func (c *Conn) acceptUpdate(p l2cap.ConnectionParameters) bool {
	return c.update(p) == nil
}

// askedForParameters answers LE Remote Connection Parameter Request: whatever a
// link can have is granted (Core Vol 4, Part E, 7.7.65.6).
func (h *Host) askedForParameters(e *LERemoteConnectionParameterRequest) {
	c := h.link(e.ConnectionHandle, "connection parameter request")
	if c == nil {
		return
	}
	p := l2cap.ConnectionParameters{IntervalMin: e.IntervalMin, IntervalMax: e.IntervalMax, Latency: e.MaxLatency, Timeout: e.Timeout}
	var reply Command = &LERemoteConnectionParameterRequestReply{
		ConnectionHandle: e.ConnectionHandle,
		IntervalMin:      e.IntervalMin,
		IntervalMax:      e.IntervalMax,
		MaxLatency:       e.MaxLatency,
		Timeout:          e.Timeout,
	}
	if !p.Valid() {
		reply = &LERemoteConnectionParameterRequestNegativeReply{
			ConnectionHandle: e.ConnectionHandle,
			Reason:           bt.UnacceptableConnectionParameters,
		}
	}
	if err := c.submit(reply, c.logRefusal); err != nil {
		h.log.Warn("connection parameter request not answered", "handle", c.handle, "error", err)
	}
}

// add makes a new link known and attaches its handler; it runs in the reader's
// goroutine. A link that has the handle already has ended unseen.
func (h *Host) add(c *Conn) {
	h.mu.Lock()
	old := h.linkOf(c.handle)
	h.mu.Unlock()
	if old != nil {
		h.count(&h.stats.Malformed, slog.LevelWarn, "a new link has the handle of an old one", "handle", c.handle)
		h.remove(old, bt.UnspecifiedError)
	}
	h.mu.Lock()
	if missing := int(c.handle) + 1 - len(h.links); missing > 0 {
		h.links = append(h.links, make([]*Conn, missing)...)
	}
	h.links[c.handle] = c
	h.order = append(h.order, c)
	serve := h.serve
	h.mu.Unlock()
	h.log.Info("link made", "handle", c.handle, "role", c.role, "peer", c.peerAddress)
	if serve != nil {
		c.handler = serve(c)
	}
	if c.handler == nil {
		c.handler = refuser{c}
	}
}

// remove ends one link: its packets at the controller are free again.
func (h *Host) remove(c *Conn, reason bt.Status) {
	h.mu.Lock()
	if h.linkOf(c.handle) == c {
		h.links[c.handle] = nil
	}
	h.order = slices.DeleteFunc(h.order, func(other *Conn) bool { return other == c })
	h.aclFree += c.unacked.len()
	c.drop(reason)
	h.unlock()
	c.end(reason)
}

// drop has nothing more sent on the link; the host's lock is held.
func (c *Conn) drop(reason bt.Status) {
	for _, o := range c.out.all() {
		o.done = true
	}
	if c.out.len() > 0 {
		ready := &c.host.ready
		ready.keep(slices.DeleteFunc(ready.all(), func(other *Conn) bool { return other == c }))
	}
	if c.host.served == c {
		c.host.served = nil
	}
	c.out, c.unacked = queue[*outgoing]{}, queue[uint64]{}
	c.err = &linkError{reason}
}

// end tells the handler and all channels that the link is gone; it runs in the
// reader's goroutine, once a link.
func (c *Conn) end(reason bt.Status) {
	c.host.mu.Lock()
	if c.err == nil {
		c.drop(reason)
	}
	err := c.err
	channels := c.channels
	c.channels = nil
	c.host.mu.Unlock()
	c.host.log.Info("link ended", "handle", c.handle, "peer", c.peerAddress, "reason", reason)
	c.ended = true
	c.encrypted.Store(false)
	for _, channel := range channels {
		channel.End(err)
	}
	c.handler.HandleDisconnected(reason)
	close(c.done)
}
