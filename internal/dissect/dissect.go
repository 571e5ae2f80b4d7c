// Package dissect turns packets into the steps that matter to a person who looks
// at a pairing: SMP PDUs, encryption, connections. A Dissector reads the HCI
// packets of one host, a Sniffer those of the air, and a Tracker says what the
// steps come to: the association model, whether the pairing succeeded and, if
// not, why.
package dissect

import (
	"fmt"
	"strings"

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

// String gives the kind as decode prints it.
func (k Kind) String() string {
	switch k {
	case PDUStep:
		return "pdu"
	case HCIStep:
		return "encryption"
	case LinkStep:
		return "link"
	}
	return "error"
}

// Side is one of the two devices on a link, where it is known.
type Side int

// The sides. The central is the initiator of a pairing.
const (
	NoSide Side = iota
	CentralSide
	PeripheralSide
)

// String gives "central", "peripheral" or "?".
func (s Side) String() string {
	switch s {
	case CentralSide:
		return "central"
	case PeripheralSide:
		return "peripheral"
	}
	return "?"
}

// Other is the side across the link.
func (s Side) Other() Side {
	switch s {
	case CentralSide:
		return PeripheralSide
	case PeripheralSide:
		return CentralSide
	}
	return NoSide
}

// sideOf gives the side with a role.
func sideOf(r bt.Role) Side {
	if r == bt.Peripheral {
		return PeripheralSide
	}
	return CentralSide
}

// Happening is what a step means for its link.
type Happening int

// The happenings.
const (
	Nothing          Happening = iota
	LinkUp                     // Step.Addresses tells whose
	LinkDown                   // Step.Status tells why
	LinkFailed                 // a link did not come about: Step.Status
	EncryptionAsked            // the central has its controller encrypt
	KeyAsked                   // the peripheral's controller asks for the LTK
	KeyGiven                   // its host has it
	KeyDenied                  // its host has none
	EncryptionOn               // also with a new key
	EncryptionOff              //
	EncryptionFailed           // Step.Status tells why
)

// Addresses are those of the two devices on a link, as they were on the air,
// zero where unknown.
type Addresses struct{ Central, Peripheral bt.TypedAddress }

// Field is one thing that a step tells.
type Field struct {
	Name  string
	Value string
	bare  bool // Details leaves the name out
}

// Step is one thing that passed between a host and its controller, or between
// two devices.
type Step struct {
	Kind    Kind
	Sent    bool // by the host; HCI only
	Handle  uint16
	Name    string
	Details string
	Fields  []Field // what Details says, piece by piece
	PDU     []byte  // of a PDUStep, code octet first

	// Malformed says what is wrong with the PDU of a PDUStep.
	Malformed error

	// Link names the link: the handle, or on the air the access address.
	Link uint32

	// From is who sent a PDU or, of other steps, whose host it is.
	From Side

	Happening Happening
	Status    bt.Status
	Addresses Addresses // of LinkUp
	Own       Side      // of LinkUp, the side of the host; NoSide on the air
}

// Dissector reads the HCI packets of one host. It keeps what has to be kept
// between packets: the parts of fragmented PDUs, and who is who. The zero
// Dissector is ready.
type Dissector struct {
	// ShowKeys shows keys in Step.Details.
	ShowKeys bool

	parts map[stream]*l2cap.Reassembler
	roles map[uint16]Side
	own   ownAddresses
}

// stream is one direction of one link.
type stream struct {
	handle uint16
	sent   bool
}

// Packet takes one whole H4 packet and gives the steps that it completes.
func (d *Dissector) Packet(sent bool, packet []byte) []Step {
	if err := transport.Check(packet); err != nil {
		return []Step{{Kind: ErrorStep, Sent: sent, Name: "HCI packet", Details: err.Error()}}
	}
	var steps []Step
	switch packet[0] {
	case transport.ACLPacket:
		steps = d.acl(sent, packet)
	case transport.CommandPacket:
		steps = d.command(packet[1:])
	case transport.EventPacket:
		steps = d.event(packet[1:])
	}
	for i := range steps {
		s := &steps[i]
		s.Link = uint32(s.Handle)
		if s.Kind == PDUStep {
			d.learn(s)
		}
		s.From = d.roles[s.Handle]
		if s.Kind == PDUStep && !s.Sent {
			s.From = s.From.Other()
		}
	}
	return steps
}

// learn finds out from a PDU who is who, where the capture lacks the begin of
// the link.
func (d *Dissector) learn(s *Step) {
	by := sender(s.PDU)
	if by == NoSide || d.roles[s.Handle] != NoSide {
		return
	}
	if !s.Sent {
		by = by.Other()
	}
	d.setRole(s.Handle, by)
}

func (d *Dissector) setRole(handle uint16, own Side) {
	if d.roles == nil {
		d.roles = map[uint16]Side{}
	}
	d.roles[handle] = own
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
	step := pduStep(frame.Payload, d.ShowKeys)
	step.Sent, step.Handle = sent, acl.Handle
	return append(steps, step)
}

// pduStep reads an SMP PDU.
func pduStep(pdu []byte, showKeys bool) Step {
	step := Step{Kind: PDUStep, PDU: append([]byte{}, pdu...)}
	step.Name, step.Fields, step.Malformed = read(pdu, showKeys)
	step.Details = details(step.Fields)
	if step.Malformed != nil {
		step.Details = "malformed: " + step.Malformed.Error()
	}
	return step
}

// forget drops what belongs to a link that has ended: its handle is used again.
func (d *Dissector) forget(handle uint16) {
	delete(d.parts, stream{handle, true})
	delete(d.parts, stream{handle, false})
}

// details puts fields into one line.
func details(fields []Field) string {
	var parts []string
	for _, f := range fields {
		if f.bare {
			parts = append(parts, f.Value)
		} else {
			parts = append(parts, f.Name+" "+f.Value)
		}
	}
	return strings.Join(parts, ", ")
}

// showKey gives a key as text.
func showKey(k bt.Key, show bool) string {
	if show {
		return k.Reveal()
	}
	return k.String()
}

// whole gives the step, or the error that it could not be read.
func whole(step Step, err error) []Step {
	if err != nil {
		return []Step{{Kind: ErrorStep, Sent: step.Sent, Name: step.Name, Details: err.Error()}}
	}
	if step.Fields != nil {
		step.Details = details(step.Fields)
	}
	return []Step{step}
}

// identifiers are the fields that name an LTK.
func identifiers(ediv uint16, random uint64) []Field {
	return []Field{
		{Name: "EDIV", Value: fmt.Sprintf("0x%04x", ediv)},
		{Name: "Rand", Value: fmt.Sprintf("0x%016x", random)},
	}
}
