package virtual

import (
	"bytes"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
)

// linkTypeACL is what Data Buffer Overflow says of LE data (Core Vol 4, Part E,
// 7.7.26).
const linkTypeACL = 0x01

// acl takes ACL data from the host. Data for a link that has just ended is
// dropped, as the host cannot know yet; more data than there are buffers is
// dropped with Data Buffer Overflow.
func (c *Controller) acl(p hci.ACL) {
	e, ok := c.links[p.Handle]
	if !ok {
		return
	}
	data := p.Data
	if len(data) > int(c.config.ACLLength) || c.inUse >= c.config.ACLPackets {
		c.send(&hci.DataBufferOverflow{LinkType: linkTypeACL})
		return
	}
	c.inUse++
	e.inFlight++
	llid := byte(llidStart)
	if p.Boundary == l2cap.Continuation {
		llid = llidContinue
	}
	for size := int(e.lengths.tx); len(data) > size; data = data[size:] {
		e.transmitOrHold(llid, data[:size:size], nil)
		llid = llidContinue
	}
	if e.whenCompleted == nil {
		e.whenCompleted = e.completed
	}
	e.transmitOrHold(llid, data, e.whenCompleted)
}

// completed gives a buffer back to the host (Core Vol 4, Part E, 7.7.19).
func (e *end) completed() {
	if e.link.gone {
		return
	}
	e.inFlight--
	e.controller.inUse--
	completion := &e.controller.completion
	completion.Completed = append(completion.Completed[:0], hci.CompletedPackets{ConnectionHandle: e.handle, NumCompletedPackets: 1})
	e.controller.send(completion)
}

// transmitOrHold sends a PDU, or keeps it while an encryption procedure runs
// (Core Vol 6, Part B, 5.1.3.1). It does not use the payload's memory any more.
func (e *end) transmitOrHold(llid byte, payload []byte, done func()) {
	if e.encryption.running() || len(e.held) > 0 {
		e.held = append(e.held, outgoing{llid: llid, payload: bytes.Clone(payload), done: done})
		return
	}
	e.transmit(llid, payload, done)
}

// resume sends what was held.
func (e *end) resume() {
	for len(e.held) > 0 && !e.encryption.running() && !e.link.gone {
		o := e.held[0]
		e.held = e.held[1:]
		e.transmit(o.llid, o.payload, o.done)
	}
}

// transmit puts a PDU on the air at once; done, which may be nil, runs when the
// peer has it.
func (e *end) transmit(llid byte, payload []byte, done func()) {
	a, l := e.link.air, e.link
	if l.gone {
		return
	}
	f := a.newFlight()
	f.from, f.done = e, done
	f.pdu = append(f.pdu, e.header(llid), byte(len(payload)))
	f.pdu = append(f.pdu, payload...)
	frame := a.show(Frame{Link: l, From: e.role, AccessAddress: l.accessAddress, PDU: f.pdu})

	fate := a.intercept(frame)
	switch {
	case fate.Lose:
		l.end(bt.ConnectionTimeout, bt.ConnectionTimeout)
		return
	case fate.Drop:
		e.finished(done)
		return
	}
	e.sn = !e.sn
	if e.encryption.sends {
		to := f.pdu[:headerSize]
		if a.options.Interceptor != nil {
			to = to[:headerSize:headerSize] // what it has seen stays as it is
		}
		f.pdu = e.encryption.session.seal(to, e.role, f.pdu[0], f.pdu[headerSize:])
		f.pdu[1] = byte(len(f.pdu) - headerSize)
	}
	a.observe(frame, f.pdu, e.encryption.sends)
	due := e.arrival(fate.Delay)
	e.travelling++
	a.at(due, f.land)
}

// header gives the bits of the next PDU. The acknowledgement bits are right for
// a link on which every PDU arrives the first time.
func (e *end) header(llid byte) byte {
	if e.sn {
		llid |= headerSN
	}
	if e.nesn {
		llid |= headerNESN
	}
	return llid
}

// arrival gives the time at which a PDU that is sent now arrives: zero for at
// once, and never before an older one of the same direction.
func (e *end) arrival(extra time.Duration) time.Time {
	var due time.Time
	if delay := e.link.air.options.Delay + extra; delay > 0 {
		due = time.Now().Add(delay)
	}
	if e.travelling > 0 && due.Before(e.arriving) {
		due = e.arriving
	}
	e.arriving = due
	return due
}

// finished acknowledges a PDU to its sender, once the receiver has room.
func (e *end) finished(done func()) {
	if done != nil {
		e.peer.controller.acknowledge(done)
	}
}

// receive takes a PDU from the air, and decrypts it where it lies.
func (e *end) receive(pdu []byte) {
	header, payload := pdu[0], pdu[headerSize:]
	e.nesn = !e.nesn
	if e.encryption.receives {
		opened, ok := e.encryption.session.open(payload[:0], e.peer.role, header, payload)
		if !ok {
			e.micFailure()
			return
		}
		payload = opened
	}
	switch llid := header & headerLLID; {
	case llid == llidControl:
		e.receiveControl(payload)
	case e.encryption.refusesData():
		e.micFailure()
	default:
		e.deliver(llid, payload)
	}
}

// deliver hands data to the host.
func (e *end) deliver(llid byte, payload []byte) {
	if e.controller.closed || len(payload) == 0 {
		return
	}
	boundary := l2cap.Continuation
	if llid == llidStart {
		boundary = l2cap.FirstToHost
	}
	c := e.controller
	c.packet = hci.AppendACL(c.packet[:0], hci.ACL{Handle: e.handle, Boundary: boundary, Data: payload})
	c.push(c.packet)
}

// micFailure ends the link. The Core has the device that finds the failure fall
// silent, and leaves the other to its supervision timeout; here both hosts are
// told the reason at once, so that nobody waits (Core Vol 6, Part B, 5.1.3.1).
func (e *end) micFailure() { e.link.end(bt.MICFailure, bt.MICFailure) }
