package virtual

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
)

// ErrClosed is what a closed Controller answers.
var ErrClosed = errors.New("virtual: controller is closed")

// Config describes one controller. Every field has a useful zero value.
type Config struct {
	// PublicAddress is the controller's BD_ADDR. The zero address stands for
	// one that NewController makes up, a different one for each controller.
	PublicAddress bt.Address

	// RandomAddress is a static random address that the controller has from
	// the start and after each reset, until its host sets another. Where it is
	// set and PublicAddress is not, the controller has no public address.
	RandomAddress bt.Address

	// ACLLength is the longest data that the host may put into one ACL packet,
	// in octets, 27 to 251, and ACLPackets how many such packets the controller
	// holds: 251 and 8 if zero. No packet to the host is longer either.
	ACLLength  uint16
	ACLPackets uint8

	// FilterAcceptListSize and ResolvingListSize are in entries: 8 if zero.
	FilterAcceptListSize uint8
	ResolvingListSize    uint8

	// MaxLinks is how many connections there can be at a time: 16 if zero.
	MaxLinks int

	// Unsupported are commands that this controller does not know, to be like
	// an older one.
	Unsupported []hci.Opcode

	// RSSI is how strongly this controller is heard, in dBm: -40 if zero.
	RSSI int8
}

func (c Config) withDefaults(number int) Config {
	if c.PublicAddress == (bt.Address{}) && c.RandomAddress == (bt.Address{}) {
		c.PublicAddress = bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53}
		c.PublicAddress[5] = byte(number)
	}
	if c.ACLLength == 0 {
		c.ACLLength = maxDataOctets
	}
	c.ACLLength = min(max(c.ACLLength, minDataOctets), maxDataOctets)
	setDefault(&c.ACLPackets, 8)
	setDefault(&c.FilterAcceptListSize, 8)
	setDefault(&c.ResolvingListSize, 8)
	setDefault(&c.MaxLinks, 16)
	setDefault(&c.RSSI, defaultRSSI)
	return c
}

// defaultRSSI is how strongly a controller is heard, in dBm.
const defaultRSSI = -40

func setDefault[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Controller is one virtual LE controller. Its host writes commands and data
// with WritePacket, and reads events and data with ReadPacket, each time one
// whole H4 packet; a host elsewhere is attached with Serve. All methods may be
// called from any goroutine.
type Controller struct {
	air        *Air
	config     Config
	commands   map[hci.Opcode]command
	nextHandle uint16

	// Guarded by the air's lock, as is everything below.
	readable *sync.Cond
	outbox   outbox

	packet     []byte                       // memory for the next packet to the host
	completion hci.NumberOfCompletedPackets // the same for this event
	data       int                          // how many packets of the outbox are ACL data
	owed       []func()                     // acknowledgements that wait until the host has read
	late       lateEvents
	closed     bool

	settings
}

var _ transport.Immediate = (*Controller)(nil)

// settings are what Reset puts back.
type settings struct {
	eventMask      hci.EventMask
	eventMaskPage2 hci.EventMaskPage2
	leEventMask    hci.LEEventMask
	randomAddress  bt.Address // zero until the host has set one
	suggested      uint16     // octets of a packet on new links
	links          map[uint16]*end
	inUse          uint8 // ACL buffers that hold data of the host

	advertiser advertiser
	scanner    scanner
	initiator  initiator
	acceptList []bt.TypedAddress
	privacy    privacy
	keys       keyPair
}

// The masks after a reset (Core Vol 4, Part E, 7.3.1 and 7.8.1).
const (
	defaultEventMask   hci.EventMask   = 0x00001fffffffffff
	defaultLEEventMask hci.LEEventMask = 0x1f
)

// NewController puts one more controller on the air.
func (a *Air) NewController(config Config) *Controller {
	a.mu.Lock()
	defer a.mu.Unlock()
	number := len(a.controllers) + 1
	c := &Controller{
		air:        a,
		config:     config.withDefaults(number),
		commands:   newCommands(),
		nextHandle: uint16(number * 0x40 % handleCount),
		readable:   sync.NewCond(&a.mu),
	}
	for _, opcode := range config.Unsupported {
		delete(c.commands, opcode)
	}
	c.settings = c.initialSettings()
	a.controllers = append(a.controllers, c)
	return c
}

func (c *Controller) initialSettings() settings {
	return settings{
		randomAddress: c.config.RandomAddress,
		eventMask:     defaultEventMask,
		leEventMask:   defaultLEEventMask,
		suggested:     minDataOctets,
		links:         make(map[uint16]*end),
		privacy:       privacy{timeout: defaultRPATimeout},
		advertiser:    advertiser{params: defaultAdvertisingParameters},
		scanner:       scanner{params: defaultScanParameters},
	}
}

// PublicAddress gives the controller's BD_ADDR.
func (c *Controller) PublicAddress() bt.Address { return c.config.PublicAddress }

// Links gives the controller's connections, the oldest first.
func (c *Controller) Links() []*Link {
	c.air.mu.Lock()
	defer c.air.mu.Unlock()
	var links []*Link
	for _, l := range c.air.links {
		if l.joins(c) {
			links = append(links, l)
		}
	}
	return links
}

// WritePacket takes one H4 packet from the host: a command or ACL data. What
// the host gets wrong is answered by events, as the Core says; only a packet
// that no host may send is an error. The packet is not kept.
func (c *Controller) WritePacket(p []byte) error {
	if err := transport.Check(p); err != nil {
		return err
	}
	c.air.mu.Lock()
	defer c.air.release()
	if c.closed {
		return ErrClosed
	}
	switch p[0] {
	case transport.CommandPacket:
		c.command(hci.Opcode(binary.LittleEndian.Uint16(p[1:])), p[4:])
	case transport.ACLPacket:
		data, err := hci.ParseACL(p)
		if err != nil {
			return err
		}
		c.acl(data)
	default:
		return fmt.Errorf("virtual: packet type 0x%02x: neither a command nor ACL data", p[0])
	}
	return nil
}

// WritesImmediately says that WritePacket waits for nobody.
func (c *Controller) WritesImmediately() {}

// ReadPacket waits for the next H4 packet to the host. It uses the memory of buf
// where that suffices. After Close it is io.EOF.
func (c *Controller) ReadPacket(buf []byte) ([]byte, error) {
	return c.read(buf, new(bool))
}

// read is ReadPacket that also ends when ended becomes true.
func (c *Controller) read(buf []byte, ended *bool) ([]byte, error) {
	c.air.mu.Lock()
	defer c.air.release()
	for c.outbox.empty() && !c.closed && !*ended {
		c.readable.Wait()
	}
	if c.closed || *ended {
		return nil, io.EOF
	}
	p := c.outbox.take(buf[:0])
	if p[0] == transport.ACLPacket {
		c.data--
		c.acknowledgeOwed()
	}
	return p, nil
}

// Serve lets a host elsewhere use the controller, over H4 on a stream: a TCP or
// unix socket, for example. It returns when the stream ends, nil if that was
// between two packets, and closes it. The controller is then as new: for its
// peers it has moved out of range. There can be one host at a time.
func (c *Controller) Serve(stream io.ReadWriteCloser) error {
	return c.ServeTransport(transport.NewH4(stream))
}

// ServeTransport is Serve for a host at the other end of a transport, such as a
// snoop.Tap.
func (c *Controller) ServeTransport(host transport.Transport) error {
	var ended bool // guarded by the air's lock
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer func() { _ = host.Close() }() // the reader sees the error that matters
		var buf []byte
		for {
			p, err := c.read(buf, &ended)
			if err != nil || host.WritePacket(p) != nil {
				return
			}
			buf = p
		}
	}()

	err := c.take(host)
	c.air.mu.Lock()
	ended = true
	c.vanish()
	c.readable.Broadcast()
	c.air.release()
	_ = host.Close() // a write that is stuck ends with it
	<-written
	return err
}

// take gives the host's packets to the controller.
func (c *Controller) take(host transport.Transport) error {
	var buf []byte
	for {
		p, err := host.ReadPacket(buf)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		if err := c.WritePacket(p); err != nil {
			return err
		}
		buf = p
	}
}

// Close takes the controller off the air. Its links end as if it had moved out
// of range, and ReadPacket gives io.EOF.
func (c *Controller) Close() error {
	c.air.mu.Lock()
	defer c.air.release()
	if c.closed {
		return nil
	}
	c.vanish()
	c.closed = true
	c.air.controllers = slices.DeleteFunc(c.air.controllers, func(other *Controller) bool { return other == c })
	c.readable.Broadcast()
	return nil
}

// vanish drops everything that the host has started and all that it was still
// to be told.
func (c *Controller) vanish() {
	c.clear()
	c.outbox, c.data = outbox{}, 0
	c.acknowledgeOwed()
}

// clear puts the settings back. The peers of our links are left to their
// supervision timeout; our host is told nothing (Core Vol 4, Part E, 7.3.2).
func (c *Controller) clear() {
	for _, l := range slices.Clone(c.air.links) {
		if l.joins(c) {
			l.endFor(c, bt.ConnectionTimeout)
		}
	}
	c.stopAdvertising()
	c.deliverLate()
	c.settings = c.initialSettings()
}

// push queues one H4 packet for the host, and does not keep it.
func (c *Controller) push(p []byte) {
	if c.closed {
		return
	}
	if p[0] == transport.EventPacket && c.holds(p) {
		return
	}
	c.enqueue(p)
	if p[0] == transport.ACLPacket {
		c.data++
		c.deliverLate()
	}
}

// enqueue lets the host read a packet.
func (c *Controller) enqueue(p []byte) {
	c.outbox.put(p)
	c.readable.Broadcast()
}

// maxUnread is how many ACL packets may wait for the host before the controller
// stops to acknowledge what it receives, as one without a free buffer does.
const maxUnread = 256

// acknowledge runs the sender's acknowledgement of data that has arrived here.
func (c *Controller) acknowledge(f func()) {
	if c.data > maxUnread {
		c.owed = append(c.owed, f)
		return
	}
	f()
}

func (c *Controller) acknowledgeOwed() {
	if c.data > maxUnread/2 {
		return
	}
	owed := c.owed
	c.owed = nil
	for _, f := range owed {
		f()
	}
}
