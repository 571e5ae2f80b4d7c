package virtual_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

// host is a scripted host: it sends one command at a time, and keeps the events
// and data that come meanwhile.
type host struct {
	t    testing.TB
	name string
	transport.Transport
	got []any // events as pointers to structs, data as data
}

// data is an ACL packet from the controller.
type data struct {
	Handle   uint16
	Boundary uint8
	Octets   string // hexadecimal
}

type commandPacket interface {
	AppendTo(b []byte) []byte
	Opcode() hci.Opcode
}

type decoder interface{ Unmarshal(b []byte) error }

// newHost attaches a host that wants every event but LE Enhanced Connection
// Complete.
func newHost(t testing.TB, name string, controller transport.Transport) *host {
	t.Helper()
	h := &host{t: t, name: name, Transport: controller}
	h.ok(&hci.Reset{}, &hci.ResetReturn{})
	h.ok(&hci.SetEventMask{EventMask: ^hci.EventMask(0)}, &hci.SetEventMaskReturn{})
	mask := ^hci.LEEventMaskEnhancedConnectionComplete
	h.ok(&hci.LESetEventMask{LEEventMask: mask}, &hci.LESetEventMaskReturn{})
	return h
}

// command gives the octets of a command packet.
func command(c commandPacket) []byte {
	p := []byte{transport.CommandPacket}
	p = binary.LittleEndian.AppendUint16(p, uint16(c.Opcode()))
	p = c.AppendTo(append(p, 0))
	p[3] = byte(len(p) - 4)
	return p
}

func (h *host) write(p []byte) {
	h.t.Helper()
	if err := h.WritePacket(p); err != nil {
		h.t.Fatalf("%s: %v", h.name, err)
	}
}

// read waits for one packet and decodes it.
func (h *host) read() any {
	h.t.Helper()
	p, err := h.ReadPacket(nil)
	if err != nil {
		h.t.Fatalf("%s: %v", h.name, err)
	}
	if err := transport.Check(p); err != nil {
		h.t.Fatalf("%s: %v", h.name, err)
	}
	switch p[0] {
	case transport.ACLPacket:
		head := binary.LittleEndian.Uint16(p[1:])
		return data{Handle: head & 0x0fff, Boundary: uint8(head >> 12), Octets: fmt.Sprintf("%x", p[5:])}
	case transport.EventPacket:
		return h.decode(p[1], p[3:])
	}
	h.t.Fatalf("%s: packet of type %d", h.name, p[0])
	return nil
}

func (h *host) decode(code byte, parameters []byte) any {
	h.t.Helper()
	var e decoder
	switch hci.EventCode(code) {
	case hci.EventCodeDisconnectionComplete:
		e = new(hci.DisconnectionComplete)
	case hci.EventCodeEncryptionChange:
		e = new(hci.EncryptionChange)
	case hci.EventCodeEncryptionChangeV2:
		e = new(hci.EncryptionChangeV2)
	case hci.EventCodeEncryptionKeyRefreshComplete:
		e = new(hci.EncryptionKeyRefreshComplete)
	case hci.EventCodeReadRemoteVersionInformationComplete:
		e = new(hci.ReadRemoteVersionInformationComplete)
	case hci.EventCodeCommandComplete:
		e = new(hci.CommandComplete)
	case hci.EventCodeCommandStatus:
		e = new(hci.CommandStatus)
	case hci.EventCodeNumberOfCompletedPackets:
		e = new(hci.NumberOfCompletedPackets)
	case hci.EventCodeDataBufferOverflow:
		e = new(hci.DataBufferOverflow)
	case 0x3e:
		e = h.decodeLE(parameters[0])
		parameters = parameters[1:]
	default:
		h.t.Fatalf("%s: event 0x%02x", h.name, code)
	}
	if err := e.Unmarshal(parameters); err != nil {
		h.t.Fatalf("%s: %v in % x", h.name, err, parameters)
	}
	return e
}

func (h *host) decodeLE(subevent byte) decoder {
	h.t.Helper()
	switch hci.Subevent(subevent) {
	case hci.SubeventLEConnectionComplete:
		return new(hci.LEConnectionComplete)
	case hci.SubeventLEEnhancedConnectionComplete:
		return new(hci.LEEnhancedConnectionComplete)
	case hci.SubeventLEAdvertisingReport:
		return new(hci.LEAdvertisingReport)
	case hci.SubeventLEDirectedAdvertisingReport:
		return new(hci.LEDirectedAdvertisingReport)
	case hci.SubeventLEConnectionUpdateComplete:
		return new(hci.LEConnectionUpdateComplete)
	case hci.SubeventLEReadRemoteFeaturesComplete:
		return new(hci.LEReadRemoteFeaturesComplete)
	case hci.SubeventLELongTermKeyRequest:
		return new(hci.LELongTermKeyRequest)
	case hci.SubeventLEDataLengthChange:
		return new(hci.LEDataLengthChange)
	case hci.SubeventLEReadLocalP256PublicKeyComplete:
		return new(hci.LEReadLocalP256PublicKeyComplete)
	case hci.SubeventLEGenerateDHKeyComplete:
		return new(hci.LEGenerateDHKeyComplete)
	}
	h.t.Fatalf("%s: LE subevent 0x%02x", h.name, subevent)
	return nil
}

// run sends a command, decodes its return parameters unless ret is nil, and
// gives its status.
func (h *host) run(c commandPacket, ret decoder) bt.Status {
	h.t.Helper()
	h.write(command(c))
	for {
		switch e := h.read().(type) {
		case *hci.CommandComplete:
			if hci.Opcode(e.CommandOpcode) != c.Opcode() || e.NumHCICommandPackets != 1 {
				h.t.Fatalf("%s: Command Complete %+v for %v", h.name, e, c.Opcode())
			}
			if ret == nil {
				h.t.Fatalf("%s: Command Complete for %v, want Command Status", h.name, c.Opcode())
			}
			if err := ret.Unmarshal(e.ReturnParameters); err != nil {
				h.t.Fatalf("%s: %v", h.name, err)
			}
			return bt.Status(e.ReturnParameters[0])
		case *hci.CommandStatus:
			if hci.Opcode(e.CommandOpcode) != c.Opcode() || e.NumHCICommandPackets != 1 {
				h.t.Fatalf("%s: Command Status %+v for %v", h.name, e, c.Opcode())
			}
			if ret != nil {
				h.t.Fatalf("%s: Command Status %v for %v, want Command Complete", h.name, e.Status, c.Opcode())
			}
			return e.Status
		default:
			h.got = append(h.got, e)
		}
	}
}

// ok is run for a command that has to succeed.
func (h *host) ok(c commandPacket, ret decoder) {
	h.t.Helper()
	h.status(bt.Success, c, ret)
}

// status is run for a command with this status.
func (h *host) status(want bt.Status, c commandPacket, ret decoder) {
	h.t.Helper()
	if got := h.run(c, ret); got != want {
		h.t.Fatalf("%s: %v: %v, want %v", h.name, c.Opcode(), got, want)
	}
}

// take gives all that has come since the last call.
func (h *host) take() []any {
	h.t.Helper()
	h.ok(&hci.ReadBDADDR{}, &hci.ReadBDADDRReturn{})
	got := h.got
	h.got = nil
	return got
}

// wants compares what has come since the last call.
func (h *host) wants(want ...any) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.take()); diff != "" {
		h.t.Fatalf("%s (-want +got):\n%s", h.name, diff)
	}
}

// acl sends one packet of ACL data.
func (h *host) acl(handle uint16, boundary uint8, octets []byte) {
	h.t.Helper()
	p := []byte{transport.ACLPacket}
	p = binary.LittleEndian.AppendUint16(p, handle|uint16(boundary)<<12)
	p = binary.LittleEndian.AppendUint16(p, uint16(len(octets)))
	h.write(append(p, octets...))
}

// Addresses and keys of the tests.
var (
	randomA = bt.Address{0xc1, 0x11, 0x22, 0x33, 0x44, 0x55}
	randomB = bt.Address{0xc2, 0x66, 0x77, 0x88, 0x99, 0xaa}
	publicA = bt.Address{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}
	publicB = bt.Address{0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}
	ltk     = bt.Key{0x4c, 0x68, 0x38, 0x41, 0x39, 0xf5, 0x74, 0xd8, 0x36, 0xbc, 0xf3, 0x4e, 0x9d, 0xfb, 0x01, 0xbf}
	irkA    = bt.Key{0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	irkB    = bt.Key{0xb0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
)

// pair is two hosts on one air.
type pair struct {
	air                      *virtual.Air
	a, b                     *host // a becomes the central
	controllerA, controllerB *virtual.Controller
	link                     *virtual.Link
	central, peripheral      uint16 // handles
}

func newPair(t testing.TB, options virtual.Options, a, b virtual.Config) *pair {
	t.Helper()
	air := virtual.NewAir(options)
	a.PublicAddress, b.PublicAddress = publicA, publicB
	p := &pair{air: air, controllerA: air.NewController(a), controllerB: air.NewController(b)}
	p.a, p.b = newHost(t, "central", p.controllerA), newHost(t, "peripheral", p.controllerB)
	return p
}

// advertising gives parameters for connectable advertising from the public
// address.
func advertising() *hci.LESetAdvertisingParameters {
	return &hci.LESetAdvertisingParameters{
		AdvertisingIntervalMin: 0x20, AdvertisingIntervalMax: 0x20, AdvertisingChannelMap: 7,
	}
}

func (h *host) advertise(params *hci.LESetAdvertisingParameters) {
	h.t.Helper()
	h.ok(params, &hci.LESetAdvertisingParametersReturn{})
	h.ok(&hci.LESetAdvertisingEnable{AdvertisingEnable: 1}, &hci.LESetAdvertisingEnableReturn{})
}

// connection gives parameters to connect to a public address.
func connection(to bt.Address) *hci.LECreateConnection {
	return &hci.LECreateConnection{
		LEScanInterval: 0x10, LEScanWindow: 0x10, PeerAddress: to,
		ConnectionIntervalMin: 24, ConnectionIntervalMax: 40, SupervisionTimeout: 420,
	}
}

// connect makes a link from a to b with public addresses.
func (p *pair) connect() {
	t := p.a.t
	t.Helper()
	p.b.advertise(advertising())
	p.a.ok(connection(publicB), nil)
	links := p.air.Links()
	if len(links) != 1 {
		t.Fatalf("%d links, want 1", len(links))
	}
	p.link = links[0]
	p.central, p.peripheral = p.link.Handle(bt.Central), p.link.Handle(bt.Peripheral)
	p.a.wants(&hci.LEConnectionComplete{
		ConnectionHandle: p.central, Role: bt.Central, PeerAddress: publicB,
		ConnectionInterval: 40, SupervisionTimeout: 420,
	})
	p.b.wants(&hci.LEConnectionComplete{
		ConnectionHandle: p.peripheral, Role: bt.Peripheral, PeerAddress: publicA,
		ConnectionInterval: 40, SupervisionTimeout: 420,
	})
}

// newConnection is a pair with a link.
func newConnection(t testing.TB) *pair {
	t.Helper()
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	p.connect()
	return p
}

// enable starts encryption at the central with this key.
func (p *pair) enable(key bt.Key) {
	p.a.t.Helper()
	p.a.ok(&hci.LEEnableEncryption{
		ConnectionHandle: p.central, RandomNumber: 0xabcdef1234567890, EncryptedDiversifier: 0x2474, LongTermKey: key,
	}, nil)
	p.b.wants(&hci.LELongTermKeyRequest{
		ConnectionHandle: p.peripheral, RandomNumber: 0xabcdef1234567890, EncryptedDiversifier: 0x2474,
	})
}

// reply answers with this key at the peripheral.
func (p *pair) reply(key bt.Key) {
	p.b.t.Helper()
	var ret hci.LELongTermKeyRequestReplyReturn
	p.b.ok(&hci.LELongTermKeyRequestReply{ConnectionHandle: p.peripheral, LongTermKey: key}, &ret)
	if ret.ConnectionHandle != p.peripheral {
		p.b.t.Fatalf("reply names handle %d, want %d", ret.ConnectionHandle, p.peripheral)
	}
}

// encrypt encrypts the link with the same key at both ends.
func (p *pair) encrypt(key bt.Key) {
	p.a.t.Helper()
	p.enable(key)
	p.reply(key)
	p.a.wants(&hci.EncryptionChange{ConnectionHandle: p.central, EncryptionEnabled: 1})
	p.b.wants(&hci.EncryptionChange{ConnectionHandle: p.peripheral, EncryptionEnabled: 1})
	if !p.link.Encrypted() {
		p.a.t.Fatal("the link does not say that it is encrypted")
	}
}

func completed(handle, count uint16) *hci.NumberOfCompletedPackets {
	return &hci.NumberOfCompletedPackets{
		Completed: []hci.CompletedPackets{{ConnectionHandle: handle, NumCompletedPackets: count}},
	}
}
