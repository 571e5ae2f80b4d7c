package l2cap_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"blesmp/bt"
	"blesmp/hci/l2cap"

	"github.com/google/go-cmp/cmp"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func spaced(b []byte) string {
	var s strings.Builder
	for i, octet := range b {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(hex.EncodeToString([]byte{octet}))
	}
	return s.String()
}

func TestAnswerATT(t *testing.T) {
	for _, test := range []struct{ name, pdu, want string }{
		{"nothing", "", ""},
		{"exchange MTU", "02 05 02", "03 17 00"},
		{"exchange MTU, short", "02 05", "01 02 00 00 04"},
		{"find information", "04 01 00 ff ff", "01 04 01 00 0a"},
		{"find information, short", "04 01 00 ff", "01 04 00 00 04"},
		{"find information from handle 0", "04 00 00 ff ff", "01 04 00 00 01"},
		{"find information backwards", "04 05 00 04 00", "01 04 05 00 01"},
		{"find by type value", "06 01 00 ff ff 00 28 0f 18", "01 06 01 00 0a"},
		{"read by type", "08 01 00 ff ff 03 28", "01 08 01 00 0a"},
		{"read by type, long UUID", "08 02 00 ff ff 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f", "01 08 02 00 0a"},
		{"read by type, UUID of 3 octets", "08 01 00 ff ff 03 28 00", "01 08 00 00 04"},
		{"read", "0a 03 00", "01 0a 03 00 01"},
		{"read, long", "0a 03 00 00", "01 0a 00 00 04"},
		{"read blob", "0c 03 00 16 00", "01 0c 03 00 01"},
		{"read multiple", "0e 03 00 04 00", "01 0e 03 00 01"},
		{"read multiple of one", "0e 03 00", "01 0e 00 00 04"},
		{"read by group type", "10 01 00 ff ff 00 28", "01 10 01 00 0a"},
		{"write", "12 03 00 01 00", "01 12 03 00 01"},
		{"prepare write", "16 03 00 00 00 aa", "01 16 03 00 01"},
		{"execute write", "18 01", "19"},
		{"execute write, bad flag", "18 02", "01 18 00 00 04"},
		{"read multiple variable", "20 03 00 04 00", "01 20 03 00 01"},
		{"unknown request", "14 01", "01 14 00 00 06"},
		{"unknown opcode", "3f", "01 3f 00 00 06"},
		{"write command", "52 03 00 01", ""},
		{"signed write command", "d2 03 00 01", ""},
		{"unknown command", "7f", ""},
		{"notification", "1b 03 00 01", ""},
		{"multiple notification", "23 03 00 01 00 01", ""},
		{"indication", "1d 03 00 01", "1e"},
		{"indication, short", "1d 03", ""},
		{"confirmation", "1e", ""},
		{"error response", "01 0a 03 00 01", ""},
		{"response", "0b 01", ""},
		{"read multiple variable response", "21 01 00 01", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := spaced(l2cap.AnswerATT(nil, unhex(t, test.pdu)))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer to %s (-want +got):\n%s", test.pdu, diff)
			}
		})
	}
}

func TestSignaller(t *testing.T) {
	for _, test := range []struct {
		name      string
		role      bt.Role
		agree     bool
		pdu, want string
		asked     []l2cap.ConnectionParameters
	}{
		{
			name: "update accepted", agree: true,
			pdu: "12 01 08 00 18 00 28 00 00 00 2a 00", want: "13 01 02 00 00 00",
			asked: []l2cap.ConnectionParameters{{IntervalMin: 24, IntervalMax: 40, Timeout: 42}},
		},
		{
			name: "update refused",
			pdu:  "12 02 08 00 18 00 28 00 00 00 2a 00", want: "13 02 02 00 01 00",
			asked: []l2cap.ConnectionParameters{{IntervalMin: 24, IntervalMax: 40, Timeout: 42}},
		},
		{
			name: "update with parameters that no link can have", agree: true,
			pdu: "12 03 08 00 28 00 18 00 00 00 2a 00", want: "13 03 02 00 01 00",
		},
		{name: "update, short", agree: true, pdu: "12 04 02 00 18 00", want: "01 04 02 00 00 00"},
		{
			name: "update at a peripheral", role: bt.Peripheral, agree: true,
			pdu: "12 05 08 00 18 00 28 00 00 00 2a 00", want: "01 05 02 00 00 00",
		},
		{name: "credit based connection", pdu: "14 06 0a 00 25 00 40 00 17 00 17 00 01 00", want: "01 06 02 00 00 00"},
		{name: "disconnection of no channel", pdu: "06 07 04 00 40 00 41 00", want: "01 07 06 00 02 00 40 00 41 00"},
		{name: "unknown code", pdu: "ee 08 00 00", want: "01 08 02 00 00 00"},
		{name: "too long", pdu: "ee 09 14 00" + strings.Repeat(" 00", 20), want: "01 09 04 00 01 00 17 00"},
		{name: "length lies", pdu: "12 0a 09 00 18 00 28 00 00 00 2a 00", want: "01 0a 02 00 00 00"},
		{name: "two commands in one PDU", pdu: "ee 0b 00 00 ee 0c 00 00", want: "01 0b 02 00 00 00"},
		{name: "no length", pdu: "12 0d", want: "01 0d 02 00 00 00"},
		{name: "identifier 0", pdu: "ee 00 00 00", want: ""},
		{name: "one octet", pdu: "12", want: ""},
		{name: "nothing", pdu: "", want: ""},
		{name: "reject", pdu: "01 01 02 00 00 00", want: ""},
		{name: "update response", pdu: "13 01 02 00 00 00", want: ""},
		{name: "credit", pdu: "16 01 04 00 40 00 01 00", want: ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []l2cap.ConnectionParameters
			s := l2cap.Signaller{Role: test.role, Update: func(p l2cap.ConnectionParameters) bool {
				asked = append(asked, p)
				return test.agree
			}}
			got := spaced(s.Answer(nil, unhex(t, test.pdu)))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.asked, asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSignallerWithoutUpdate(t *testing.T) {
	var s l2cap.Signaller
	request := l2cap.AppendParameterUpdateRequest(nil, 1, l2cap.ConnectionParameters{IntervalMin: 24, IntervalMax: 40, Timeout: 42})
	if diff := cmp.Diff("13 01 02 00 01 00", spaced(s.Answer(nil, request))); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestConnectionParametersValid(t *testing.T) {
	good := l2cap.ConnectionParameters{IntervalMin: 6, IntervalMax: 3200, Latency: 0, Timeout: 801}
	for _, test := range []struct {
		name   string
		change func(*l2cap.ConnectionParameters)
		want   bool
	}{
		{"good", func(*l2cap.ConnectionParameters) {}, true},
		{"timeout is twice the interval", func(p *l2cap.ConnectionParameters) { p.Timeout = 800 }, false},
		{"latency needs more timeout", func(p *l2cap.ConnectionParameters) { p.Latency = 1 }, false},
		{"interval below 7.5 ms", func(p *l2cap.ConnectionParameters) { p.IntervalMin = 5 }, false},
		{"interval above 4 s", func(p *l2cap.ConnectionParameters) { p.IntervalMax, p.Timeout = 3201, 3200 }, false},
		{"intervals swapped", func(p *l2cap.ConnectionParameters) { p.IntervalMin, p.IntervalMax = 40, 24 }, false},
		{"timeout below 100 ms", func(p *l2cap.ConnectionParameters) { p.IntervalMax, p.Timeout = 6, 9 }, false},
		{"timeout above 32 s", func(p *l2cap.ConnectionParameters) { p.Timeout = 3201 }, false},
		{"latency above 499", func(p *l2cap.ConnectionParameters) { p.IntervalMax, p.Latency, p.Timeout = 6, 500, 3200 }, false},
	} {
		p := good
		test.change(&p)
		if got := p.Valid(); got != test.want {
			t.Errorf("%s: %+v: got %t", test.name, p, got)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0x02, 0x05, 0x02})
	f.Add([]byte{0x12, 0x01, 0x08, 0x00, 0x18, 0x00, 0x28, 0x00, 0x00, 0x00, 0x2a, 0x00})
	f.Fuzz(func(t *testing.T, pdu []byte) {
		dst := []byte{0xaa}
		if got := l2cap.AnswerATT(dst, pdu); !bytes.HasPrefix(got, dst) || len(got) > 1+l2cap.DefaultATTMTU {
			t.Errorf("ATT answer % x", got)
		} else if len(got) > 1 && len(l2cap.AnswerATT(nil, got[1:])) != 0 {
			t.Errorf("the ATT answer % x would be answered", got)
		}
		var s l2cap.Signaller
		if got := s.Answer(dst, pdu); !bytes.HasPrefix(got, dst) || len(got) > 1+l2cap.SignallingMTU {
			t.Errorf("signalling answer % x", got)
		} else if len(got) > 1 && len(s.Answer(nil, got[1:])) != 0 {
			t.Errorf("the signalling answer % x would be answered", got)
		}
	})
}
