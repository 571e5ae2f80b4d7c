// Package dhcp is the client of DHCP, as an example of a protocol that is
// described and generated: dhcp.yaml says what happens, and this package what
// data cannot say. A Client does no input or output; frame.go packs its messages
// into the format of RFC 2131.
package dhcp

import (
	"net/netip"
	"time"

	"blesmp/gen/table"
)

//go:generate go run blesmp/cmd/smpgen gen dhcp.yaml
//go:generate go run blesmp/cmd/smpgen diagram -o diagrams dhcp.yaml

// Effect is one thing that a Client wants done.
type Effect struct {
	Kind  EffectKind
	PDU   []byte // EffectSend; see AppendFrame
	Timer Timer  // EffectStartTimer, EffectStopTimer
	Lease Lease  // EffectProbe, EffectConfigure
	Loss  Loss   // EffectReportLoss
}

// Lease is an address for a time. RenewalDue is to be stepped after half of the
// time, RebindingDue after seven eighths, and LeaseOver at its end.
type Lease struct {
	Address netip.Addr
	Server  netip.Addr
	For     time.Duration
}

// Client is one network interface in search of an address.
type Client struct {
	random func() uint32

	machine table.Machine
	message message
	effects []Effect

	xid       uint32
	lease     Lease
	extending bool
}

// New makes a client that does nothing yet. It draws the numbers of its
// transactions from random.
func New(random func() uint32) *Client {
	return &Client{random: random, machine: Table().New(0)}
}

// State is where the client stands.
func (c *Client) State() State { return State(c.machine.State) }

// Receive takes a message of a server, as ParseFrame gives it.
func (c *Client) Receive(pdu []byte) []Effect {
	event, _ := c.message.unmarshal(pdu) // a bad message is an event too
	switch event {
	case EventOffer:
		c.vars().setOurs(c.message.Offer.XID == c.xid)
	case EventAck:
		c.vars().setOurs(c.message.Ack.XID == c.xid)
	case EventNak:
		c.vars().setOurs(c.message.Nak.XID == c.xid)
	}
	return c.Step(event)
}

// Step takes a command, or what a clock or the network says.
func (c *Client) Step(event EventKind) []Effect {
	c.effects = nil
	binding{c}.step(&c.machine, uint8(event))
	return c.effects
}

func (c *Client) vars() *vars { return (*vars)(&c.machine.Slots) }

// The engine.

func (c *Client) newEffect(kind EffectKind) *Effect {
	c.effects = append(c.effects, Effect{Kind: kind})
	return &c.effects[len(c.effects)-1]
}

func (c *Client) scratch() []byte { return nil }

func (c *Client) sent(_ PDUCode, pdu []byte) { c.newEffect(EffectSend).PDU = pdu }

func (c *Client) startTimer(t Timer) { c.newEffect(EffectStartTimer).Timer = t }

func (c *Client) stopTimer(t Timer) { c.newEffect(EffectStopTimer).Timer = t }

func (c *Client) took(table.Step) {}

// Actions.

func (c *Client) newTransaction() { c.xid = c.random() }

func (c *Client) keepOffer() {
	c.lease = Lease{Address: netip.AddrFrom4(c.message.Offer.Address), Server: netip.AddrFrom4(c.message.Offer.Server)}
}

func (c *Client) keepLease() {
	a := &c.message.Ack
	c.lease = Lease{netip.AddrFrom4(a.Address), netip.AddrFrom4(a.Server), time.Duration(a.Lease) * time.Second}
	c.extending = false
}

func (c *Client) extend() { c.extending = true }

func (c *Client) forget() {
	c.lease = Lease{}
	c.extending = false
}

// Messages.

func (c *Client) discover() Discover { return Discover{XID: c.xid} }

func (c *Client) request() Request {
	r := Request{XID: c.xid, Address: octets(c.lease.Address)}
	if !c.extending {
		r.Server = octets(c.lease.Server)
	}
	return r
}

func (c *Client) decline() Decline {
	return Decline{XID: c.xid, Address: octets(c.lease.Address), Server: octets(c.lease.Server)}
}

func (c *Client) release() Release {
	return Release{XID: c.xid, Address: octets(c.lease.Address), Server: octets(c.lease.Server)}
}

// octets gives an address as it is sent; none is four zeros.
func octets(a netip.Addr) [4]byte {
	if !a.Is4() {
		return [4]byte{}
	}
	return a.As4()
}

// Effects.

func (c *Client) probe(e *Effect) { e.Lease = c.lease }

func (c *Client) configure(e *Effect) { e.Lease = c.lease }

func (c *Client) unconfigure(*Effect) {}

func (c *Client) reportLoss(e *Effect, loss Loss) { e.Loss = loss }
