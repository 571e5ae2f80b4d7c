package smptest

import (
	"fmt"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
)

// command runs a command and gives its return parameters, nil where the
// controller only starts it. What else comes meanwhile is kept.
func (p *Peer) command(c hci.Command) ([]byte, error) {
	if err := p.write(hci.AppendCommand(nil, c)); err != nil {
		return nil, err
	}
	for {
		packet, err := p.transport.ReadPacket(nil)
		if err != nil {
			return nil, err
		}
		p.ladder.packet(false, packet)
		parameters, status, done, err := answerOf(c.Opcode(), packet)
		switch {
		case err != nil:
			return nil, err
		case !done:
			if err := p.take(packet); err != nil {
				return nil, err
			}
		case status != bt.Success:
			return nil, fmt.Errorf("%v: %w", c.Opcode(), status)
		default:
			return parameters, nil
		}
	}
}

// answerOf reads Command Complete and Command Status for this command.
func answerOf(opcode hci.Opcode, packet []byte) (parameters []byte, status bt.Status, done bool, err error) {
	if err := transport.Check(packet); err != nil {
		return nil, 0, false, err
	}
	if packet[0] != transport.EventPacket {
		return nil, 0, false, nil
	}
	switch hci.EventCode(packet[1]) {
	case hci.EventCodeCommandComplete:
		var e hci.CommandComplete
		if err := e.Unmarshal(packet[3:]); err != nil {
			return nil, 0, false, err
		}
		if len(e.ReturnParameters) == 0 {
			return nil, bt.UnspecifiedError, true, nil
		}
		return e.ReturnParameters, bt.Status(e.ReturnParameters[0]), hci.Opcode(e.CommandOpcode) == opcode, nil
	case hci.EventCodeCommandStatus:
		var e hci.CommandStatus
		if err := e.Unmarshal(packet[3:]); err != nil {
			return nil, 0, false, err
		}
		return nil, e.Status, hci.Opcode(e.CommandOpcode) == opcode, nil
	}
	return nil, 0, false, nil
}

// poll reads everything that the controller has: it asks it something, and what
// comes before the answer is all there was.
func (p *Peer) poll() error {
	_, err := p.command(&hci.ReadBDADDR{})
	return err
}

func (p *Peer) write(packet []byte) error {
	p.ladder.packet(true, packet)
	return p.transport.WritePacket(packet)
}

// send fragments a frame for the smallest buffer that a controller may have.
func (p *Peer) send(channel l2cap.CID, payload []byte) error {
	frame, err := l2cap.AppendFrame(nil, channel, payload)
	if err != nil {
		return err
	}
	fragments := l2cap.NewFragmenter(frame, l2cap.FirstToController)
	for !fragments.Done() {
		boundary, data := fragments.Next(smallestBuffer)
		if err := p.write(hci.AppendACL(nil, hci.ACL{Handle: p.link.handle, Boundary: boundary, Data: data})); err != nil {
			return err
		}
	}
	return nil
}

const smallestBuffer = 27 // octets of data

// take keeps what a packet brings.
func (p *Peer) take(packet []byte) error {
	switch packet[0] {
	case transport.ACLPacket:
		return p.takeData(packet)
	case transport.EventPacket:
		return p.takeEvent(hci.EventCode(packet[1]), packet[3:])
	}
	return nil
}

func (p *Peer) takeData(packet []byte) error {
	acl, err := hci.ParseACL(packet)
	if err != nil {
		return err
	}
	frame, whole, err := p.parts.Push(acl.Boundary, acl.Data)
	if err != nil || !whole {
		return err
	}
	payload := append([]byte{}, frame.Payload...)
	switch frame.Channel {
	case l2cap.SMP:
		p.keep(Arrival{PDU: payload})
	case l2cap.ATT:
		return p.takeATT(payload)
	case l2cap.Signalling:
		signaller := l2cap.Signaller{Role: p.link.role}
		if answer := signaller.Answer(nil, payload); len(answer) > 0 {
			return p.send(l2cap.Signalling, answer)
		}
	}
	return nil
}

// takeATT keeps commands; requests are answered as by a device without
// attributes, since a host at the other end may wait for that.
func (p *Peer) takeATT(payload []byte) error {
	if len(payload) > 0 && payload[0]&attCommand != 0 {
		p.keep(Arrival{ATT: payload})
		return nil
	}
	if answer := l2cap.AnswerATT(nil, payload); len(answer) > 0 {
		return p.send(l2cap.ATT, answer)
	}
	return nil
}

const attCommand = 0x40 // bit of an ATT opcode

// takeEvent keeps the events that a script can expect; others are left out.
func (p *Peer) takeEvent(code hci.EventCode, parameters []byte) error {
	switch code {
	case hci.EventCodeDisconnectionComplete:
		var e hci.DisconnectionComplete
		if err := e.Unmarshal(parameters); err != nil {
			return err
		}
		p.link.up = false
		p.keep(Arrival{Disconnected: e.Reason})
	case hci.EventCodeEncryptionChange:
		var e hci.EncryptionChange
		if err := e.Unmarshal(parameters); err != nil {
			return err
		}
		p.keep(Arrival{Encryption: &Encryption{Status: e.Status, Enabled: e.EncryptionEnabled != 0}})
	case hci.EventCodeEncryptionKeyRefreshComplete:
		var e hci.EncryptionKeyRefreshComplete
		if err := e.Unmarshal(parameters); err != nil {
			return err
		}
		p.keep(Arrival{Encryption: &Encryption{Status: e.Status, Enabled: e.Status == bt.Success, Refreshed: true}})
	case hci.EventCodeLEMeta:
		return p.takeLE(hci.Subevent(parameters[0]), parameters[1:])
	}
	return nil
}

func (p *Peer) takeLE(code hci.Subevent, parameters []byte) error {
	switch code {
	case hci.SubeventLEConnectionComplete:
		var e hci.LEConnectionComplete
		if err := e.Unmarshal(parameters); err != nil {
			return err
		}
		if e.Status != bt.Success {
			return fmt.Errorf("connection: %w", e.Status)
		}
		p.link = peerLink{
			up: true, handle: e.ConnectionHandle, role: e.Role,
			remote: bt.TypedAddress{Type: bt.AddressType(e.PeerAddressType & 1), Address: e.PeerAddress},
		}
		p.parts = l2cap.Reassembler{}
		p.keep(Arrival{connected: true})
	case hci.SubeventLELongTermKeyRequest:
		var e hci.LELongTermKeyRequest
		if err := e.Unmarshal(parameters); err != nil {
			return err
		}
		p.keep(Arrival{LTKRequest: &LTKRequest{Rand: e.RandomNumber, EDIV: e.EncryptedDiversifier}})
	case hci.SubeventLEAdvertisingReport:
		var e hci.LEAdvertisingReport
		if err := e.Unmarshal(parameters); err != nil {
			return err
		}
		for _, r := range e.Reports {
			if r.EventType == hci.ReportAdvInd {
				p.keep(Arrival{advertiser: bt.TypedAddress{Type: bt.AddressType(r.AddressType & 1), Address: r.Address}})
			}
		}
	}
	return nil
}

func (p *Peer) keep(a Arrival) { p.arrivals = append(p.arrivals, a) }

// drop takes arrivals out.
func (p *Peer) drop(which func(Arrival) bool) {
	var kept []Arrival
	for _, a := range p.arrivals {
		if !which(a) {
			kept = append(kept, a)
		}
	}
	p.arrivals = kept
}
