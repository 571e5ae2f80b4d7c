package smptest

import (
	"errors"
	"fmt"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
)

// Peer is a device that does what a script says: the other side of a pairing
// for the device under test. It drives a controller itself, by raw HCI, and
// computes what it sends with package toolbox. It decides nothing by itself, so
// that it can be wrong on purpose.
//
// A Peer reads its controller only while one of its methods runs; one goroutine
// at a time may use it. What arrives is kept in the controller's order, and
// every Receive method takes the oldest: whatever was not expected fails the
// next one.
type Peer struct {
	transport transport.Transport
	options   PeerOptions
	own       bt.TypedAddress

	link     peerLink
	arrivals []Arrival
	parts    l2cap.Reassembler
	ladder   record
	exchange Exchange
	plan     Plan
	last     []byte // the PDU that was sent last
}

// peerLink is the link that a peer has; it has one at a time.
type peerLink struct {
	up     bool
	handle uint16
	role   bt.Role
	remote bt.TypedAddress
}

// PeerOptions say how a Peer is known and how it waits. The zero value is good.
type PeerOptions struct {
	// Address is a random address, static or private, in place of the
	// controller's public one.
	Address bt.Address

	// Sleep lets time pass; time.Sleep by default, which also suits a
	// testing/synctest bubble. A program with a clock of its own puts that in.
	Sleep func(time.Duration)

	// Patience is how long a Receive method waits, a second by default.
	Patience time.Duration
}

// defaultPatience is enough for any device that is not waiting for a person.
const defaultPatience = time.Second

// ErrNothing says that what was expected has not arrived.
var ErrNothing = errors.New("nothing arrived")

// NewPeer resets the controller behind a transport and asks it for the events
// that a Peer understands.
func NewPeer(t transport.Transport, o PeerOptions) (*Peer, error) {
	if o.Sleep == nil {
		o.Sleep = time.Sleep
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	p := &Peer{transport: t, options: o}
	if err := p.bringUp(); err != nil {
		return nil, fmt.Errorf("smptest: peer: %w", err)
	}
	return p, nil
}

// bringUp runs the commands after which the controller can be used.
func (p *Peer) bringUp() error {
	mask := ^hci.LEEventMaskEnhancedConnectionComplete
	for _, c := range []hci.Command{
		&hci.Reset{},
		&hci.SetEventMask{EventMask: ^hci.EventMask(0)},
		&hci.LESetEventMask{LEEventMask: mask},
	} {
		if _, err := p.command(c); err != nil {
			return err
		}
	}
	if p.options.Address != (bt.Address{}) {
		p.own = bt.TypedAddress{Type: bt.RandomAddress, Address: p.options.Address}
		_, err := p.command(&hci.LESetRandomAddress{RandomAddress: p.options.Address})
		return err
	}
	parameters, err := p.command(&hci.ReadBDADDR{})
	if err != nil {
		return err
	}
	var address hci.ReadBDADDRReturn
	if err := address.Unmarshal(parameters); err != nil {
		return err
	}
	p.own = bt.TypedAddress{Address: address.BDADDR}
	return nil
}

// Address is the peer's own address on the air.
func (p *Peer) Address() bt.TypedAddress { return p.own }

// Remote is the address of the device at the other end of the link.
func (p *Peer) Remote() bt.TypedAddress { return p.link.remote }

// Role is the peer's role on its link.
func (p *Peer) Role() bt.Role { return p.link.role }

// Advertise makes the peer connectable. Await tells when it is connected.
func (p *Peer) Advertise() error {
	if _, err := p.command(&hci.LESetAdvertisingParameters{
		AdvertisingIntervalMin: advertisingInterval, AdvertisingIntervalMax: advertisingInterval,
		OwnAddressType: p.ownType(), AdvertisingChannelMap: 0b111,
	}); err != nil {
		return err
	}
	_, err := p.command(&hci.LESetAdvertisingEnable{AdvertisingEnable: 1})
	return err
}

// Connect begins to connect to an advertiser. Await tells when it is done.
func (p *Peer) Connect(to bt.TypedAddress) error {
	_, err := p.command(&hci.LECreateConnection{
		LEScanInterval: 0x60, LEScanWindow: 0x60,
		PeerAddressType: hci.PeerAddressType(to.Type), PeerAddress: to.Address, OwnAddressType: p.ownType(),
		ConnectionIntervalMin: 24, ConnectionIntervalMax: 40, SupervisionTimeout: 400,
	})
	return err
}

// Find waits for somebody who advertises, and gives the address.
func (p *Peer) Find() (bt.TypedAddress, error) {
	if _, err := p.command(&hci.LESetScanParameters{
		LEScanType: 0, LEScanInterval: 0x60, LEScanWindow: 0x60, OwnAddressType: p.ownType(),
	}); err != nil {
		return bt.TypedAddress{}, err
	}
	if _, err := p.command(&hci.LESetScanEnable{LEScanEnable: 1}); err != nil {
		return bt.TypedAddress{}, err
	}
	found, err := receive(p, func(a Arrival) (bt.TypedAddress, bool) { return a.advertiser, !a.advertiser.IsZero() }, "an advertiser")
	if _, stop := p.command(&hci.LESetScanEnable{}); err == nil {
		err = stop
	}
	p.drop(func(a Arrival) bool { return !a.advertiser.IsZero() })
	return found, err
}

// Await waits until the link is up that Advertise or Connect has begun.
func (p *Peer) Await() error {
	_, err := receive(p, func(a Arrival) (struct{}, bool) { return struct{}{}, a.connected }, "a connection")
	return err
}

// Disconnect ends the link with this reason.
func (p *Peer) Disconnect(reason bt.Status) error {
	_, err := p.command(&hci.Disconnect{ConnectionHandle: p.link.handle, Reason: reason})
	return err
}

// Encrypt starts encryption, as central.
func (p *Peer) Encrypt(ltk bt.Key, rand uint64, ediv uint16) error {
	_, err := p.command(&hci.LEEnableEncryption{
		ConnectionHandle: p.link.handle, RandomNumber: rand, EncryptedDiversifier: ediv, LongTermKey: ltk,
	})
	return err
}

// ReplyLTK answers the controller's request for a key.
func (p *Peer) ReplyLTK(ltk bt.Key) error {
	_, err := p.command(&hci.LELongTermKeyRequestReply{ConnectionHandle: p.link.handle, LongTermKey: ltk})
	return err
}

// RejectLTK answers that there is no key.
func (p *Peer) RejectLTK() error {
	_, err := p.command(&hci.LELongTermKeyRequestNegativeReply{ConnectionHandle: p.link.handle})
	return err
}

// SendPDU sends octets on the Security Manager's channel, whatever they are.
func (p *Peer) SendPDU(pdu []byte) error {
	p.last = append([]byte(nil), pdu...)
	return p.send(l2cap.SMP, pdu)
}

// LastPDU is what SendPDU has sent last, nil before.
func (p *Peer) LastPDU() []byte { return append([]byte(nil), p.last...) }

// SendATT sends octets on the Attribute Protocol's channel.
func (p *Peer) SendATT(pdu []byte) error { return p.send(l2cap.ATT, pdu) }

// Silence waits for so long and returns an error if anything arrives.
func (p *Peer) Silence(d time.Duration) error {
	if err := p.poll(); err != nil {
		return err
	}
	if len(p.arrivals) == 0 {
		p.options.Sleep(d)
		if err := p.poll(); err != nil {
			return err
		}
	}
	if len(p.arrivals) > 0 {
		return fmt.Errorf("got %v, want silence", p.arrivals[0])
	}
	return nil
}

// Pending takes everything that has arrived and was not received.
func (p *Peer) Pending() ([]Arrival, error) {
	err := p.poll()
	pending := p.arrivals
	p.arrivals = nil
	return pending, err
}

// Close takes the peer off the air.
func (p *Peer) Close() error { return p.transport.Close() }

const advertisingInterval = 0x00a0 // 100 ms in units of 0.625 ms

func (p *Peer) ownType() hci.OwnAddressType {
	if p.own.Type == bt.RandomAddress {
		return hci.OwnRandom
	}
	return hci.OwnPublic
}
