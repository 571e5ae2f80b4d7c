package hci_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
)

var (
	publicAddress = bt.Address{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}
	staticAddress = bt.Address{0xc0, 0x11, 0x22, 0x33, 0x44, 0x55}
	peerAddress   = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc6, 0x65, 0x54, 0x43, 0x32, 0x21}}
	peerPrivate   = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x51, 0x65, 0x54, 0x43, 0x32, 0x21}}
	testKey       = bt.Key{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f}
)

// controller plays the controller's side of a pipe: it answers each command
// with what its table says, and keeps what it was sent. It belongs into a
// synctest bubble.
type controller struct {
	t    *testing.T
	wire transport.Transport
	far  transport.Transport // the host's end

	mu      sync.Mutex
	answers map[hci.Opcode]answer
	packets uint8 // Num_HCI_Command_Packets of each answer
	sent    []string
	fragments
}

type fragments struct{ data []hci.ACL }

// answer makes the event packets that answer a command; nil answers nothing.
type answer func(parameters []byte) [][]byte

func newController(t *testing.T) *controller {
	t.Helper()
	far, wire := transport.Pipe()
	c := &controller{t: t, wire: wire, far: far, packets: 1, answers: map[hci.Opcode]answer{}}
	complete := func(opcode hci.Opcode, ret interface{ AppendTo([]byte) []byte }) {
		c.answers[opcode] = func([]byte) [][]byte { return [][]byte{c.complete(opcode, ret.AppendTo(nil))} }
	}
	complete(hci.OpcodeReadLocalVersionInformation, &hci.ReadLocalVersionInformationReturn{HCIVersion: 0x0c, CompanyIdentifier: 0x05f1})
	complete(hci.OpcodeReadLocalSupportedCommands, &hci.ReadLocalSupportedCommandsReturn{SupportedCommands: [64]byte{5: 0xc0}})
	complete(hci.OpcodeLEReadLocalSupportedFeatures, &hci.LEReadLocalSupportedFeaturesReturn{LEFeatures: hci.LEFeaturesEncryption | hci.LEFeaturesPrivacy})
	complete(hci.OpcodeReadBDADDR, &hci.ReadBDADDRReturn{BDADDR: publicAddress})
	complete(hci.OpcodeLEReadBufferSize, &hci.LEReadBufferSizeReturn{LEACLDataPacketLength: 27, TotalNumLEACLDataPackets: 3})
	for _, opcode := range []hci.Opcode{
		hci.OpcodeDisconnect, hci.OpcodeLECreateConnection, hci.OpcodeLEEnableEncryption, hci.OpcodeLEConnectionUpdate,
	} {
		c.answers[opcode] = func([]byte) [][]byte { return [][]byte{c.status(opcode, bt.Success)} }
	}
	go c.run()
	t.Cleanup(func() { _ = wire.Close() })
	return c
}

// complete makes a Command Complete event.
func (c *controller) complete(opcode hci.Opcode, parameters []byte) []byte {
	return hci.AppendEvent(nil, &hci.CommandComplete{NumHCICommandPackets: c.packets, CommandOpcode: uint16(opcode), ReturnParameters: parameters})
}

// status makes a Command Status event.
func (c *controller) status(opcode hci.Opcode, status bt.Status) []byte {
	return hci.AppendEvent(nil, &hci.CommandStatus{Status: status, NumHCICommandPackets: c.packets, CommandOpcode: uint16(opcode)})
}

// on changes the answer to a command.
func (c *controller) on(opcode hci.Opcode, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[opcode] = a
}

// refuse answers a command with a status.
func (c *controller) refuse(opcode hci.Opcode, status bt.Status) {
	c.on(opcode, func([]byte) [][]byte { return [][]byte{c.complete(opcode, []byte{byte(status)})} })
}

// ignore leaves a command without an answer.
func (c *controller) ignore(opcode hci.Opcode) { c.on(opcode, func([]byte) [][]byte { return nil }) }

func (c *controller) run() {
	for {
		p, err := c.wire.ReadPacket(nil)
		if err != nil {
			return
		}
		for _, event := range c.take(p) {
			_ = c.wire.WritePacket(event)
		}
	}
}

func (c *controller) take(p []byte) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch p[0] {
	case transport.CommandPacket:
		opcode, parameters := hci.Opcode(binary.LittleEndian.Uint16(p[1:])), p[4:]
		c.sent = append(c.sent, strings.TrimSpace(fmt.Sprintf("%s % x", opcode, parameters)))
		if a := c.answers[opcode]; a != nil {
			return a(parameters)
		}
		return [][]byte{c.complete(opcode, []byte{0})}
	case transport.ACLPacket:
		acl, err := hci.ParseACL(p)
		if err != nil {
			c.t.Error(err)
		}
		c.data = append(c.data, acl)
		c.sent = append(c.sent, fmt.Sprintf("data %#04x", acl.Handle))
	}
	return nil
}

// taken waits until all is quiet, and gives the commands and data that the host
// has sent since the last call.
func (c *controller) taken() []string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sent
	c.sent = nil
	return sent
}

// frames waits until all is quiet, and gives the frames that the host has sent
// since the last call, as handle, channel and payload.
func (c *controller) frames() []string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	joined := map[uint16]*l2cap.Reassembler{}
	var frames []string
	for _, acl := range c.data {
		if joined[acl.Handle] == nil {
			joined[acl.Handle] = new(l2cap.Reassembler)
		}
		frame, whole, err := joined[acl.Handle].Push(acl.Boundary, acl.Data)
		if err != nil {
			c.t.Error(err)
		}
		if whole {
			frames = append(frames, fmt.Sprintf("%#04x %s: % x", acl.Handle, frame.Channel, frame.Payload))
		}
	}
	c.data = nil
	return frames
}

// event sends events to the host and waits until it has handled them.
func (c *controller) event(events ...any) {
	c.t.Helper()
	for _, e := range events {
		var p []byte
		switch e := e.(type) {
		case hci.Event:
			p = hci.AppendEvent(nil, e)
		case hci.LEEvent:
			p = hci.AppendLEEvent(nil, e)
		case hci.ACL:
			p = hci.AppendACL(nil, e)
		case []byte:
			p = e
		default:
			c.t.Fatalf("%T is no packet", e)
		}
		if err := c.wire.WritePacket(p); err != nil {
			c.t.Fatal(err)
		}
	}
	synctest.Wait()
}

// pdu sends one frame of the peer.
func (c *controller) pdu(handle uint16, channel l2cap.CID, payload ...byte) {
	c.t.Helper()
	frame, err := l2cap.AppendFrame(nil, channel, payload)
	if err != nil {
		c.t.Fatal(err)
	}
	for f := l2cap.NewFragmenter(frame, l2cap.FirstToHost); !f.Done(); {
		boundary, data := f.Next(27)
		c.event(hci.ACL{Handle: handle, Boundary: boundary, Data: data})
	}
}

// host brings a host up on the controller.
func (c *controller) host(options hci.Options) *hci.Host {
	c.t.Helper()
	h, err := hci.NewHost(c.t.Context(), c.far, options)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		_ = h.Close()
		<-h.Done()
	})
	c.taken()
	return h
}

// connected is the event for a link with peerAddress.
func connected(handle uint16, role bt.Role) *hci.LEConnectionComplete {
	return &hci.LEConnectionComplete{
		ConnectionHandle: handle, Role: role,
		PeerAddressType: hci.PeerRandom, PeerAddress: peerAddress.Address,
		ConnectionInterval: 40, SupervisionTimeout: 400,
	}
}

func disconnected(handle uint16, reason bt.Status) *hci.DisconnectionComplete {
	return &hci.DisconnectionComplete{ConnectionHandle: handle, Reason: reason}
}

func completed(handle, n uint16) *hci.NumberOfCompletedPackets {
	return &hci.NumberOfCompletedPackets{Completed: []hci.CompletedPackets{{ConnectionHandle: handle, NumCompletedPackets: n}}}
}

// peripheral makes a link on which the host is peripheral.
func (c *controller) peripheral(h *hci.Host, handle uint16) *hci.Conn {
	c.t.Helper()
	c.event(connected(handle, bt.Peripheral))
	conn, err := h.Accept(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return conn
}

// central makes a link on which the host is central.
func (c *controller) central(h *hci.Host, handle uint16) *hci.Conn {
	c.t.Helper()
	type outcome struct {
		conn *hci.Conn
		err  error
	}
	result := make(chan outcome, 1)
	go func() {
		conn, err := h.Connect(c.t.Context(), peerAddress)
		result <- outcome{conn, err}
	}()
	synctest.Wait()
	c.event(connected(handle, bt.Central))
	r := <-result
	if r.err != nil {
		c.t.Fatal(r.err)
	}
	c.taken()
	return r.conn
}

// recorder is a handler that writes down its calls.
type recorder struct {
	mu    sync.Mutex
	calls []string
}

func (r *recorder) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
}

// taken waits until all is quiet and gives the calls since the last time.
func (r *recorder) taken() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

func (r *recorder) HandleSMP(pdu []byte)          { r.add("smp % x", pdu) }
func (r *recorder) HandleDelivered(number uint64) { r.add("delivered %d", number) }
func (r *recorder) HandleEncryption(status bt.Status, enabled, refreshed bool) {
	r.add("encryption %s enabled %t refreshed %t", status.String(), enabled, refreshed)
}
func (r *recorder) HandleLTKRequest(rand uint64, ediv uint16) { r.add("key? %016x %04x", rand, ediv) }
func (r *recorder) HandleDisconnected(reason bt.Status)       { r.add("disconnected %s", reason.String()) }

// record has all new links of a host recorded, each on its own, by handle.
func record(h *hci.Host) map[uint16]*recorder {
	links := map[uint16]*recorder{}
	h.ServeLinks(func(l bt.Link) bt.LinkHandler {
		conn, ok := l.(*hci.Conn)
		if !ok {
			return nil
		}
		r := new(recorder)
		links[conn.Handle()] = r
		return r
	})
	return links
}

var errWire = errors.New("line is down")

// breaking is a transport that can be broken from outside.
type breaking struct {
	transport.Transport
	broken chan struct{}
}

func (b *breaking) ReadPacket(buf []byte) ([]byte, error) {
	p, err := b.Transport.ReadPacket(buf)
	select {
	case <-b.broken:
		return nil, errWire
	default:
		return p, err
	}
}
