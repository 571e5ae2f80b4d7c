package hci_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"

	"github.com/google/go-cmp/cmp"
)

func TestAppendPackets(t *testing.T) {
	prefix := []byte{0xaa}
	for _, test := range []struct {
		name string
		got  []byte
		want []byte
	}{
		{"command", hci.AppendCommand(prefix, &hci.Reset{}), []byte{0xaa, 0x01, 0x03, 0x0c, 0x00}},
		{
			"command with parameters",
			hci.AppendCommand(prefix, &hci.Disconnect{ConnectionHandle: 0x40, Reason: bt.RemoteUserTerminated}),
			[]byte{0xaa, 0x01, 0x06, 0x04, 0x03, 0x40, 0x00, 0x13},
		},
		{"event", hci.AppendEvent(prefix, &hci.HardwareError{HardwareCode: 0x42}), []byte{0xaa, 0x04, 0x10, 0x01, 0x42}},
		{
			"LE event",
			hci.AppendLEEvent(prefix, &hci.LELongTermKeyRequest{ConnectionHandle: 0x40, RandomNumber: 0x0102030405060708, EncryptedDiversifier: 0x1234}),
			[]byte{0xaa, 0x04, 0x3e, 0x0d, 0x05, 0x40, 0x00, 0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0x34, 0x12},
		},
		{
			"ACL",
			hci.AppendACL(prefix, hci.ACL{Handle: 0xf040, Boundary: l2cap.FirstToHost, Data: []byte{1, 2}}),
			[]byte{0xaa, 0x02, 0x40, 0x20, 0x02, 0x00, 0x01, 0x02},
		},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if err := transport.Check(test.got[1:]); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestParseACL(t *testing.T) {
	for _, test := range []struct {
		name   string
		packet []byte
		want   hci.ACL
		err    string
	}{
		{name: "good", packet: []byte{2, 0x40, 0x10, 2, 0, 7, 8}, want: hci.ACL{Handle: 0x40, Boundary: l2cap.Continuation, Data: []byte{7, 8}}},
		{name: "broadcast flag", packet: []byte{2, 0xff, 0x6e, 0, 0}, want: hci.ACL{Handle: 0xeff, Boundary: l2cap.FirstToHost, Data: []byte{}}},
		{name: "empty", err: "hci: ACL packet: 0 octets are no header"},
		{name: "half a header", packet: []byte{2, 0x40, 0x10, 2}, err: "hci: ACL packet: 4 octets are no header"},
		{name: "an event", packet: []byte{4, 0x40, 0x10, 0, 0}, err: "hci: ACL packet: 5 octets are no header"},
		{name: "short", packet: []byte{2, 0x40, 0x10, 2, 0, 7}, err: "hci: ACL packet: 1 octets, but its header says 2"},
		{name: "long", packet: []byte{2, 0x40, 0x10, 0, 0, 7}, err: "hci: ACL packet: 1 octets, but its header says 0"},
	} {
		got, err := hci.ParseACL(test.packet)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != test.err {
			t.Errorf("%s: error %q, want %q", test.name, text, test.err)
		}
	}
}

// raw is a transport that does not check what it carries.
type raw struct{ transport.Transport }

func (r raw) ReadPacket(buf []byte) ([]byte, error) {
	p, err := r.Transport.ReadPacket(buf)
	if err == nil && p[0] == transport.SynchronousPacket {
		return p[4:], nil // smuggled in
	}
	return p, err
}

func TestTransportThatDoesNotCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		c.far = raw{c.far}
		h := c.host(hci.Options{})
		for _, smuggled := range [][]byte{{}, {0x09}, {0x04}, {0x04, 0x05}, {0x02, 0x40, 0x20}, {0x04, 0x05, 0x09, 0x00}} {
			c.event(append([]byte{0x03, 0x40, 0x00, byte(len(smuggled))}, smuggled...))
		}
		if diff := cmp.Diff(hci.Stats{Malformed: 6}, h.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

var errWrite = errors.New("cable is cut")

// mute is a transport that breaks for writing when it is told to.
type mute struct {
	transport.Transport
	broken bool
}

func (m *mute) WritePacket(p []byte) error {
	if m.broken {
		return errWrite
	}
	return m.Transport.WritePacket(p)
}

func TestWriteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		m := &mute{Transport: c.far}
		c.far = m
		h := c.host(hci.Options{})
		links := record(h)
		conn := c.peripheral(h, 0x40)
		m.broken = true
		if _, err := conn.SendSMP([]byte{0x05, 0x08}); err != nil {
			t.Fatal(err)
		}
		<-h.Done()
		if err := h.Err(); !errors.Is(err, errWrite) {
			t.Errorf("Err: %v", err)
		}
		if diff := cmp.Diff([]string{"disconnected hardware failure (0x03)"}, links[0x40].taken()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

// TestLogsNoSecrets runs keys and PDUs through a host that logs all it can.
func TestLogsNoSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := newController(t)
		h := c.host(hci.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		links := record(h)
		conn := c.peripheral(h, 0x40)
		c.refuse(hci.OpcodeLELongTermKeyRequestReply, bt.CommandDisallowed)
		if err := conn.ReplyLTK(testKey); err != nil {
			t.Fatal(err)
		}
		c.pdu(0x40, 0x3f, testKey[:]...)
		c.event(
			append([]byte{0x04, 0x05, 0x10}, testKey[:]...),
			append([]byte{0x04, 0xff, 0x10}, testKey[:]...),
			hci.ACL{Handle: 0x40, Boundary: l2cap.Continuation, Data: testKey[:]},
			disconnected(0x40, bt.ConnectionTimeout),
		)
		if len(links[0x40].taken()) != 1 || h.Stats().Malformed != 2 || h.Stats().Unknown != 2 {
			t.Errorf("not all of it was refused: %+v", h.Stats())
		}
		if log.Len() == 0 {
			t.Error("nothing was logged")
		}
		text := strings.NewReplacer(" ", "", ",", "", "0x", "").Replace(log.String())
		for _, secret := range []string{"01020304", "04030201", "0d0e0f", "131415", "0908070605"} {
			if strings.Contains(text, secret) {
				t.Errorf("the log has %s:\n%s", secret, log.String())
			}
		}
	})
}
