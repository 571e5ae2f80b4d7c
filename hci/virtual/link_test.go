package virtual_test

import (
	"bytes"
	"fmt"
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

func TestDisconnect(t *testing.T) {
	for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
		for _, reason := range []bt.Status{bt.AuthenticationFailure, bt.RemoteUserTerminated, bt.RemotePowerOff} {
			p := newConnection(t)
			us, them, ours, theirs := p.a, p.b, p.central, p.peripheral
			if role == bt.Peripheral {
				us, them, ours, theirs = p.b, p.a, p.peripheral, p.central
			}
			us.acl(ours, 0, []byte{7}) // arrives before
			us.ok(&hci.Disconnect{ConnectionHandle: ours, Reason: reason}, nil)
			us.wants(completed(ours, 1), &hci.DisconnectionComplete{ConnectionHandle: ours, Reason: bt.LocalHostTerminated})
			them.wants(data{theirs, 2, "07"}, &hci.DisconnectionComplete{ConnectionHandle: theirs, Reason: reason})
			us.status(bt.UnknownConnection, &hci.Disconnect{ConnectionHandle: ours, Reason: reason}, nil)
			us.acl(ours, 0, []byte{8}) // the host cannot know yet
			us.wants()
			p.connect()
			if p.central == ours || p.peripheral == ours {
				t.Errorf("handle %#x comes back at once", ours)
			}
		}
	}
}

func TestDisconnectMisuse(t *testing.T) {
	p := newConnection(t)
	p.a.status(bt.UnknownConnection, &hci.Disconnect{ConnectionHandle: 0x0eff, Reason: bt.RemoteUserTerminated}, nil)
	for _, reason := range []bt.Status{bt.Success, bt.ConnectionTimeout, bt.LocalHostTerminated, bt.MICFailure} {
		p.a.status(bt.InvalidParameters, &hci.Disconnect{ConnectionHandle: p.central, Reason: reason}, nil)
	}
	p.exchange()
}

func TestLoss(t *testing.T) {
	for name, lose := range map[string]func(p *pair){
		"drop": func(p *pair) { p.link.Drop() },
		"air":  func(p *pair) { p.air.Lose(p.controllerB, p.controllerA) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newConnection(t)
			lose(p)
			lose(p) // once is enough
			p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.ConnectionTimeout})
			p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.ConnectionTimeout})
		})
	}
}

func TestLinkAccessors(t *testing.T) {
	p := newConnection(t)
	if p.link.Controller(bt.Central) != p.controllerA || p.link.Controller(bt.Peripheral) != p.controllerB {
		t.Error("the controllers are the wrong way round")
	}
	if p.link.Controller(2) != nil || p.link.Handle(2) != 0xffff {
		t.Error("a third end")
	}
	if got := p.controllerA.Links(); len(got) != 1 || got[0] != p.link {
		t.Errorf("Links() = %v", got)
	}
	if got := p.air.NewController(virtual.Config{}).Links(); len(got) != 0 {
		t.Errorf("Links() of a bystander = %v", got)
	}
	if p.controllerA.PublicAddress() != publicA {
		t.Errorf("PublicAddress() = %v", p.controllerA.PublicAddress())
	}
}

// TestReset ends links for the peer alone, and takes everything back.
func TestReset(t *testing.T) {
	p := newConnection(t)
	p.encrypt(ltk)
	p.a.ok(&hci.Reset{}, &hci.ResetReturn{})
	p.a.wants()
	p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.ConnectionTimeout})
	p.a.status(bt.UnknownConnection, &hci.Disconnect{ConnectionHandle: p.central, Reason: bt.RemoteUserTerminated}, nil)

	// LE events are masked again.
	p.b.advertise(advertising())
	p.a.ok(connection(publicB), nil)
	p.a.wants()
	if len(p.air.Links()) != 1 {
		t.Error("no link")
	}
}

func TestClose(t *testing.T) {
	p := newConnection(t)
	for range 2 {
		if err := p.controllerA.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.ConnectionTimeout})
	if _, err := p.controllerA.ReadPacket(nil); err == nil {
		t.Error("ReadPacket of a closed controller")
	}
	if err := p.controllerA.WritePacket(command(&hci.Reset{})); err == nil {
		t.Error("WritePacket of a closed controller")
	}
	p.b.advertise(advertising()) // nobody there, and nobody in the way
	p.b.wants()
}

// TestCloseWakesReader ends a ReadPacket that waits.
func TestCloseWakesReader(t *testing.T) {
	c := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})
	done := make(chan error)
	go func() {
		_, err := c.ReadPacket(nil)
		done <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("no error")
	}
}

// TestManyLinks has one central with several peripherals, and a peripheral that
// is a central too.
func TestManyLinks(t *testing.T) {
	air := virtual.NewAir(virtual.Options{})
	hub := newHost(t, "hub", air.NewController(virtual.Config{PublicAddress: publicA, MaxLinks: 3}))
	handles := make(map[bt.Address]uint16)
	hosts := make(map[bt.Address]*host)
	for i := range 3 {
		address := bt.Address{0, 1, 2, 3, 4, byte(i)}
		h := newHost(t, fmt.Sprintf("peripheral %d", i), air.NewController(virtual.Config{PublicAddress: address}))
		h.advertise(advertising())
		hub.ok(connection(address), nil)
		e, ok := hub.take()[0].(*hci.LEConnectionComplete)
		if !ok || e.PeerAddress != address {
			t.Fatalf("peripheral %d: %+v", i, e)
		}
		hub.status(bt.ConnectionAlreadyExists, connection(address), nil)
		handles[address], hosts[address] = e.ConnectionHandle, h
		h.take()
	}
	hub.status(bt.ConnectionLimitExceeded, connection(publicB), nil)
	hub.ok(advertising(), &hci.LESetAdvertisingParametersReturn{})
	hub.status(bt.ConnectionLimitExceeded, &hci.LESetAdvertisingEnable{AdvertisingEnable: 1},
		&hci.LESetAdvertisingEnableReturn{})

	for address, handle := range handles {
		hub.acl(handle, 0, []byte{address[5]})
		got, ok := hosts[address].take()[0].(data)
		if want := fmt.Sprintf("%02x", address[5]); !ok || got.Octets != want {
			t.Errorf("%v got %+v, want %s", address, got, want)
		}
	}
	air.Links()[1].Drop()
	second := bt.Address{0, 1, 2, 3, 4, 1}
	hosts[second].advertise(advertising())
	hub.take()
	hub.ok(connection(second), nil)
	if len(air.Links()) != 3 {
		t.Errorf("%d links, want 3", len(air.Links()))
	}
}

// TestFragments sends long messages with all sizes of buffers: nothing is longer
// than what the host was told, and what arrives is what was sent.
func TestFragments(t *testing.T) {
	for _, length := range []uint16{27, 28, 64, 251} {
		for _, extended := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d octets, extended %t", length, extended), func(t *testing.T) {
				p := newPair(t, virtual.Options{},
					virtual.Config{ACLLength: 251, ACLPackets: 2}, virtual.Config{ACLLength: length, ACLPackets: 1})
				p.connect()
				if extended {
					p.a.ok(&hci.LESetDataLength{ConnectionHandle: p.central, TXOctets: 251, TXTime: 2120},
						&hci.LESetDataLengthReturn{})
					p.b.ok(&hci.LESetDataLength{ConnectionHandle: p.peripheral, TXOctets: 251, TXTime: 2120},
						&hci.LESetDataLengthReturn{})
					p.a.take()
					p.b.take()
				}
				message := make([]byte, 600)
				for i := range message {
					message[i] = byte(i * 7)
				}
				p.a.stream(p.central, message, 251)
				if got := p.b.receive(p.peripheral, int(length)); !bytes.Equal(got, message) {
					t.Errorf("got % x", got)
				}
				p.b.stream(p.peripheral, message, int(length))
				if got := p.a.receive(p.central, 251); !bytes.Equal(got, message) {
					t.Errorf("back: got % x", got)
				}
			})
		}
	}
}

// stream sends a message in fragments of this size, waiting for each to be
// acknowledged.
func (h *host) stream(handle uint16, message []byte, size int) {
	h.t.Helper()
	boundary := uint8(0)
	for len(message) > 0 {
		n := min(size, len(message))
		h.acl(handle, boundary, message[:n])
		h.wants(completed(handle, 1))
		message, boundary = message[n:], 1
	}
}

// receive joins the fragments of one message.
func (h *host) receive(handle uint16, longest int) []byte {
	h.t.Helper()
	var message []byte
	for i, e := range h.take() {
		d, ok := e.(data)
		if !ok {
			h.t.Fatalf("%s: %+v", h.name, e)
		}
		boundary := uint8(1)
		if i == 0 {
			boundary = 2
		}
		if d.Handle != handle || d.Boundary != boundary || len(d.Octets)/2 > longest {
			h.t.Errorf("%s: fragment %d is %+v", h.name, i, d)
		}
		var octets []byte
		if _, err := fmt.Sscanf(d.Octets, "%x", &octets); err != nil {
			h.t.Fatal(err)
		}
		message = append(message, octets...)
	}
	return message
}

// TestBuffers writes more than the controller holds: while the key is asked for,
// nothing is acknowledged.
func TestBuffers(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{ACLPackets: 3, ACLLength: 27}, virtual.Config{})
	p.connect()
	p.enable(ltk)
	for i := range 4 {
		p.a.acl(p.central, 0, []byte{byte(i)})
	}
	p.a.wants(&hci.DataBufferOverflow{LinkType: 1})
	p.reply(ltk)
	p.a.wants(&hci.EncryptionChange{ConnectionHandle: p.central, EncryptionEnabled: 1},
		completed(p.central, 1), completed(p.central, 1), completed(p.central, 1))
	p.b.wants(&hci.EncryptionChange{ConnectionHandle: p.peripheral, EncryptionEnabled: 1},
		data{p.peripheral, 2, "00"}, data{p.peripheral, 2, "01"}, data{p.peripheral, 2, "02"})

	p.a.acl(p.central, 0, make([]byte, 28)) // longer than a buffer
	p.a.wants(&hci.DataBufferOverflow{LinkType: 1})

	// The end of a link gives its buffers back.
	p.enable(ltk)
	for i := range 3 {
		p.a.acl(p.central, 0, []byte{byte(i)})
	}
	p.link.Drop()
	p.a.take()
	p.b.take()
	p.connect()
	for range 3 {
		p.exchange()
	}
}

// TestBackpressure has a host that does not read: its peer runs out of buffers
// instead of the process out of memory.
func TestBackpressure(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{ACLPackets: 4}, virtual.Config{})
	p.connect()
	sent, credits := 0, 4
	for credits > 0 {
		p.a.acl(p.central, 0, []byte{byte(sent)})
		sent++
		credits--
		for _, e := range p.a.take() {
			if cmp.Equal(e, completed(p.central, 1)) {
				credits++
			}
		}
		if sent > 1000 {
			t.Fatal("no end of it")
		}
	}
	p.a.wants()
	for i, e := range p.b.take() {
		if diff := cmp.Diff(data{p.peripheral, 2, fmt.Sprintf("%02x", byte(i))}, e); diff != "" {
			t.Fatalf("packet %d (-want +got):\n%s", i, diff)
		}
	}
	if got := len(p.a.take()); got != 4 {
		t.Errorf("%d events after the host has read, want 4", got)
	}
	p.exchange()
}

func TestUnreadableAcknowledgement(t *testing.T) {
	p := newConnection(t)
	for i := range 300 {
		p.a.acl(p.central, 0, []byte{byte(i)})
		p.a.take()
	}
	p.link.Drop()
	p.a.take()
	if got := len(p.b.take()); got == 0 {
		t.Error("nothing arrived")
	}
	p.a.wants() // no acknowledgement for a link that has ended
}
