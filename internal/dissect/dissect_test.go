package dissect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/internal/dissect"
)

func TestPDU(t *testing.T) {
	for _, test := range []struct {
		pdu           string
		name, details string
	}{
		{"01 04 00 2d 10 0f 0b", "Pairing Request", "KeyboardDisplay, OOB data absent, AuthReq Bonding=1|MITM|SC|CT2, key size 16, initiator keys EncKey|IdKey|SignKey|LinkKey, responder keys EncKey|IdKey|LinkKey"},
		{"02 03 01 00 07 00 00", "Pairing Response", "NoInputNoOutput, OOB data present, AuthReq 0x00, key size 7, initiator keys none, responder keys none"},
		{"03 000102030405060708090a0b0c0d0e0f", "Pairing Confirm", "0f0e0d0c0b0a09080706050403020100"},
		{"04 000102030405060708090a0b0c0d0e0f", "Pairing Random", "0f0e0d0c0b0a09080706050403020100"},
		{"05 04", "Pairing Failed", "confirm value failed (0x04)"},
		{"05 42", "Pairing Failed", "Reason(0x42) (0x42)"},
		{"06 000102030405060708090a0b0c0d0e0f", "Encryption Information", "LTK [hidden]"},
		{"07 3412 efcdab8967452301", "Central Identification", "EDIV 0x1234, Rand 0x0123456789abcdef"},
		{"08 000102030405060708090a0b0c0d0e0f", "Identity Information", "IRK [hidden]"},
		{"09 01 554433221 1c0", "Identity Address Information", "C0:11:22:33:44:55/random"},
		{"0a 000102030405060708090a0b0c0d0e0f", "Signing Information", "CSRK [hidden]"},
		{"0b 0d", "Security Request", "Bonding=1|MITM|SC"},
		{"0c" + strings.Repeat("01", 32) + strings.Repeat("02", 32), "Pairing Public Key", "X " + strings.Repeat("01", 32) + ", Y " + strings.Repeat("02", 32)},
		{"0d 000102030405060708090a0b0c0d0e0f", "Pairing DHKey Check", "0f0e0d0c0b0a09080706050403020100"},
		{"0e 01", "Pairing Keypress Notification", "passkey digit entered"},
		{"0f 01", "reserved code 0x0f", ""},
		{"00", "reserved code 0x00", ""},
		{"", "empty PDU", "malformed: no code octet"},
		{"05", "Pairing Failed", "malformed: PairingFailed: 1 octets, want 2"},
		{"01 05 00 00 10 00 00", "Pairing Request", "malformed: PairingRequest: IOCapability: unknown value 0x05"},
	} {
		name, details := dissect.PDU(octets(test.pdu), false)
		if name != test.name {
			t.Errorf("%s: name %q, want %q", test.pdu, name, test.name)
		}
		if diff := cmp.Diff(test.details, details); diff != "" {
			t.Errorf("%s: details (-want +got):\n%s", test.pdu, diff)
		}
	}
	if _, details := dissect.PDU(octets("06 000102030405060708090a0b0c0d0e0f"), true); details != "LTK 0f0e0d0c0b0a09080706050403020100" {
		t.Errorf("with keys: %q", details)
	}
}

func TestDissectorSteps(t *testing.T) {
	h := newHost(t, c)
	key := bt.Key{15: 0x42}
	h.sent(hci.AppendCommand(nil, &hci.Reset{}))
	h.sent(hci.AppendCommand(nil, &hci.LEEnableEncryption{ConnectionHandle: handle, RandomNumber: 1, EncryptedDiversifier: 2, LongTermKey: key}))
	h.encryption(bt.Success)
	h.encryption(bt.PINOrKeyMissing)
	h.received(hci.AppendEvent(nil, &hci.EncryptionChange{ConnectionHandle: handle}))
	h.received(hci.AppendEvent(nil, &hci.EncryptionKeyRefreshComplete{ConnectionHandle: handle}))
	h.received(hci.AppendLEEvent(nil, &hci.LELongTermKeyRequest{ConnectionHandle: handle, RandomNumber: 3, EncryptedDiversifier: 4}))
	h.sent(hci.AppendCommand(nil, &hci.LELongTermKeyRequestReply{ConnectionHandle: handle, LongTermKey: key}))
	h.sent(hci.AppendCommand(nil, &hci.LELongTermKeyRequestNegativeReply{ConnectionHandle: handle}))
	h.received(hci.AppendACL(nil, hci.ACL{Handle: handle, Boundary: l2cap.Continuation, Data: []byte{1}}))
	h.received(octets("040e0401030c"))      // shorter than its header says
	h.received(octets("04 3e 00"))          // no subevent
	h.received(octets("04 08 02 00 40"))    // a short Encryption Change
	h.received(octets("04 3e 03 05 40 00")) // a short LE Long Term Key Request
	h.received(octets("04 3e 02 01 00"))    // a short LE Connection Complete
	h.received(octets("04 3e 02 0a 00"))    // a short LE Enhanced Connection Complete
	h.sent(octets("01 19 20 01 40"))        // a short LE Enable Encryption
	h.sent(nil)
	h.sent(octets("09 00"))
	h.received(hci.AppendLEEvent(nil, &hci.LEConnectionComplete{Status: bt.ConnectionFailedToBeEstablished}))
	h.disconnected(bt.RemoteUserTerminated)
	want := []string{
		"central encryption LE Enable Encryption: EDIV 0x0002, Rand 0x0000000000000001, LTK [hidden]",
		"central encryption Encryption Change: encryption on",
		"central encryption Encryption Change: PIN or key missing (0x06)",
		"central encryption Encryption Change: encryption off",
		"central encryption Encryption Key Refresh Complete: encryption on",
		"central encryption LE Long Term Key Request: EDIV 0x0004, Rand 0x0000000000000003",
		"central encryption LE Long Term Key Request Reply: LTK [hidden]",
		"central encryption LE Long Term Key Request Negative Reply",
		"central error L2CAP: l2cap: a continuation without a beginning (1 octets)",
		"? error HCI packet: transport: H4 packet of type 0x04: 6 octets, but its header says 7",
		"? error LE Meta event: no subevent code",
		"? error Encryption Change: EncryptionChange: 2 octets, want 4",
		"? error LE Long Term Key Request: LELongTermKeyRequest: 2 octets, want 12",
		"? error LE Connection Complete: LEConnectionComplete: 1 octets, want 18",
		"? error LE Enhanced Connection Complete: LEEnhancedConnectionComplete: 1 octets, want 30",
		"? error LE Enable Encryption: LEEnableEncryption: 1 octets, want 28",
		"? error HCI packet: transport: H4 packet of type 0x00: the packet is empty",
		"? error HCI packet: transport: H4 packet of type 0x09: there is no such type",
		"? link LE Connection Complete: connection failed to be established (0x3e)",
		"central link Disconnection Complete: remote user terminated connection (0x13)",
	}
	if diff := cmp.Diff(want, h.steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestAddresses finds out whose link it is, from old and from new commands.
func TestAddresses(t *testing.T) {
	private := address("41:00:00:00:00:07/random")
	extended := func(subevent byte, event *hci.LEEnhancedConnectionComplete, more ...byte) []byte {
		packet := hci.AppendLEEvent(nil, event)
		packet[2] += byte(len(more))
		packet[3] = subevent
		return append(packet, more...)
	}
	for _, test := range []struct {
		name    string
		packets [][]byte // those of type 4 are received
		want    dissect.Addresses
	}{
		{"nothing is known of us", [][]byte{
			hci.AppendLEEvent(nil, &hci.LEConnectionComplete{Role: bt.Central, PeerAddressType: 1, PeerAddress: peripheral.Address}),
		}, dissect.Addresses{Peripheral: peripheral}},
		{"extended advertising with an address of its own", [][]byte{
			octets("01 05 20 06 010101010101"),
			octets("01 35 20 07 00 02 53 00 5e 00 c0"),
			octets("01 36 20 19 00 0000 000000 000000 07 01 00 000000000000 00 00 01 00 01 00 00"),
			extended(0x29, &hci.LEEnhancedConnectionComplete{Role: bt.Peripheral, PeerAddress: central.Address}, 0, 0, 0),
		}, dissect.Addresses{Central: central, Peripheral: peripheral}},
		{"extended connection with private addresses of both", [][]byte{
			octets("01 43 20 02 00 02"),
			extended(0x0a, &hci.LEEnhancedConnectionComplete{
				Role: bt.Central, PeerAddressType: 2, PeerAddress: central.Address,
				PeerResolvablePrivateAddress: bt.Address{0x42}, LocalResolvablePrivateAddress: private.Address,
			}),
		}, dissect.Addresses{Central: private, Peripheral: address("42:00:00:00:00:00/random")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d dissect.Dissector
			var steps []dissect.Step
			for _, packet := range test.packets {
				steps = append(steps, d.Packet(packet[0] == 1, packet)...)
			}
			if len(steps) != 1 {
				t.Fatalf("%d steps: %v", len(steps), steps)
			}
			if diff := cmp.Diff(test.want, steps[0].Addresses); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRolesFromPDUs reads a recording that lacks the begin of the link.
func TestRolesFromPDUs(t *testing.T) {
	h := &host{t: t, now: begin, own: p}
	h.pdu(p, octets("04 000102030405060708090a0b0c0d0e0f"))
	h.pdu(p, octets("0b 01"))
	h.pdu(c, octets("01 03 00 01 10 00 00"))
	want := []string{
		"? pdu Pairing Random: 0f0e0d0c0b0a09080706050403020100",
		"peripheral pdu Security Request: Bonding=1",
		"central pdu Pairing Request: NoInputNoOutput, OOB data absent, AuthReq Bonding=1, key size 16, initiator keys none, responder keys none",
	}
	if diff := cmp.Diff(want, h.steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
