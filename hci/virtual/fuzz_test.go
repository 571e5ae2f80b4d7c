package virtual_test

import (
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
)

// FuzzHost lets a host write whatever it likes on a controller with a link, an
// encryption that is under way and a peer: each command is answered with
// exactly one Command Complete or Command Status, each packet to a host is
// whole, and the controllers go on.
func FuzzHost(f *testing.F) {
	f.Add([]byte{1, 3, 0x0c, 0})
	f.Add([]byte{1, 0x0a, 0x20, 1, 1, 1, 0x0c, 0x20, 2, 1, 0})
	f.Add([]byte{2, 0x40, 0x00, 2, 0, 1, 2})
	for _, c := range []commandPacket{
		connection(publicB), advertising(), scanning(1), payload(1, 2, 3),
		&hci.LEEnableEncryption{ConnectionHandle: 0x40, LongTermKey: ltk},
		&hci.LELongTermKeyRequestReply{ConnectionHandle: 0x40, LongTermKey: ltk},
		&hci.Disconnect{ConnectionHandle: 0x40, Reason: bt.RemoteUserTerminated},
		&hci.LEConnectionUpdate{ConnectionHandle: 0x40, ConnectionIntervalMin: 6, ConnectionIntervalMax: 6, SupervisionTimeout: 100},
		&hci.LESetDataLength{ConnectionHandle: 0x40, TXOctets: 251, TXTime: 2120},
		&hci.LEAddDeviceToResolvingList{PeerIdentityAddress: publicB, PeerIRK: irkB, LocalIRK: irkA},
		&hci.LEReadRemoteFeatures{ConnectionHandle: 0x40},
		&hci.ReadRemoteVersionInformation{ConnectionHandle: 0x40},
		&hci.LEReadLocalP256PublicKey{},
	} {
		f.Add(command(c))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		p := newConnection(t)
		p.enable(ltk)
		for len(stream) > 0 {
			n := packetLength(stream)
			packet := stream[:n]
			stream = stream[n:]
			if err := p.a.WritePacket(packet); err != nil {
				continue
			}
			if packet[0] == transport.CommandPacket {
				p.a.answered(packet)
			}
		}
		p.a.drain()
		p.b.drain()
	})
}

// packetLength gives the octets of the first packet of a stream, or of all of it
// where that is no packet.
func packetLength(stream []byte) int {
	for n := 1; n < len(stream); n++ {
		if transport.Check(stream[:n]) == nil {
			return n
		}
	}
	return len(stream)
}

// answered reads up to the answer of a command.
func (h *host) answered(packet []byte) {
	h.t.Helper()
	opcode := uint16(packet[1]) | uint16(packet[2])<<8
	for {
		switch e := h.read().(type) {
		case *hci.CommandComplete:
			if e.CommandOpcode != opcode {
				h.t.Fatalf("answer to %#x, want %#x", e.CommandOpcode, opcode)
			}
			return
		case *hci.CommandStatus:
			if e.CommandOpcode != opcode {
				h.t.Fatalf("status of %#x, want %#x", e.CommandOpcode, opcode)
			}
			return
		}
	}
}

// drain reads all that waits, and finds the controller alive.
func (h *host) drain() {
	h.t.Helper()
	for _, e := range h.take() {
		switch e.(type) {
		case *hci.CommandComplete, *hci.CommandStatus:
			h.t.Fatalf("a second answer: %+v", e)
		}
	}
}

// BenchmarkEncrypted measures one packet of data over an encrypted link.
func BenchmarkEncrypted(b *testing.B) {
	p := newPair(b, virtual.Options{}, virtual.Config{}, virtual.Config{})
	p.connect()
	p.encrypt(ltk)
	octets := make([]byte, 27)
	for b.Loop() {
		p.a.acl(p.central, 0, octets)
		p.a.read()
		p.b.read()
	}
}
