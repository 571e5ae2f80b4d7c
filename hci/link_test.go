package hci_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"

	"github.com/google/go-cmp/cmp"
)

// publicKeyPDU is an SMP PDU of 65 octets, the longest there is.
func publicKeyPDU() []byte {
	pdu := make([]byte, 65)
	pdu[0] = 0x0c
	return pdu
}

// TestDelivered sends PDUs of one and of three packets over three buffers, and
// follows their numbers.
func TestDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		links := record(h)
		conn := c.peripheral(h, 0x40)
		for want, pdu := range [][]byte{{0x05, 0x08}, publicKeyPDU(), {0x05, 0x01}} {
			number, err := conn.SendSMP(pdu)
			if err != nil || number != uint64(want+1) {
				t.Fatalf("SendSMP: %d, %v", number, err)
			}
		}
		expect := func(when string, data int, calls ...string) {
			t.Helper()
			if got := len(c.taken()); got != data {
				t.Errorf("%s: %d packets, want %d", when, got, data)
			}
			if diff := cmp.Diff(calls, links[0x40].taken()); diff != "" {
				t.Errorf("%s: calls (-want +got):\n%s", when, diff)
			}
		}
		expect("at first", 3)
		c.event(completed(0x40, 1))
		expect("PDU 1 is out", 1, "delivered 1")
		c.event(completed(0x40, 1))
		expect("a third of PDU 2", 1)
		c.event(completed(0x40, 3))
		expect("all", 0, "delivered 3")
		want := []string{
			"0x0040 SMP: 05 08",
			fmt.Sprintf("0x0040 SMP: % x", publicKeyPDU()),
			"0x0040 SMP: 05 01",
		}
		if diff := cmp.Diff(want, c.frames()); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
	})
}

// TestDeliveredTogether has one event tell of several links: of one that there is
// not, of one twice, and of more packets than were sent. All buffers are free again
// before the first handler hears of it.
func TestDeliveredTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		links := record(h)
		a, b := c.peripheral(h, 0x40), c.peripheral(h, 0x41)
		for _, conn := range []*hci.Conn{a, b, a, b, a} { // over three buffers
			if _, err := conn.SendSMP([]byte{0x05, 0x08}); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(c.taken()); got != 3 {
			t.Fatalf("%d packets at first, want 3", got)
		}
		c.event(&hci.NumberOfCompletedPackets{Completed: []hci.CompletedPackets{
			{ConnectionHandle: 0x42, NumCompletedPackets: 1},
			{ConnectionHandle: 0x40, NumCompletedPackets: 1},
			{ConnectionHandle: 0x41, NumCompletedPackets: 2},
			{ConnectionHandle: 0x40, NumCompletedPackets: 1},
		}})
		if got := len(c.taken()); got != 2 {
			t.Errorf("%d packets more, want 2", got)
		}
		if diff := cmp.Diff([]string{"delivered 1", "delivered 2"}, links[0x40].taken()); diff != "" {
			t.Errorf("calls of the first link (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"delivered 1"}, links[0x41].taken()); diff != "" {
			t.Errorf("calls of the second link (-want +got):\n%s", diff)
		}
		if got := h.Stats().Malformed; got != 1 {
			t.Errorf("%d packets counted as malformed, want the surplus of one link", got)
		}
	})
}

// TestFair gives each link its turn, whoever queued first, and gives the
// buffers of a link that ends to the others.
func TestFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		first, second := c.peripheral(h, 0x40), c.peripheral(h, 0x41)
		for range 4 {
			if _, err := first.SendSMP([]byte{0x05, 0x01}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		for range 2 {
			if _, err := second.SendSMP([]byte{0x05, 0x02}); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(when string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, c.taken()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		expect("three buffers", "data 0x0040", "data 0x0040", "data 0x0040")
		c.event(completed(0x40, 1))
		expect("one more", "data 0x0041")
		c.event(completed(0x40, 1))
		expect("and another", "data 0x0040")
		c.event(completed(0x40, 1))
		expect("the last", "data 0x0041")
		for range 3 {
			if _, err := second.SendSMP([]byte{0x05, 0x02}); err != nil {
				t.Fatal(err)
			}
		}
		expect("all buffers in use")
		c.event(disconnected(0x40, bt.ConnectionTimeout))
		expect("a link with one packet out ends", "data 0x0041")
		c.event(completed(0x40, 1))
		expect("what it had counts only once")
	})
}

// TestCommandOrder keeps a command behind the data that was queued before it,
// unless there is no room for that data.
func TestCommandOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		conn := c.peripheral(h, 0x40)
		send := func(pdu []byte) {
			t.Helper()
			if _, err := conn.SendSMP(pdu); err != nil {
				t.Fatal(err)
			}
		}
		send(publicKeyPDU()[:40])
		if err := conn.RejectLTK(); err != nil {
			t.Fatal(err)
		}
		send([]byte{0x05, 0x08})
		send([]byte{0x05, 0x08})
		if err := conn.Disconnect(bt.RemoteUserTerminated); err != nil {
			t.Fatal(err)
		}
		want := []string{"data 0x0040", "data 0x0040", "LELongTermKeyRequestNegativeReply 40 00", "data 0x0040", "Disconnect 40 00 13"}
		if diff := cmp.Diff(want, c.taken()); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
	})
}

func TestQueueFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		conn := c.peripheral(c.host(hci.Options{}), 0x40)
		var err error
		n := 0
		for ; err == nil && n < 10_000; n++ {
			_, err = conn.SendSMP([]byte{1})
		}
		if !errors.Is(err, hci.ErrQueueFull) {
			t.Errorf("after %d PDUs: %v", n, err)
		}
		if _, err := conn.SendSMP(make([]byte, 0x10000)); !errors.Is(err, l2cap.ErrTooLong) {
			t.Errorf("a PDU that no frame holds: %v", err)
		}
	})
}

// TestOrder has all kinds of packets reach the handler as the controller sent
// them.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		links := record(h)
		conn := c.peripheral(h, 0x40)
		frame, err := l2cap.AppendFrame(nil, l2cap.SMP, []byte{0x06, 0x01})
		if err != nil {
			t.Fatal(err)
		}
		if conn.Encrypted() {
			t.Error("encrypted from the start")
		}
		c.event(
			&hci.LELongTermKeyRequest{ConnectionHandle: 0x40, RandomNumber: 0x0102030405060708, EncryptedDiversifier: 0x1234},
			&hci.EncryptionChange{ConnectionHandle: 0x40, EncryptionEnabled: 1},
			hci.ACL{Handle: 0x40, Boundary: 2, Data: frame[:5]},
			&hci.EncryptionKeyRefreshComplete{ConnectionHandle: 0x40},
			hci.ACL{Handle: 0x40, Boundary: 1, Data: frame[5:]},
			&hci.EncryptionChangeV2{ConnectionHandle: 0x40, EncryptionEnabled: 1, EncryptionKeySize: 16},
		)
		if !conn.Encrypted() {
			t.Error("not encrypted")
		}
		c.event(
			&hci.EncryptionChange{Status: bt.PINOrKeyMissing, ConnectionHandle: 0x40},
			disconnected(0x40, bt.MICFailure),
			hci.ACL{Handle: 0x40, Boundary: 2, Data: frame},
		)
		want := []string{
			"key? 0102030405060708 1234",
			"encryption success (0x00) enabled true refreshed false",
			"encryption success (0x00) enabled true refreshed true",
			"smp 06 01",
			"encryption success (0x00) enabled true refreshed false",
			"encryption PIN or key missing (0x06) enabled false refreshed false",
			"disconnected connection terminated due to MIC failure (0x3d)",
		}
		if diff := cmp.Diff(want, links[0x40].taken()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if err := conn.Err(); !errors.Is(err, hci.ErrDisconnected) || !errors.Is(err, bt.MICFailure) {
			t.Errorf("Err: %v", err)
		}
		if conn.Encrypted() {
			t.Error("still encrypted")
		}
		if _, err := h.Links(), conn.RejectLTK(); !errors.Is(err, bt.MICFailure) {
			t.Errorf("RejectLTK on a link that has ended: %v", err)
		}
	})
}

// replying is a handler that answers from within its calls, as a Security
// Manager does.
type replying struct {
	recorder
	link bt.Link
}

func (r *replying) HandleLTKRequest(rand uint64, ediv uint16) {
	r.recorder.HandleLTKRequest(rand, ediv)
	if err := r.link.ReplyLTK(testKey); err != nil {
		r.add("%v", err)
	}
}

func (r *replying) HandleSMP(pdu []byte) {
	r.recorder.HandleSMP(pdu)
	if _, err := r.link.SendSMP([]byte{0x05, 0x08}); err != nil {
		r.add("%v", err)
	}
}

func TestHandlerSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		var handler *replying
		h.ServeLinks(func(l bt.Link) bt.LinkHandler {
			handler = &replying{link: l}
			if number, err := l.SendSMP([]byte{0x0b, 0x01}); number != 1 || err != nil {
				t.Errorf("SendSMP before the first packet: %d, %v", number, err)
			}
			return handler
		})
		c.peripheral(h, 0x40)
		c.event(&hci.LELongTermKeyRequest{ConnectionHandle: 0x40})
		c.pdu(0x40, l2cap.SMP, 0x01)
		want := []string{
			"data 0x0040",
			"LELongTermKeyRequestReply 40 00 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 00",
			"data 0x0040",
		}
		if diff := cmp.Diff(want, c.taken()); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"key? 0000000000000000 0000", "smp 01"}, handler.taken()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestStartEncryption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		links := record(h)
		conn := c.central(h, 0x40)
		if err := conn.StartEncryption(testKey, 0x0102030405060708, 0x1234); err != nil {
			t.Fatal(err)
		}
		want := []string{"LEEnableEncryption 40 00 08 07 06 05 04 03 02 01 34 12 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 00"}
		if diff := cmp.Diff(want, c.taken()); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		refuse := func([]byte) [][]byte {
			return [][]byte{c.status(hci.OpcodeLEEnableEncryption, bt.CommandDisallowed)}
		}
		c.on(hci.OpcodeLEEnableEncryption, refuse)
		if err := conn.StartEncryption(testKey, 0, 0); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.event(&hci.EncryptionChange{ConnectionHandle: 0x40, EncryptionEnabled: 1})
		if err := conn.StartEncryption(testKey, 0, 0); err != nil {
			t.Fatal(err)
		}
		calls := []string{
			"encryption command disallowed (0x0c) enabled false refreshed false",
			"encryption success (0x00) enabled true refreshed false",
			"encryption command disallowed (0x0c) enabled false refreshed true",
		}
		if diff := cmp.Diff(calls, links[0x40].taken()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}

		// A refusal that comes after the end of the link is not reported.
		c.ignore(hci.OpcodeLEEnableEncryption)
		if err := conn.StartEncryption(testKey, 0, 0); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.event(disconnected(0x40, bt.ConnectionTimeout), c.status(hci.OpcodeLEEnableEncryption, bt.UnknownConnection))
		if diff := cmp.Diff([]string{"disconnected connection timeout (0x08)"}, links[0x40].taken()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

// TestNobodyServes has the host itself answer where nobody else does.
func TestNobodyServes(t *testing.T) {
	for name, prepare := range map[string]func(*hci.Host){
		"nobody":         func(*hci.Host) {},
		"nobody for it":  func(h *hci.Host) { h.ServeLinks(func(bt.Link) bt.LinkHandler { return nil }) },
		"nobody anymore": func(h *hci.Host) { record(h); h.ServeLinks(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newController(t)
				h := c.host(hci.Options{})
				prepare(h)
				c.peripheral(h, 0x40)
				c.central(h, 0x41)
				c.event(&hci.LELongTermKeyRequest{ConnectionHandle: 0x40})
				want := []string{"LELongTermKeyRequestNegativeReply 40 00"}
				if diff := cmp.Diff(want, c.taken()); diff != "" {
					t.Errorf("commands (-want +got):\n%s", diff)
				}
				pairingRequest := []byte{0x01, 0x04, 0x00, 0x2d, 0x10, 0x0f, 0x0f}
				securityRequest := []byte{0x0b, 0x0d}
				failed := []byte{0x05, 0x08}
				for _, handle := range []uint16{0x40, 0x41} {
					c.pdu(handle, l2cap.SMP)
					c.pdu(handle, l2cap.SMP, failed...)
					c.pdu(handle, l2cap.SMP, pairingRequest...)
					c.pdu(handle, l2cap.SMP, securityRequest...)
				}
				c.event(
					&hci.EncryptionChange{ConnectionHandle: 0x40},
					completed(0x40, 1),
					disconnected(0x40, bt.ConnectionTimeout),
				)
				if diff := cmp.Diff([]string{"0x0040 SMP: 05 05", "0x0041 SMP: 05 05"}, c.frames()); diff != "" {
					t.Errorf("frames (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestBuiltInAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		c.peripheral(h, 0x40)
		c.central(h, 0x41)
		c.pdu(0x40, l2cap.ATT, 0x02, 0x05, 0x02)
		c.pdu(0x40, l2cap.ATT, 0x52, 0x03, 0x00, 0x01)
		c.pdu(0x40, l2cap.ATT, 0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28)
		c.event(completed(0x40, 2))
		update := l2cap.AppendParameterUpdateRequest(nil, 7, l2cap.ConnectionParameters{IntervalMin: 24, IntervalMax: 40, Timeout: 42})
		c.pdu(0x40, l2cap.Signalling, update...)
		c.pdu(0x41, l2cap.Signalling, update...)
		want := []string{
			"0x0040 ATT: 03 17 00",
			"0x0040 ATT: 01 10 01 00 0a",
			"0x0040 LE signalling: 01 07 02 00 00 00",
			"0x0041 LE signalling: 13 07 02 00 00 00",
		}
		if diff := cmp.Diff(want, c.frames()); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
		commands := strings.Join(c.taken(), "\n")
		if want := "LEConnectionUpdate 41 00 18 00 28 00 00 00 2a 00 00 00 00 00"; !strings.Contains(commands, want) {
			t.Errorf("commands %s: want %s", commands, want)
		}
	})
}

func TestChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		conn := c.peripheral(c.host(hci.Options{}), 0x40)
		for _, id := range []l2cap.CID{l2cap.SMP, l2cap.Signalling} {
			if _, err := conn.Channel(id); err == nil {
				t.Errorf("channel %s is open to everybody", id)
			}
		}
		att, err := conn.Channel(l2cap.ATT)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Channel(l2cap.ATT); !errors.Is(err, hci.ErrBusy) {
			t.Errorf("second owner: %v", err)
		}
		request := []byte{0x0a, 0x03, 0x00}
		c.pdu(0x40, l2cap.ATT, request...)
		got, err := att.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(request, got); diff != "" {
			t.Errorf("received (-want +got):\n%s", diff)
		}
		if err := att.Send([]byte{0x0b, 0xaa}); err != nil {
			t.Error(err)
		}
		if err := att.Close(); err != nil {
			t.Error(err)
		}
		c.pdu(0x40, l2cap.ATT, request...)
		if diff := cmp.Diff([]string{"0x0040 ATT: 0b aa", "0x0040 ATT: 01 0a 03 00 01"}, c.frames()); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
		again, err := conn.Channel(l2cap.ATT)
		if err != nil {
			t.Fatal(err)
		}
		c.event(disconnected(0x40, bt.ConnectionTimeout))
		if _, err := again.Receive(t.Context()); !errors.Is(err, bt.ConnectionTimeout) {
			t.Errorf("Receive on a link that has ended: %v", err)
		}
		if _, err := conn.Channel(l2cap.ATT); !errors.Is(err, hci.ErrDisconnected) {
			t.Errorf("Channel on a link that has ended: %v", err)
		}
	})
}

func TestParameters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		peripheral, central := c.peripheral(h, 0x40), c.central(h, 0x41)
		good := l2cap.ConnectionParameters{IntervalMin: 24, IntervalMax: 40, Timeout: 42}
		for _, conn := range []*hci.Conn{peripheral, central} {
			if err := conn.RequestParameters(good); err != nil {
				t.Error(err)
			}
			if err := conn.RequestParameters(l2cap.ConnectionParameters{}); err == nil {
				t.Error("parameters that no link can have were taken")
			}
		}
		c.event(
			&hci.LERemoteConnectionParameterRequest{ConnectionHandle: 0x40, IntervalMin: 24, IntervalMax: 40, Timeout: 42},
			&hci.LERemoteConnectionParameterRequest{ConnectionHandle: 0x41, IntervalMin: 40, IntervalMax: 24, Timeout: 42},
			&hci.LEConnectionUpdateComplete{ConnectionHandle: 0x41, ConnectionInterval: 40, SupervisionTimeout: 42},
		)
		want := []string{
			"data 0x0040",
			"LEConnectionUpdate 41 00 18 00 28 00 00 00 2a 00 00 00 00 00",
			"LERemoteConnectionParameterRequestReply 40 00 18 00 28 00 00 00 2a 00 00 00 00 00",
			"LERemoteConnectionParameterRequestNegativeReply 41 00 3b",
		}
		if diff := cmp.Diff(want, c.taken()); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"0x0040 LE signalling: 12 01 08 00 18 00 28 00 00 00 2a 00"}, c.frames()); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
	})
}

// TestHandleReused has a controller forget to say that a link ended.
func TestHandleReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		var first recorder
		h.ServeLinks(func(bt.Link) bt.LinkHandler { return &first })
		old := c.peripheral(h, 0x40)
		links := record(h)
		c.peripheral(h, 0x40)
		c.pdu(0x40, l2cap.SMP, 0x05, 0x08)
		if diff := cmp.Diff([]string{"disconnected unspecified error (0x1f)"}, first.taken()); diff != "" {
			t.Errorf("old link (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"smp 05 08"}, links[0x40].taken()); diff != "" {
			t.Errorf("new link (-want +got):\n%s", diff)
		}
		if _, err := old.SendSMP([]byte{1}); !errors.Is(err, hci.ErrDisconnected) {
			t.Errorf("SendSMP on the old link: %v", err)
		}
	})
}
