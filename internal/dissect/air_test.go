package dissect_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/internal/dissect"
)

const (
	advertising = 0x8e89bed6
	access      = 0x50655a5d
)

func TestSniffer(t *testing.T) {
	var s dissect.Sniffer
	var got []string
	for _, packet := range []struct {
		access uint32
		from   dissect.Side
		pdu    string
	}{
		{advertising, dissect.NoSide, "00 06 02 53 00 5e 00 c0"},
		{advertising, dissect.NoSide, "85 22 01 53 00 5e 00 00 02 53 00 5e 00 c0 5d 5a 65 50 563412 02 0a00 1800 0000 4800 ffffffff1f 25"},
		{access, c, "02 0b 07 00 06 00 01 03 00 01 10 00 00"},
		{access, c, "12 0b 07 00 06 00 01 03 00 01 10 00 00"}, // sent again, with the bit for more data
		{access, p, "01 00"},
		{access, p, "0a 06 07 00 06 00 02 03"}, // the first part of a Pairing Response
		{access, p, "01 05 00 01 10 00 00"},    // and the second
		{access, p, "0a 06 02 00 04 00 0a 00"}, // ATT
		{access, c, "0a 06 02 00 06 00 05 08"}, // Pairing Failed
		{access, c, "03 17 03 0000000000000000 0000 0000000000000000 00000000"},
		{access, p, "07 02 0d 06"}, // refused
		{access, c, "0b 17 03 0100000000000000 0200 0000000000000000 00000000"},
		{access, p, "0b 01 05"},
		{access, c, "03 05 1122334455"},
		{access, p, "03 05 2233445566"},
		{access, c, "0a 08 0102030405060708"}, // encrypted
		{access, c, "0b"},
		{access, c, "0b 02 00"},
		{access + 1, c, "03 02 02 13"},
		{access + 1, c, "03 01 02"},
		{access + 1, c, "03 02 03 00"},
		{access + 1, c, "00 01 00"},
		{access + 1, c, "01 01 00"},
		{access + 1, p, "03 03 11 03 06"},
		{access + 1, p, "0b 03 11 0f 1a"},
		{access + 1, p, "03 02 11 03"},
		{access + 1, p, "0b 01 0d"},
		{access + 1, p, "03 01 0b"},
		{advertising, dissect.NoSide, "05 02 00 00"},
	} {
		for _, step := range s.Packet(dissect.AirPacket{Access: packet.access, From: packet.from, PDU: octets(packet.pdu)}) {
			got = append(got, step.From.String()+" "+step.Kind.String()+" "+step.Name+": "+step.Details)
		}
	}
	want := []string{
		"central link CONNECT_IND: ",
		"central pdu Pairing Request: NoInputNoOutput, OOB data absent, AuthReq Bonding=1, key size 16, initiator keys none, responder keys none",
		"peripheral pdu Pairing Response: NoInputNoOutput, OOB data absent, AuthReq Bonding=1, key size 16, initiator keys none, responder keys none",
		"central pdu Pairing Failed: unspecified reason (0x08)",
		"central encryption LL_ENC_REQ: EDIV 0x0000, Rand 0x0000000000000000",
		"peripheral encryption LL_REJECT_IND: PIN or key missing (0x06)",
		"central encryption LL_ENC_REQ: EDIV 0x0002, Rand 0x0000000000000001",
		"peripheral encryption LL_START_ENC_REQ: ",
		"peripheral encryption encrypted packet: the peripheral answers under the key, and the rest is not visible without it",
		"central error link layer packet: 1 octets are no header",
		"central error link layer packet: 3 octets, but its header says 4",
		"central link LL_TERMINATE_IND: remote user terminated connection (0x13)",
		"central error LL_TERMINATE_IND: 1 octets, want 2",
		"central error LL_ENC_REQ: 2 octets, want 23",
		"central error link layer packet: LLID 0 is reserved",
		"central error L2CAP: l2cap: a continuation without a beginning (1 octets)",
		"peripheral encryption LL_REJECT_EXT_IND: PIN or key missing (0x06)",
		"peripheral error LL_REJECT_EXT_IND: 2 octets, want 3",
		"peripheral error LL_REJECT_IND: 1 octets, want 2",
		"peripheral encryption LL_PAUSE_ENC_RSP: encryption off",
		"? error CONNECT_IND: 4 octets, want 36",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestSnifferReadsDecrypted goes on where the sniffer knows the key.
func TestSnifferReadsDecrypted(t *testing.T) {
	var s dissect.Sniffer
	var got []string
	for i, pdu := range []string{"0b 01 05", "03 01 06", "0b 01 06", "0a 06 02 00 06 00 05 08"} {
		from := p
		if i == 1 {
			from = c
		}
		for _, step := range s.Packet(dissect.AirPacket{Access: access, From: from, PDU: octets(pdu), Decrypted: i > 0}) {
			got = append(got, step.From.String()+" "+step.Name)
		}
	}
	want := []string{"peripheral LL_START_ENC_REQ", "peripheral LL_START_ENC_RSP", "peripheral Pairing Failed"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func FuzzSniffer(f *testing.F) {
	f.Add(octets("02 0b 07 00 06 00 01 03 00 01 10 00 00"), uint32(access), false)
	f.Add(octets("85 22 01 53 00 5e 00 00 02 53 00 5e 00 c0 5d 5a 65 50 563412 02 0a00 1800 0000 4800 ffffffff1f 25"), uint32(advertising), false)
	f.Add(octets("03 17 03 0000000000000000 0000 0000000000000000 00000000"), uint32(access), true)
	f.Fuzz(func(t *testing.T, pdu []byte, access uint32, decrypted bool) {
		var s dissect.Sniffer
		var tracker dissect.Tracker
		for _, from := range []dissect.Side{dissect.NoSide, c, p} {
			for _, step := range s.Packet(dissect.AirPacket{Access: access, From: from, PDU: pdu, Decrypted: decrypted}) {
				if step.Name == "" {
					t.Error("a step without a name")
				}
				tracker.Step(begin, &step)
			}
		}
		tracker.End()
	})
}

func FuzzDissector(f *testing.F) {
	f.Add(octets("0240000600020006000508"), octets("043e03050000"))
	f.Add(octets("01192000"), octets("04 0e 0a 01 09 10 00 01 53 00 5e 00 00"))
	f.Fuzz(func(t *testing.T, sent, received []byte) {
		var d dissect.Dissector
		var tracker dissect.Tracker
		for range 2 {
			for i, packet := range [][]byte{sent, received} {
				for _, step := range d.Packet(i == 0, packet) {
					if step.Name == "" {
						t.Error("a step without a name")
					}
					tracker.Step(begin, &step)
				}
			}
		}
		tracker.End()
	})
}
