// Package dissect turns the HCI packets of one host into the steps that matter
// to a person who looks at a pairing: SMP PDUs, encryption, connections.
package dissect

import (
	"encoding/binary"
	"fmt"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
)

// Kind is the kind of a Step.
type Kind int

// The kinds of steps.
const (
	PDUStep   Kind = iota // an SMP PDU
	HCIStep               // a command or event of encryption
	LinkStep              // a link begins or ends
	ErrorStep             // octets that cannot be read
)

// Step is one thing that passed between a host and its controller.
type Step struct {
	Kind    Kind
	Sent    bool // by the host
	Handle  uint16
	Name    string
	Details string
	PDU     []byte // of a PDUStep, code octet first
}

// Dissector keeps what has to be kept between packets: the parts of fragmented
// PDUs. The zero Dissector is ready.
type Dissector struct {
	// ShowKeys shows keys in Step.Details.
	ShowKeys bool

	parts map[stream]*l2cap.Reassembler
}

// stream is one direction of one link.
type stream struct {
	handle uint16
	sent   bool
}

// Packet takes one whole H4 packet and gives the steps that it completes.
func (d *Dissector) Packet(sent bool, packet []byte) []Step {
	if len(packet) == 0 {
		return nil
	}
	switch packet[0] {
	case transport.ACLPacket:
		return d.acl(sent, packet)
	case transport.CommandPacket:
		return d.command(packet[1:])
	case transport.EventPacket:
		return d.event(packet[1:])
	}
	return nil
}

// acl joins fragments and picks the Security Manager's channel.
func (d *Dissector) acl(sent bool, packet []byte) []Step {
	acl, err := hci.ParseACL(packet)
	if err != nil {
		return []Step{{Kind: ErrorStep, Sent: sent, Name: "ACL data", Details: err.Error()}}
	}
	if d.parts == nil {
		d.parts = map[stream]*l2cap.Reassembler{}
	}
	at := stream{acl.Handle, sent}
	if d.parts[at] == nil {
		d.parts[at] = &l2cap.Reassembler{}
	}
	frame, whole, err := d.parts[at].Push(acl.Boundary, acl.Data)
	var steps []Step
	if err != nil {
		steps = append(steps, Step{Kind: ErrorStep, Sent: sent, Handle: acl.Handle, Name: "L2CAP", Details: err.Error()})
	}
	if !whole || frame.Channel != l2cap.SMP {
		return steps
	}
	name, details := PDU(frame.Payload, d.ShowKeys)
	return append(steps, Step{
		Kind: PDUStep, Sent: sent, Handle: acl.Handle, Name: name, Details: details,
		PDU: append([]byte{}, frame.Payload...),
	})
}

// command picks the commands of encryption and of ending links.
func (d *Dissector) command(b []byte) []Step {
	if len(b) < 3 {
		return nil
	}
	step := Step{Kind: HCIStep, Sent: true}
	params := b[3:]
	var err error
	switch hci.Opcode(binary.LittleEndian.Uint16(b)) {
	case hci.OpcodeLEEnableEncryption:
		var x hci.LEEnableEncryption
		err = x.Unmarshal(params)
		step.Handle, step.Name = x.ConnectionHandle, "LE Enable Encryption"
		step.Details = fmt.Sprintf("EDIV 0x%04x, Rand 0x%016x, LTK %s", x.EncryptedDiversifier, x.RandomNumber, d.key(x.LongTermKey))
	case hci.OpcodeLELongTermKeyRequestReply:
		var x hci.LELongTermKeyRequestReply
		err = x.Unmarshal(params)
		step.Handle, step.Name = x.ConnectionHandle, "LE Long Term Key Request Reply"
		step.Details = "LTK " + d.key(x.LongTermKey)
	case hci.OpcodeLELongTermKeyRequestNegativeReply:
		var x hci.LELongTermKeyRequestNegativeReply
		err = x.Unmarshal(params)
		step.Handle, step.Name = x.ConnectionHandle, "LE Long Term Key Request Negative Reply"
	default:
		return nil
	}
	return whole(step, err)
}

// event picks the events of encryption and of links.
func (d *Dissector) event(b []byte) []Step {
	if len(b) < 2 {
		return nil
	}
	step := Step{Kind: HCIStep}
	params := b[2:]
	var err error
	switch hci.EventCode(b[0]) {
	case hci.EventCodeEncryptionChange:
		var x hci.EncryptionChange
		err = x.Unmarshal(params)
		step.Handle, step.Name, step.Details = x.ConnectionHandle, "Encryption Change", encryption(x.Status, x.EncryptionEnabled != 0)
	case hci.EventCodeEncryptionChangeV2:
		var x hci.EncryptionChangeV2
		err = x.Unmarshal(params)
		step.Handle, step.Name, step.Details = x.ConnectionHandle, "Encryption Change", encryption(x.Status, x.EncryptionEnabled != 0)
	case hci.EventCodeEncryptionKeyRefreshComplete:
		var x hci.EncryptionKeyRefreshComplete
		err = x.Unmarshal(params)
		step.Handle, step.Name, step.Details = x.ConnectionHandle, "Encryption Key Refresh Complete", x.Status.String()
	case hci.EventCodeDisconnectionComplete:
		var x hci.DisconnectionComplete
		err = x.Unmarshal(params)
		step.Kind, step.Handle, step.Name, step.Details = LinkStep, x.ConnectionHandle, "Disconnection Complete", x.Reason.String()
		d.forget(x.ConnectionHandle)
	case hci.EventCodeLEMeta:
		return d.leEvent(params)
	default:
		return nil
	}
	return whole(step, err)
}

func (d *Dissector) leEvent(b []byte) []Step {
	if len(b) < 1 {
		return nil
	}
	step := Step{Kind: HCIStep}
	params := b[1:]
	var err error
	switch hci.Subevent(b[0]) {
	case hci.SubeventLELongTermKeyRequest:
		var x hci.LELongTermKeyRequest
		err = x.Unmarshal(params)
		step.Handle, step.Name = x.ConnectionHandle, "LE Long Term Key Request"
		step.Details = fmt.Sprintf("EDIV 0x%04x, Rand 0x%016x", x.EncryptedDiversifier, x.RandomNumber)
	case hci.SubeventLEConnectionComplete:
		var x hci.LEConnectionComplete
		err = x.Unmarshal(params)
		step.Kind, step.Handle, step.Name = LinkStep, x.ConnectionHandle, "LE Connection Complete"
		step.Details = x.Status.String()
	case hci.SubeventLEEnhancedConnectionComplete:
		var x hci.LEEnhancedConnectionComplete
		err = x.Unmarshal(params)
		step.Kind, step.Handle, step.Name = LinkStep, x.ConnectionHandle, "LE Enhanced Connection Complete"
		step.Details = x.Status.String()
	default:
		return nil
	}
	return whole(step, err)
}

// forget drops the parts of a link that has ended: its handle is used again.
func (d *Dissector) forget(handle uint16) {
	delete(d.parts, stream{handle, true})
	delete(d.parts, stream{handle, false})
}

func (d *Dissector) key(k bt.Key) string {
	if d.ShowKeys {
		return k.Reveal()
	}
	return k.String()
}

func encryption(status bt.Status, enabled bool) string {
	switch {
	case status != bt.Success:
		return status.String()
	case enabled:
		return "encryption on"
	}
	return "encryption off"
}

// whole gives the step, or the error that it could not be read.
func whole(step Step, err error) []Step {
	if err != nil {
		step.Kind, step.Details = ErrorStep, err.Error()
	}
	return []Step{step}
}
