package virtual_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
)

var otherKey = bt.Key{15: 1}

// exchange sends a packet each way and checks that it arrives.
func (p *pair) exchange() {
	p.a.t.Helper()
	p.a.acl(p.central, 0, []byte{1, 2, 3})
	p.b.wants(data{p.peripheral, 2, "010203"})
	p.a.wants(completed(p.central, 1))
	p.b.acl(p.peripheral, 0, []byte{4, 5})
	p.a.wants(data{p.central, 2, "0405"})
	p.b.wants(completed(p.peripheral, 1))
}

func TestEncryption(t *testing.T) {
	p := newConnection(t)
	p.exchange()
	if p.link.Encrypted() {
		t.Error("encrypted before anybody asked")
	}
	p.encrypt(ltk)
	p.exchange()
}

// TestEncryptionRefresh pauses encryption and starts it again with another key.
func TestEncryptionRefresh(t *testing.T) {
	p := newConnection(t)
	p.encrypt(ltk)
	for _, key := range []bt.Key{otherKey, ltk} {
		p.enable(key)
		p.reply(key)
		p.a.wants(&hci.EncryptionKeyRefreshComplete{ConnectionHandle: p.central})
		p.b.wants(&hci.EncryptionKeyRefreshComplete{ConnectionHandle: p.peripheral})
		p.exchange()
	}
}

func TestEncryptionWrongKey(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		p := newConnection(t)
		if encrypted {
			p.encrypt(ltk)
		}
		p.enable(ltk)
		p.reply(otherKey)
		p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.MICFailure})
		p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.MICFailure})
		if n := len(p.air.Links()); n != 0 {
			t.Errorf("encrypted before: %t: %d links left", encrypted, n)
		}
		p.connect() // a new link starts in the clear
		p.exchange()
	}
}

func TestEncryptionNegativeReply(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		p := newConnection(t)
		if encrypted {
			p.encrypt(ltk)
		}
		p.enable(ltk)
		var ret hci.LELongTermKeyRequestNegativeReplyReturn
		p.b.ok(&hci.LELongTermKeyRequestNegativeReply{ConnectionHandle: p.peripheral}, &ret)
		if ret.ConnectionHandle != p.peripheral {
			t.Errorf("reply names handle %d, want %d", ret.ConnectionHandle, p.peripheral)
		}
		p.a.wants(&hci.EncryptionChange{Status: bt.PINOrKeyMissing, ConnectionHandle: p.central})
		p.b.wants()
		if p.link.Encrypted() {
			t.Error("encrypted after a refusal")
		}
		p.exchange()
		p.encrypt(ltk)
	}
}

// TestEncryptionHoldsData has both hosts send while the key is asked for: all
// of it arrives after the event, in order, and nothing in the clear.
func TestEncryptionHoldsData(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		sniffer := &sniffer{}
		p := newPair(t, virtual.Options{Observer: sniffer}, virtual.Config{}, virtual.Config{})
		p.connect()
		if encrypted {
			p.encrypt(ltk)
		}
		p.a.acl(p.central, 0, []byte{0x01})
		p.a.wants(completed(p.central, 1))
		p.b.wants(data{p.peripheral, 2, "01"})
		p.enable(otherKey)
		p.a.acl(p.central, 0, bytes.Repeat([]byte{0xca}, 30))
		p.a.acl(p.central, 1, []byte{0xcb})
		p.b.acl(p.peripheral, 0, []byte{0xda})
		p.a.wants()
		p.b.wants()
		p.reply(otherKey)

		done := func(handle uint16) any {
			if encrypted {
				return &hci.EncryptionKeyRefreshComplete{ConnectionHandle: handle}
			}
			return &hci.EncryptionChange{ConnectionHandle: handle, EncryptionEnabled: 1}
		}
		p.a.wants(
			done(p.central), data{p.central, 2, "da"}, completed(p.central, 1), completed(p.central, 1),
		)
		p.b.wants(
			done(p.peripheral), completed(p.peripheral, 1),
			data{p.peripheral, 2, "cacacacacacacacacacacacacacacacacacacacacacacacacacaca"},
			data{p.peripheral, 1, "cacaca"}, data{p.peripheral, 1, "cb"},
		)
		for _, f := range sniffer.frames {
			if bytes.Contains(f.PDU, []byte{0xca, 0xca, 0xca}) || f.PDU[0]&3 != 3 && bytes.Equal(f.PDU[2:], []byte{0xda}) {
				t.Errorf("encrypted before: %t: held data in the clear: % x", encrypted, f.PDU)
			}
		}
	}
}

func TestEncryptionMisuse(t *testing.T) {
	p := newConnection(t)
	enable := func(handle uint16) *hci.LEEnableEncryption {
		return &hci.LEEnableEncryption{ConnectionHandle: handle, LongTermKey: ltk}
	}
	p.a.status(bt.UnknownConnection, enable(0x0eff), nil)
	p.b.status(bt.CommandDisallowed, enable(p.peripheral), nil)

	reply := &hci.LELongTermKeyRequestReply{ConnectionHandle: p.peripheral, LongTermKey: ltk}
	refuse := &hci.LELongTermKeyRequestNegativeReply{ConnectionHandle: p.peripheral}
	p.b.status(bt.CommandDisallowed, reply, &hci.LELongTermKeyRequestReplyReturn{})
	p.b.status(bt.CommandDisallowed, refuse, &hci.LELongTermKeyRequestNegativeReplyReturn{})
	p.a.status(bt.UnknownConnection, &hci.LELongTermKeyRequestReply{ConnectionHandle: 0x0eff},
		&hci.LELongTermKeyRequestReplyReturn{})
	p.a.status(bt.UnknownConnection, &hci.LELongTermKeyRequestNegativeReply{ConnectionHandle: 0x0eff},
		&hci.LELongTermKeyRequestNegativeReplyReturn{})

	p.enable(ltk)
	p.a.status(bt.CommandDisallowed, enable(p.central), nil) // one at a time
	p.reply(ltk)
	p.b.status(bt.CommandDisallowed, reply, &hci.LELongTermKeyRequestReplyReturn{})
	p.a.wants(&hci.EncryptionChange{ConnectionHandle: p.central, EncryptionEnabled: 1})
}

// TestEncryptionMasked has a peripheral that does not want to be asked: it has
// no key.
func TestEncryptionMasked(t *testing.T) {
	p := newConnection(t)
	p.b.ok(&hci.LESetEventMask{LEEventMask: 1}, &hci.LESetEventMaskReturn{})
	p.a.ok(&hci.LEEnableEncryption{ConnectionHandle: p.central, LongTermKey: ltk}, nil)
	p.a.wants(&hci.EncryptionChange{Status: bt.PINOrKeyMissing, ConnectionHandle: p.central})
	p.b.wants()
	p.exchange()
}

func TestEncryptionChangeV2(t *testing.T) {
	p := newConnection(t)
	p.a.ok(&hci.SetEventMaskPage2{EventMaskPage2: hci.EventMaskPage2EncryptionChangeV2}, &hci.SetEventMaskPage2Return{})
	p.enable(ltk)
	p.reply(ltk)
	p.a.wants(&hci.EncryptionChangeV2{ConnectionHandle: p.central, EncryptionEnabled: 1, EncryptionKeySize: 16})
	p.b.wants(&hci.EncryptionChange{ConnectionHandle: p.peripheral, EncryptionEnabled: 1})
}

// TestEncryptionTimeout leaves the key request unanswered (Core Vol 6, Part B,
// 5.2).
func TestEncryptionTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newConnection(t)
		p.enable(ltk)
		time.Sleep(40*time.Second - time.Nanosecond)
		synctest.Wait()
		p.a.wants()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.LLResponseTimeout})
		p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.LLResponseTimeout})

		p.connect() // and the timer of a procedure that ended is not heard of
		p.encrypt(ltk)
		time.Sleep(time.Minute)
		synctest.Wait()
		p.exchange()
	})
}

// TestDisconnectWhileEncrypting ends the link between request and reply.
func TestDisconnectWhileEncrypting(t *testing.T) {
	p := newConnection(t)
	p.enable(ltk)
	p.a.acl(p.central, 0, []byte{1}) // held, and lost
	p.b.ok(&hci.Disconnect{ConnectionHandle: p.peripheral, Reason: bt.RemoteUserTerminated}, nil)
	p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.LocalHostTerminated})
	p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.RemoteUserTerminated})
	p.b.status(bt.UnknownConnection, &hci.LELongTermKeyRequestReply{ConnectionHandle: p.peripheral},
		&hci.LELongTermKeyRequestReplyReturn{})
}
