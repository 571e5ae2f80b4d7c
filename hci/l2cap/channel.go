package l2cap

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed is the error of a channel that was closed on this side.
var ErrClosed = errors.New("l2cap: channel is closed")

// ErrOverflow ends a channel whose owner left too many PDUs unread.
var ErrOverflow = errors.New("l2cap: received PDUs were left unread")

// channelDepth is how many PDUs wait for Receive.
const channelDepth = 256

// Channel is a fixed channel of one link in the hands of the program. Its
// methods may be called from any goroutine.
type Channel struct {
	id      CID
	send    func(payload []byte) error
	release func()

	mu       sync.Mutex
	received [][]byte
	err      error         // why nothing more comes
	ready    chan struct{} // holds a token when received or err is worth a look
}

// NewChannel makes a channel of what a host has: send queues a payload, and
// release, which may be nil, takes the channel off its link.
func NewChannel(id CID, send func(payload []byte) error, release func()) *Channel {
	return &Channel{id: id, send: send, release: release, ready: make(chan struct{}, 1)}
}

// ID is the channel's number.
func (c *Channel) ID() CID { return c.id }

// Send queues one PDU and does not keep it. It does not wait for the peer.
func (c *Channel) Send(payload []byte) error {
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return c.send(payload)
}

// Receive waits for the next PDU, which is the caller's. After the last one it
// gives the reason why the channel ended, and where the context ends first, the
// context's error.
func (c *Channel) Receive(ctx context.Context) ([]byte, error) {
	for {
		payload, err := c.take()
		if payload != nil || err != nil {
			return payload, err
		}
		select {
		case <-c.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (c *Channel) take() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.received) == 0 {
		if c.err != nil {
			c.wake() // for whoever else waits
		}
		return nil, c.err
	}
	payload := c.received[0]
	c.received[0] = nil
	c.received = c.received[1:]
	if len(c.received) > 0 || c.err != nil {
		c.wake()
	}
	return payload, nil
}

// wake lets one waiting Receive look again; c.mu is held.
func (c *Channel) wake() {
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

// Close gives the channel back to the host, which from then on answers the peer
// itself. Receive gives what had come before, then ErrClosed.
func (c *Channel) Close() error {
	if c.End(ErrClosed) && c.release != nil {
		c.release()
	}
	return nil
}

// Deliver hands a copy of one received PDU to Receive. It never waits: with too
// many PDUs unread the channel ends with ErrOverflow. It is for hosts.
func (c *Channel) Deliver(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	if len(c.received) == channelDepth {
		c.err = ErrOverflow
	} else {
		c.received = append(c.received, append([]byte{}, payload...))
	}
	c.wake()
}

// End ends the channel with a reason, which is not nil, and reports whether it
// was still open. It is for hosts.
func (c *Channel) End(reason error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false
	}
	c.err = reason
	c.wake()
	return true
}
