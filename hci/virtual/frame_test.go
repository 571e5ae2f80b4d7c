package virtual_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

// sniffer keeps all frames.
type sniffer struct{ frames []virtual.Frame }

func (s *sniffer) Observe(f *virtual.Frame) {
	kept := *f
	kept.PDU = bytes.Clone(f.PDU)
	s.frames = append(s.frames, kept)
}

// interceptor is a function as one.
type interceptor func(f *virtual.Frame) virtual.Fate

func (i interceptor) Intercept(f *virtual.Frame) virtual.Fate { return i(f) }

// TestObserver shows the PDUs of a connection and of its encryption.
func TestObserver(t *testing.T) {
	s := &sniffer{}
	p := newPair(t, virtual.Options{Observer: s}, virtual.Config{}, virtual.Config{})
	p.connect()
	p.exchange()
	p.encrypt(ltk)
	p.exchange()
	p.enable(otherKey)
	p.reply(otherKey)

	var got []string
	for i, f := range s.frames {
		if f.Number != uint64(i+1) || f.Time.IsZero() {
			t.Errorf("frame %d has number %d and time %v", i, f.Number, f.Time)
		}
		if int(f.PDU[1]) != len(f.PDU)-2 {
			t.Errorf("frame %d: length %d of %d octets", i, f.PDU[1], len(f.PDU))
		}
		what := fmt.Sprintf("%.1s LLID %d", f.From, f.PDU[0]&3)
		opcode, control := f.Control()
		switch {
		case f.Link == nil:
			what = fmt.Sprintf("%.1s advertising %d", f.From, f.PDU[0]&0xf)
		case control:
			what = fmt.Sprintf("%.1s control %02x", f.From, opcode)
		case f.Encrypted:
			what += " encrypted"
		}
		if f.Link != nil && f.AccessAddress != p.link.AccessAddress() {
			t.Errorf("frame %d: access address %08x", i, f.AccessAddress)
		}
		got = append(got, what)
	}
	want := []string{
		"c advertising 5", "c LLID 2", "p LLID 2",
		"c control 03", "p control 04", "p control 05", "c LLID 3 encrypted", "p LLID 3 encrypted",
		"c LLID 2 encrypted", "p LLID 2 encrypted",
		"c LLID 3 encrypted", "p LLID 3 encrypted", "c control 0b", // pause
		"c control 03", "p control 04", "p control 05", "c LLID 3 encrypted", "p LLID 3 encrypted",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestInterceptDrop loses one PDU of data: it counts as acknowledged, and what
// follows still decrypts.
func TestInterceptDrop(t *testing.T) {
	lost := interceptor(func(f *virtual.Frame) virtual.Fate {
		return virtual.Fate{Drop: bytes.Equal(f.Payload(), []byte{0xbb})}
	})
	p := newPair(t, virtual.Options{Interceptor: lost}, virtual.Config{}, virtual.Config{})
	p.connect()
	p.encrypt(ltk)
	for _, octet := range []byte{0xaa, 0xbb, 0xcc} {
		p.a.acl(p.central, 0, []byte{octet})
		p.a.wants(completed(p.central, 1))
	}
	p.b.wants(data{p.peripheral, 2, "aa"}, data{p.peripheral, 2, "cc"})
}

// TestInterceptLose ends the link at a PDU.
func TestInterceptLose(t *testing.T) {
	count := 0
	lose := interceptor(func(*virtual.Frame) virtual.Fate {
		count++
		return virtual.Fate{Lose: count == 2}
	})
	p := newPair(t, virtual.Options{Interceptor: lose}, virtual.Config{}, virtual.Config{})
	p.connect()
	p.a.acl(p.central, 0, []byte{1})
	p.a.acl(p.central, 0, []byte{2})
	p.a.wants(completed(p.central, 1),
		&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.ConnectionTimeout})
	p.b.wants(data{p.peripheral, 2, "01"},
		&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.ConnectionTimeout})
}

// TestInterceptLoseTermination has the peer find out by itself.
func TestInterceptLoseTermination(t *testing.T) {
	drop := interceptor(func(f *virtual.Frame) virtual.Fate {
		opcode, ok := f.Control()
		return virtual.Fate{Drop: ok && opcode == 0x02}
	})
	p := newPair(t, virtual.Options{Interceptor: drop}, virtual.Config{}, virtual.Config{})
	p.connect()
	p.a.ok(&hci.Disconnect{ConnectionHandle: p.central, Reason: bt.RemoteUserTerminated}, nil)
	p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.LocalHostTerminated})
	p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.ConnectionTimeout})
}

// TestInterceptKey changes a session key diversifier on the way: the keys of the
// two ends differ.
func TestInterceptKey(t *testing.T) {
	tamper := interceptor(func(f *virtual.Frame) virtual.Fate {
		if opcode, ok := f.Control(); ok && opcode == 0x03 {
			f.Payload()[11] ^= 1
		}
		return virtual.Fate{}
	})
	p := newPair(t, virtual.Options{Interceptor: tamper}, virtual.Config{}, virtual.Config{})
	p.connect()
	p.enable(ltk)
	p.reply(ltk)
	p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.MICFailure})
	p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.MICFailure})
}

// TestInterceptInjection turns LL_START_ENC_REQ into data: what does not belong
// there ends the link (Core Vol 6, Part B, 5.1.3.1).
func TestInterceptInjection(t *testing.T) {
	for name, change := range map[string]func(f *virtual.Frame){
		"data":    func(f *virtual.Frame) { f.PDU[0] = f.PDU[0]&^3 | 2 },
		"control": func(f *virtual.Frame) { f.PDU[2] = 0x06 },
	} {
		t.Run(name, func(t *testing.T) {
			inject := interceptor(func(f *virtual.Frame) virtual.Fate {
				if opcode, ok := f.Control(); ok && opcode == 0x05 {
					change(f)
				}
				return virtual.Fate{}
			})
			p := newPair(t, virtual.Options{Interceptor: inject}, virtual.Config{}, virtual.Config{})
			p.connect()
			p.enable(ltk)
			p.reply(ltk)
			p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.MICFailure})
			p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.MICFailure})
		})
	}
}

// TestInterceptControl turns LL_FEATURE_REQ into something unknown, which is
// answered, and into something too short, which is not.
func TestInterceptControl(t *testing.T) {
	for opcode, want := range map[byte][]byte{0x7f: {0x07, 0x7f}, 0x0c: nil} {
		s := &sniffer{}
		change := interceptor(func(f *virtual.Frame) virtual.Fate {
			if got, ok := f.Control(); ok && got == 0x08 {
				f.Payload()[0] = opcode
			}
			return virtual.Fate{}
		})
		p := newPair(t, virtual.Options{Interceptor: change, Observer: s}, virtual.Config{}, virtual.Config{})
		p.connect()
		p.a.ok(&hci.LEReadRemoteFeatures{ConnectionHandle: p.central}, nil)
		p.a.wants()
		p.b.wants()
		var got []byte
		if last := s.frames[len(s.frames)-1]; last.From == bt.Peripheral {
			got = last.Payload()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("opcode %#x (-want +got):\n%s", opcode, diff)
		}
		p.exchange()
	}
}

// TestInterceptAfterEncryption has the controllers drop what does not belong to
// a link that is encrypted already.
func TestInterceptAfterEncryption(t *testing.T) {
	for opcode := byte(0x03); opcode <= 0x0b; opcode++ {
		change := interceptor(func(f *virtual.Frame) virtual.Fate {
			if got, ok := f.Control(); ok && got == 0x0c && opcode != 0x08 && opcode != 0x09 {
				f.Payload()[0] = opcode
			}
			return virtual.Fate{}
		})
		p := newPair(t, virtual.Options{Interceptor: change}, virtual.Config{}, virtual.Config{})
		p.connect()
		p.encrypt(ltk)
		p.a.ok(&hci.ReadRemoteVersionInformation{ConnectionHandle: p.central}, nil)
		p.a.take()
		p.exchange()
	}
}

// TestDelayedRefresh has both hosts send while a refresh is on its way: all of
// it arrives once, encrypted, and in order.
func TestDelayedRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sniffer{}
		p := newPair(t, virtual.Options{Delay: 7 * time.Millisecond, Observer: s},
			virtual.Config{ACLPackets: 64}, virtual.Config{ACLPackets: 64})
		p.connect()
		refresh := func() {
			p.a.ok(&hci.LEEnableEncryption{ConnectionHandle: p.central, LongTermKey: ltk}, nil)
		}
		answered := false
		refresh()
		var fromA, fromB []string
		for i := range 60 {
			p.a.acl(p.central, 0, []byte{0xca, byte(i)})
			p.b.acl(p.peripheral, 0, []byte{0xcb, byte(i)})
			time.Sleep(time.Millisecond)
			synctest.Wait()
			for _, e := range p.b.take() {
				switch e := e.(type) {
				case data:
					fromA = append(fromA, e.Octets)
				case *hci.LELongTermKeyRequest:
					p.reply(ltk)
				}
			}
			for _, e := range p.a.take() {
				switch e := e.(type) {
				case data:
					fromB = append(fromB, e.Octets)
				case *hci.EncryptionChange:
					refresh()
				case *hci.EncryptionKeyRefreshComplete:
					answered = true
				}
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, e := range p.b.take() {
			if d, ok := e.(data); ok {
				fromA = append(fromA, d.Octets)
			}
		}
		for _, e := range p.a.take() {
			if d, ok := e.(data); ok {
				fromB = append(fromB, d.Octets)
			}
			if _, ok := e.(*hci.EncryptionKeyRefreshComplete); ok {
				answered = true
			}
		}
		var wantA, wantB []string
		for i := range 60 {
			wantA, wantB = append(wantA, fmt.Sprintf("ca%02x", i)), append(wantB, fmt.Sprintf("cb%02x", i))
		}
		if diff := cmp.Diff(wantA, fromA); diff != "" {
			t.Errorf("from the central (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantB, fromB); diff != "" {
			t.Errorf("from the peripheral (-want +got):\n%s", diff)
		}
		if !answered {
			t.Error("no refresh")
		}
		// Once one has been encrypted, no data goes in the clear.
		started := map[bt.Role]bool{}
		for _, f := range s.frames {
			if f.Link == nil || f.PDU[0]&3 == 3 {
				continue
			}
			if started[f.From] && !f.Encrypted {
				t.Errorf("data in the clear: % x", f.PDU)
			}
			started[f.From] = started[f.From] || f.Encrypted
		}
		if !started[bt.Central] || !started[bt.Peripheral] {
			t.Error("nothing was encrypted")
		}
	})
}

// TestDisconnectTwice has the second command come while the first is on its way.
func TestDisconnectTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, virtual.Options{Delay: time.Second}, virtual.Config{}, virtual.Config{})
		p.connect()
		disconnect := &hci.Disconnect{ConnectionHandle: p.central, Reason: bt.RemoteUserTerminated}
		p.a.ok(disconnect, nil)
		p.a.status(bt.CommandDisallowed, disconnect, nil)
		p.a.status(bt.CommandDisallowed, &hci.LEEnableEncryption{ConnectionHandle: p.central}, nil)
		p.b.ok(&hci.Disconnect{ConnectionHandle: p.peripheral, Reason: bt.RemotePowerOff}, nil) // crosses
		time.Sleep(2 * time.Second)
		synctest.Wait()
		p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.LocalHostTerminated})
		p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.RemoteUserTerminated})
	})
}

// TestDelay lets PDUs travel, one of them longer: the order of a direction
// stays, and encryption with it.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := interceptor(func(f *virtual.Frame) virtual.Fate {
			if bytes.Equal(f.Payload(), []byte{0xaa}) {
				return virtual.Fate{Delay: time.Second}
			}
			return virtual.Fate{}
		})
		p := newPair(t, virtual.Options{Delay: 10 * time.Millisecond, Interceptor: slow}, virtual.Config{}, virtual.Config{})
		p.connect()
		p.a.acl(p.central, 0, []byte{0xaa})
		p.a.acl(p.central, 0, []byte{0xbb})
		p.b.acl(p.peripheral, 0, []byte{0xcc})
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		p.a.wants(data{p.central, 2, "cc"})
		p.b.wants(completed(p.peripheral, 1))
		time.Sleep(time.Second)
		synctest.Wait()
		p.a.wants(completed(p.central, 1), completed(p.central, 1))
		p.b.wants(data{p.peripheral, 2, "aa"}, data{p.peripheral, 2, "bb"})

		p.a.acl(p.central, 0, []byte{0xdd}) // is still under way when encryption starts
		p.a.ok(&hci.LEEnableEncryption{ConnectionHandle: p.central, LongTermKey: ltk}, nil)
		p.b.acl(p.peripheral, 0, []byte{0xee})
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		p.a.wants(completed(p.central, 1), data{p.central, 2, "ee"})
		p.b.wants(data{p.peripheral, 2, "dd"}, &hci.LELongTermKeyRequest{ConnectionHandle: p.peripheral},
			completed(p.peripheral, 1))
		p.reply(ltk)
		time.Sleep(time.Second)
		synctest.Wait()
		p.a.wants(&hci.EncryptionChange{ConnectionHandle: p.central, EncryptionEnabled: 1})
		p.b.wants(&hci.EncryptionChange{ConnectionHandle: p.peripheral, EncryptionEnabled: 1})
	})
}
