package dissect_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/internal/dissect"
	"blesmp/smp"
)

const handle = 0x0040

var (
	central    = address("00:00:5E:00:53:01/public")
	peripheral = address("C0:00:5E:00:53:02/random")
	begin      = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func address(s string) bt.TypedAddress {
	a, err := bt.ParseTypedAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func octets(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// host plays packets of one host to a Dissector and a Tracker.
type host struct {
	t         *testing.T
	dissector dissect.Dissector
	tracker   dissect.Tracker
	now       time.Time
	own       dissect.Side
	steps     []string
	notes     []dissect.Note
}

// newHost begins a link.
func newHost(t *testing.T, own dissect.Side) *host {
	t.Helper()
	h := &host{t: t, now: begin, own: own}
	if own == dissect.CentralSide {
		h.sent(hci.AppendCommand(nil, &hci.LECreateConnection{PeerAddressType: 1, PeerAddress: peripheral.Address}))
		h.received(hci.AppendEvent(nil, &hci.CommandComplete{CommandOpcode: uint16(hci.OpcodeReadBDADDR), ReturnParameters: octets("00 01 53 00 5e 00 00")}))
		h.received(hci.AppendLEEvent(nil, &hci.LEConnectionComplete{ConnectionHandle: handle, Role: bt.Central, PeerAddressType: 1, PeerAddress: peripheral.Address}))
	} else {
		h.sent(hci.AppendCommand(nil, &hci.LESetRandomAddress{RandomAddress: peripheral.Address}))
		h.sent(hci.AppendCommand(nil, &hci.LESetAdvertisingParameters{OwnAddressType: 1}))
		h.received(hci.AppendLEEvent(nil, &hci.LEConnectionComplete{ConnectionHandle: handle, Role: bt.Peripheral, PeerAddress: central.Address}))
	}
	h.forget()
	return h
}

func (h *host) forget() { h.steps, h.notes = nil, nil }

func (h *host) packet(sent bool, packet []byte) {
	h.t.Helper()
	h.now = h.now.Add(time.Millisecond)
	h.notes = append(h.notes, h.tracker.Time(h.now)...)
	for _, s := range h.dissector.Packet(sent, packet) {
		h.steps = append(h.steps, strings.TrimSuffix(s.From.String()+" "+s.Kind.String()+" "+s.Name+": "+s.Details, ": "))
		h.notes = append(h.notes, h.tracker.Step(h.now, &s)...)
	}
}

func (h *host) sent(packet []byte)     { h.t.Helper(); h.packet(true, packet) }
func (h *host) received(packet []byte) { h.t.Helper(); h.packet(false, packet) }

// pdu passes an SMP PDU from one side to the other.
func (h *host) pdu(from dissect.Side, pdu []byte) {
	h.t.Helper()
	frame, err := l2cap.AppendFrame(nil, l2cap.SMP, pdu)
	if err != nil {
		h.t.Fatal(err)
	}
	boundary := l2cap.FirstToHost
	if from == h.own {
		boundary = l2cap.FirstToController
	}
	h.packet(from == h.own, hci.AppendACL(nil, hci.ACL{Handle: handle, Boundary: boundary, Data: frame}))
}

type appender interface{ AppendTo([]byte) []byte }

func (h *host) send(from dissect.Side, pdus ...appender) {
	h.t.Helper()
	for _, p := range pdus {
		h.pdu(from, p.AppendTo(nil))
	}
}

// features exchanges feature PDUs with these.
func (h *host) features(initiator, responder smp.IOCapability, auth smp.AuthReq, keys smp.KeyDistribution) {
	h.t.Helper()
	request := smp.PairingRequest{IOCapability: initiator, AuthReq: auth.WithBonding(1), MaxKeySize: 16, InitiatorKeyDistribution: keys, ResponderKeyDistribution: keys}
	response := smp.PairingResponse(request)
	response.IOCapability = responder
	h.send(c, &request)
	h.send(p, &response)
}

const (
	c = dissect.CentralSide
	p = dissect.PeripheralSide
)

func (h *host) encryption(status bt.Status) {
	h.t.Helper()
	h.received(hci.AppendEvent(nil, &hci.EncryptionChange{Status: status, ConnectionHandle: handle, EncryptionEnabled: 1}))
}

func (h *host) disconnected(reason bt.Status) {
	h.t.Helper()
	h.received(hci.AppendEvent(nil, &hci.DisconnectionComplete{ConnectionHandle: handle, Reason: reason}))
}

// told gives the notes as text, with their topics.
func (h *host) told() []string {
	var texts []string
	for _, n := range h.notes {
		text := n.Topic + ": " + n.Text
		if n.Cause != "" {
			text += " | " + n.Cause
		}
		texts = append(texts, text)
	}
	return texts
}
