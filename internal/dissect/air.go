package dissect

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"blesmp/bt"
	"blesmp/hci/l2cap"
)

// advertisingAccess is the access address of all advertising (Core Vol 6, Part
// B, 2.1.2).
const advertisingAccess = 0x8e89bed6

// AirPacket is one packet of the link layer, without its CRC.
type AirPacket struct {
	Access    uint32
	From      Side   // NoSide where the sniffer does not know
	PDU       []byte // header and payload
	Decrypted bool   // by the sniffer
}

// Sniffer reads packets of the LE link layer. It sees what is not encrypted, and
// what the one who recorded it has decrypted. The zero Sniffer is ready.
type Sniffer struct {
	// ShowKeys shows keys in Step.Details.
	ShowKeys bool

	links map[uint32]*airLink
}

// airLink is a link while it is listened to.
type airLink struct {
	parts     [3]l2cap.Reassembler // by Side
	last      [3][]byte            // the last PDU of each side
	encrypted bool
	unread    int  // packets since then that could not be read
	answered  bool // by the peripheral, under the key
}

// The types of PDUs on the advertising channels, and the opcodes of the control
// PDUs, that matter here (Core Vol 6, Part B, 2.3 and 2.4.2).
const (
	typeConnect = 0x05

	llidContinuation = 1
	llidStart        = 2
	llidControl      = 3

	controlTerminate     = 0x02
	controlEncReq        = 0x03
	controlStartEncReq   = 0x05
	controlStartEncRsp   = 0x06
	controlPauseEncRsp   = 0x0b
	controlReject        = 0x0d
	controlRejectExt     = 0x11
	sizeConnect          = 2 + 6 + 6 + 22
	airHeaderSize        = 2
	nextSequenceBit      = 1 << 2
	moreDataBit          = 1 << 4
	constantToneBit      = 1 << 5
	transmitterRandomBit = 1 << 6
	receiverRandomBit    = 1 << 7
)

// Packet takes one packet and gives the steps that it completes.
func (s *Sniffer) Packet(p AirPacket) []Step {
	if len(p.PDU) < airHeaderSize {
		return airError(p, "link layer packet", fmt.Sprintf("%d octets are no header", len(p.PDU)))
	}
	if want := airHeaderSize + int(p.PDU[1]); p.Access != advertisingAccess && p.PDU[0]&constantToneBit == 0 && len(p.PDU) != want {
		return airError(p, "link layer packet", fmt.Sprintf("%d octets, but its header says %d", len(p.PDU), want))
	}
	if s.links == nil {
		s.links = map[uint32]*airLink{}
	}
	if p.Access == advertisingAccess {
		return s.advertising(p)
	}
	link := s.links[p.Access]
	if link == nil {
		link = &airLink{}
		s.links[p.Access] = link
	}
	if again(link.last[p.From], p.PDU) {
		return nil
	}
	link.last[p.From] = append(link.last[p.From][:0], p.PDU...)
	return s.data(link, p)
}

// again reports whether a PDU is the last one sent again: all but the bits that
// acknowledge and announce is the same, the sequence number, too (Core Vol 6,
// Part B, 4.5.9).
func again(last, pdu []byte) bool {
	const changing = nextSequenceBit | moreDataBit
	return len(last) == len(pdu) && (last[0]^pdu[0])&^changing == 0 && bytes.Equal(last[1:], pdu[1:])
}

func airError(p AirPacket, name, problem string) []Step {
	return []Step{{Kind: ErrorStep, Link: p.Access, From: p.From, Name: name, Details: problem}}
}

// advertising picks the one PDU that begins a link.
func (s *Sniffer) advertising(p AirPacket) []Step {
	if p.PDU[0]&0x0f != typeConnect {
		return nil
	}
	if len(p.PDU) != sizeConnect {
		return airError(p, "CONNECT_IND", fmt.Sprintf("%d octets, want %d", len(p.PDU), sizeConnect))
	}
	address := func(b []byte, random bool) bt.TypedAddress {
		a := bt.TypedAddress{Address: addressOf(b)}
		if random {
			a.Type = bt.RandomAddress
		}
		return a
	}
	access := binary.LittleEndian.Uint32(p.PDU[14:])
	s.links[access] = &airLink{}
	return []Step{{
		Kind: LinkStep, Name: "CONNECT_IND", Link: access, From: CentralSide, Happening: LinkUp,
		Addresses: Addresses{
			Central:    address(p.PDU[2:], p.PDU[0]&transmitterRandomBit != 0),
			Peripheral: address(p.PDU[8:], p.PDU[0]&receiverRandomBit != 0),
		},
	}}
}

// data joins fragments, and picks control PDUs and the Security Manager's
// channel.
func (s *Sniffer) data(link *airLink, p AirPacket) []Step {
	llid, payload := p.PDU[0]&0b11, p.PDU[airHeaderSize:]
	if p.PDU[0]&constantToneBit != 0 && len(payload) > 0 {
		payload = payload[1:]
	}
	if len(payload) == 0 {
		return nil
	}
	if link.encrypted && !p.Decrypted {
		return link.hidden(p)
	}
	if llid == llidControl {
		return s.control(link, p, payload)
	}
	boundary := l2cap.FirstToHost
	if llid == llidContinuation {
		boundary = l2cap.Continuation
	} else if llid != llidStart {
		return airError(p, "link layer packet", "LLID 0 is reserved")
	}
	frame, whole, err := link.parts[p.From].Push(boundary, payload)
	var steps []Step
	if err != nil {
		steps = airError(p, "L2CAP", err.Error())
	}
	if !whole || frame.Channel != l2cap.SMP {
		return steps
	}
	step := pduStep(frame.Payload, s.ShowKeys)
	step.Link, step.From = p.Access, p.From
	if by := sender(step.PDU); step.From == NoSide {
		step.From = by
	}
	return append(steps, step)
}

// hidden looks at packets that cannot be read. The central's first one shows
// that it has a key; the peripheral's answer, that its key is the same.
func (l *airLink) hidden(p AirPacket) []Step {
	l.unread++
	if l.answered || p.From == CentralSide || p.From == NoSide && l.unread < 2 {
		return nil
	}
	l.answered = true
	return []Step{{
		Kind: HCIStep, Link: p.Access, From: PeripheralSide, Name: "encrypted packet", Happening: EncryptionOn,
		Details: "the peripheral answers under the key, and the rest is not visible without it",
	}}
}

// control follows the encryption of a link (Core Vol 6, Part B, 5.1.3).
func (s *Sniffer) control(link *airLink, p AirPacket, payload []byte) []Step {
	step := Step{Kind: HCIStep, Link: p.Access, From: p.From}
	short := func(name string, want int) []Step {
		return airError(p, name, fmt.Sprintf("%d octets, want %d", len(payload), want))
	}
	switch payload[0] {
	case controlTerminate:
		if len(payload) != 2 {
			return short("LL_TERMINATE_IND", 2)
		}
		step.Kind, step.Name, step.Happening, step.Status = LinkStep, "LL_TERMINATE_IND", LinkDown, bt.Status(payload[1])
		step.Details = step.Status.String()
		delete(s.links, p.Access)
	case controlEncReq:
		if len(payload) != 23 {
			return short("LL_ENC_REQ", 23)
		}
		random, ediv := binary.LittleEndian.Uint64(payload[1:]), binary.LittleEndian.Uint16(payload[9:])
		step.Name, step.Happening = "LL_ENC_REQ", EncryptionAsked
		step.From, step.Fields = CentralSide, identifiers(ediv, random)
	case controlStartEncReq:
		step.Name, step.Happening, step.From = "LL_START_ENC_REQ", KeyGiven, PeripheralSide
		link.encrypted, link.unread, link.answered = true, 0, false
	case controlStartEncRsp: // only where the sniffer decrypts
		if link.answered || p.From == CentralSide {
			return nil
		}
		step.Name, step.Happening, link.answered = "LL_START_ENC_RSP", EncryptionOn, true
	case controlPauseEncRsp:
		step.Name, step.Happening, step.Details = "LL_PAUSE_ENC_RSP", EncryptionOff, "encryption off"
		link.encrypted = false
	case controlReject, controlRejectExt:
		return s.reject(p, payload, step)
	default:
		return nil
	}
	return whole(step, nil)
}

// reject tells a refusal of encryption; those of other procedures do not matter
// here.
func (s *Sniffer) reject(p AirPacket, payload []byte, step Step) []Step {
	at := 1
	step.Name = "LL_REJECT_IND"
	if payload[0] == controlRejectExt {
		at, step.Name = 2, "LL_REJECT_EXT_IND"
		if len(payload) > 1 && payload[1] != controlEncReq {
			return nil
		}
	}
	if len(payload) != at+1 {
		return airError(p, step.Name, fmt.Sprintf("%d octets, want %d", len(payload), at+1))
	}
	step.Happening, step.Status = EncryptionFailed, bt.Status(payload[at])
	step.Details = step.Status.String()
	return whole(step, nil)
}
