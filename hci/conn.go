package hci

import (
	"errors"
	"fmt"
	"sync/atomic"

	"blesmp/bt"
	"blesmp/hci/l2cap"
)

// queueDepth is how many frames may wait on one link.
const queueDepth = 512

// Conn is one LE connection. It is the bt.Link of the handler that ServeLinks
// made for it. Its methods may be called from any goroutine, and none waits for
// the peer.
type Conn struct {
	host   *Host
	handle uint16
	role   bt.Role

	localAddress, localIdentity bt.TypedAddress
	peerAddress, peerIdentity   bt.TypedAddress

	done      chan struct{}
	encrypted atomic.Bool

	// Of the reader's goroutine.
	handler    bt.LinkHandler
	reassembly l2cap.Reassembler
	signaller  l2cap.Signaller
	answer     []byte
	ended      bool

	// Under the host's lock.
	out        queue[*outgoing]
	unacked    queue[uint64] // for each packet at the controller the SMP PDU that it completes, or 0
	smp        uint64        // number of the last SMP PDU
	identifier byte          // of the last signalling request
	channels   map[l2cap.CID]*l2cap.Channel
	err        error // why nothing can be sent
}

var _ bt.Link = (*Conn)(nil)

// Role is ours.
func (c *Conn) Role() bt.Role { return c.role }

// LocalAddress is our address on the air when the link was made.
func (c *Conn) LocalAddress() bt.TypedAddress { return c.localAddress }

// PeerAddress is the peer's address on the air when the link was made.
func (c *Conn) PeerAddress() bt.TypedAddress { return c.peerAddress }

// LocalIdentity is the address that the host is known by.
func (c *Conn) LocalIdentity() bt.TypedAddress { return c.localIdentity }

// PeerIdentity is the peer's identity, where the controller or Options.Resolver
// knew it when the link was made, and else PeerAddress.
func (c *Conn) PeerIdentity() bt.TypedAddress { return c.peerIdentity }

// Handle is the controller's number for the link.
func (c *Conn) Handle() uint16 { return c.handle }

// Encrypted reports whether the controller encrypts the link. It says nothing
// about how good the key is.
func (c *Conn) Encrypted() bool { return c.encrypted.Load() }

// Done is closed when the link has ended, after its handler knows.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is nil as long as the link is there, and then ErrDisconnected together
// with the reason.
func (c *Conn) Err() error {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	return c.err
}

// String tells role and peer.
func (c *Conn) String() string {
	return fmt.Sprintf("link 0x%04x as %s to %s", c.handle, c.role, c.peerAddress)
}

// SendSMP queues one PDU for channel 0x0006 and gives its number, from 1. The
// errors are ErrDisconnected and ErrQueueFull.
func (c *Conn) SendSMP(pdu []byte) (number uint64, err error) {
	return c.enqueue(l2cap.SMP, pdu)
}

// StartEncryption has the controller of a central encrypt, or encrypt again.
// What comes of it is an encryption event, also where the controller refuses.
func (c *Conn) StartEncryption(ltk bt.Key, rand uint64, ediv uint16) error {
	return c.submit(&LEEnableEncryption{
		ConnectionHandle:     c.handle,
		RandomNumber:         rand,
		EncryptedDiversifier: ediv,
		LongTermKey:          ltk,
	}, func(r result) {
		if refused, ok := errors.AsType[*CommandError](r.err); ok && !c.ended {
			c.handler.HandleEncryption(refused.Status, false, c.encrypted.Load())
		}
	})
}

// ReplyLTK answers a long term key request with the key.
func (c *Conn) ReplyLTK(ltk bt.Key) error {
	return c.submit(&LELongTermKeyRequestReply{ConnectionHandle: c.handle, LongTermKey: ltk}, c.logRefusal)
}

// RejectLTK answers a long term key request where there is no key.
func (c *Conn) RejectLTK() error {
	return c.submit(&LELongTermKeyRequestNegativeReply{ConnectionHandle: c.handle}, c.logRefusal)
}

// Disconnect ends the link with this reason, behind the data that the controller
// has room for. It does not wait; Done does.
func (c *Conn) Disconnect(reason bt.Status) error {
	return c.submit(&Disconnect{ConnectionHandle: c.handle, Reason: reason}, c.logRefusal)
}

// RequestParameters asks for other connection parameters: a central has its
// controller change them, a peripheral asks the peer (Core Vol 3, Part A, 4.20).
func (c *Conn) RequestParameters(p l2cap.ConnectionParameters) error {
	if !p.Valid() {
		return fmt.Errorf("hci: no link can have the connection parameters %+v", p)
	}
	if c.role == bt.Central {
		return c.update(p)
	}
	c.host.mu.Lock()
	c.identifier = c.identifier%255 + 1
	identifier := c.identifier
	c.host.mu.Unlock()
	_, err := c.enqueue(l2cap.Signalling, l2cap.AppendParameterUpdateRequest(nil, identifier, p))
	return err
}

func (c *Conn) update(p l2cap.ConnectionParameters) error {
	return c.submit(&LEConnectionUpdate{
		ConnectionHandle:      c.handle,
		ConnectionIntervalMin: p.IntervalMin,
		ConnectionIntervalMax: p.IntervalMax,
		MaxLatency:            p.Latency,
		SupervisionTimeout:    p.Timeout,
	}, c.logRefusal)
}

// Channel opens a fixed channel, l2cap.ATT above all, which until the channel is
// closed replaces what the host itself answers there. The channels for
// signalling and SMP have other owners. ErrBusy says that it is open already.
func (c *Conn) Channel(id l2cap.CID) (*l2cap.Channel, error) {
	if id == l2cap.SMP || id == l2cap.Signalling {
		return nil, fmt.Errorf("hci: the %s channel belongs to the host", id)
	}
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	switch {
	case c.err != nil:
		return nil, c.err
	case c.channels[id] != nil:
		return nil, fmt.Errorf("%w: channel %s", ErrBusy, id)
	}
	send := func(payload []byte) error {
		_, err := c.enqueue(id, payload)
		return err
	}
	channel := l2cap.NewChannel(id, send, func() {
		c.host.mu.Lock()
		defer c.host.mu.Unlock()
		delete(c.channels, id)
	})
	c.channels[id] = channel
	return channel, nil
}

// submit queues a command for the link.
func (c *Conn) submit(command Command, finish func(result)) error {
	if err := c.Err(); err != nil {
		return err
	}
	_, err := c.host.submit(command, finish)
	return err
}

func (c *Conn) logRefusal(r result) {
	if r.err != nil {
		c.host.log.Warn("command for a link failed", "handle", c.handle, "error", r.err)
	}
}

// enqueue queues one frame; SMP PDUs get a number.
func (c *Conn) enqueue(id l2cap.CID, payload []byte) (number uint64, err error) {
	if len(payload) > l2cap.MaxPayload {
		return 0, l2cap.ErrTooLong
	}
	h := c.host
	h.mu.Lock()
	defer h.unlock()
	switch {
	case c.err != nil:
		return 0, c.err
	case h.err != nil:
		return 0, h.err
	case c.out.len() >= queueDepth:
		return 0, ErrQueueFull
	}
	if id == l2cap.SMP {
		c.smp++
		number = c.smp
	}
	o := h.newOutgoing()
	// It fits, as was looked at above.
	o.octets, _ = l2cap.AppendFrame(o.octets[:0], id, payload)
	o.frame = l2cap.NewFragmenter(o.octets, l2cap.FirstToController)
	o.serial, o.number, o.done = h.nextSerial(), number, false
	if c.out.len() == 0 && c != h.served {
		h.ready.push(c)
	}
	c.out.push(o)
	h.waiting.push(o)
	return number, nil
}
