package hci_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

func TestBringUp(t *testing.T) {
	usual := []string{
		"Reset",
		"ReadLocalVersionInformation",
		"ReadLocalSupportedCommands",
		"LEReadLocalSupportedFeatures",
		"ReadBDADDR",
		"LEReadBufferSize",
		"SetEventMask 90 88 00 02 00 80 00 20",
		"LESetEventMask 7f 06 00 00 00 00 00 00",
	}
	for _, test := range []struct {
		name    string
		options hci.Options
		prepare func(*controller)
		want    []string // nil: as usual
		err     string
	}{
		{name: "as usual", prepare: func(*controller) {}, want: usual},
		{
			name:    "static address",
			options: hci.Options{RandomAddress: staticAddress},
			prepare: func(*controller) {},
			want:    append(usual[:len(usual):len(usual)], "LESetRandomAddress 55 44 33 22 11 c0"),
		},
		{
			name:    "address that is not static",
			options: hci.Options{RandomAddress: publicAddress},
			prepare: func(*controller) {},
			want:    usual,
			err:     "hci: Options.RandomAddress 00:11:22:33:44:55 is not a static address: its first octet must be C0 or above",
		},
		{
			name:    "no public address",
			prepare: (*controller).withoutAddress,
			want:    usual,
			err:     "hci: controller has no public address: set Options.RandomAddress",
		},
		{
			name: "a small controller",
			prepare: func(c *controller) {
				c.refuse(hci.OpcodeReadLocalVersionInformation, bt.UnknownCommand)
				c.on(hci.OpcodeReadLocalSupportedCommands, func([]byte) [][]byte {
					return [][]byte{c.status(hci.OpcodeReadLocalSupportedCommands, bt.UnknownCommand)}
				})
			},
			want: usual,
		},
		{
			name: "buffers shared with BR/EDR",
			prepare: func(c *controller) {
				c.on(hci.OpcodeLEReadBufferSize, func([]byte) [][]byte { return [][]byte{c.complete(hci.OpcodeLEReadBufferSize, make([]byte, 4))} })
				c.on(hci.OpcodeReadBufferSize, func([]byte) [][]byte {
					return [][]byte{c.complete(hci.OpcodeReadBufferSize, []byte{0, 0x1b, 0, 0, 3, 0, 0, 0})}
				})
			},
			want: append(append(usual[:6:6], "ReadBufferSize"), usual[6:]...),
		},
		{
			name: "no buffers",
			prepare: func(c *controller) {
				c.on(hci.OpcodeLEReadBufferSize, func([]byte) [][]byte { return [][]byte{c.complete(hci.OpcodeLEReadBufferSize, make([]byte, 4))} })
				c.on(hci.OpcodeReadBufferSize, func([]byte) [][]byte { return [][]byte{c.complete(hci.OpcodeReadBufferSize, make([]byte, 8))} })
			},
			want: append(usual[:6:6], "ReadBufferSize"),
			err:  "hci: ReadBufferSize: controller has no room for data",
		},
		{
			name:    "refused",
			prepare: func(c *controller) { c.refuse(hci.OpcodeReset, bt.HardwareFailure) },
			want:    usual[:1],
			err:     "hci: Reset: hardware failure (0x03)",
		},
		{
			name:    "no answer",
			prepare: func(c *controller) { c.ignore(hci.OpcodeReadBDADDR) },
			want:    usual[:5],
			err:     "hci: controller does not answer: ReadBDADDR",
		},
		{
			name: "short answer",
			prepare: func(c *controller) {
				c.on(hci.OpcodeReadBDADDR, func([]byte) [][]byte { return [][]byte{c.complete(hci.OpcodeReadBDADDR, []byte{0, 1})} })
			},
			want: usual[:5],
			err:  "ReadBDADDRReturn: 2 octets, want 7",
		},
		{
			name: "answer without a status",
			prepare: func(c *controller) {
				c.on(hci.OpcodeReset, func([]byte) [][]byte { return [][]byte{c.complete(hci.OpcodeReset, nil)} })
			},
			want: usual[:1],
			err:  "hci: Reset: return parameters without a status",
		},
		{
			name: "started but not complete",
			prepare: func(c *controller) {
				c.on(hci.OpcodeReadBDADDR, func([]byte) [][]byte { return [][]byte{c.status(hci.OpcodeReadBDADDR, bt.Success)} })
			},
			want: usual[:5],
			err:  "hci: ReadBDADDR: answered by Command Status, without return parameters",
		},
		{
			name: "privacy",
			options: hci.Options{Privacy: true, Resolver: &keys{
				local: testKey,
				peers: map[bt.TypedAddress]bt.Key{peerAddress: {15: 1}},
			}},
			prepare: func(*controller) {},
			want: append(usual[:len(usual):len(usual)],
				"LESetResolvablePrivateAddressTimeout 84 03",
				"LESetAddressResolutionEnable 00",
				"LEClearResolvingList",
				"LEAddDeviceToResolvingList 01 21 32 43 54 65 c6 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 00",
				"LESetPrivacyMode 01 21 32 43 54 65 c6 01",
				"LESetAddressResolutionEnable 01",
				"LESetRandomAddress of our IRK"),
		},
		{
			name: "privacy of the host alone",
			options: hci.Options{Privacy: true, RandomAddress: staticAddress, Resolver: &keys{
				local: testKey,
				peers: map[bt.TypedAddress]bt.Key{peerAddress: {15: 1}},
			}},
			prepare: (*controller).withoutPrivacy,
			want:    append(usual[:len(usual):len(usual)], "LESetRandomAddress of our IRK"),
		},
		{
			name:    "privacy without a resolver",
			options: hci.Options{Privacy: true},
			prepare: func(*controller) {},
			want:    usual,
			err:     "hci: Options.Privacy needs an IRK of ours, and Options.Resolver has none",
		},
		{
			name:    "privacy without an IRK",
			options: hci.Options{Privacy: true, Resolver: new(keys)},
			prepare: func(*controller) {},
			want:    usual,
			err:     "hci: Options.Privacy needs an IRK of ours, and Options.Resolver has none",
		},
		{
			name:    "privacy with an IRK that cannot be read",
			options: hci.Options{Privacy: true, Resolver: &keys{err: io.ErrUnexpectedEOF}},
			prepare: func(*controller) {},
			want:    usual,
			err:     "hci: own IRK: unexpected EOF",
		},
		{
			name:    "an address for two hours",
			options: hci.Options{Privacy: true, RotateEvery: 2 * time.Hour, Resolver: &keys{local: testKey}},
			prepare: func(*controller) {},
			want:    usual,
			err:     "hci: Options.RotateEvery is 2h0m0s, want whole seconds from 1 s to 1h0m0s",
		},
		{
			name:    "a static address for a controller without one",
			options: hci.Options{StaticAddress: func() (bt.Address, error) { return staticAddress, nil }},
			prepare: (*controller).withoutAddress,
			want:    append(usual[:len(usual):len(usual)], "LESetRandomAddress 55 44 33 22 11 c0"),
		},
		{
			name:    "no static address needed",
			options: hci.Options{StaticAddress: func() (bt.Address, error) { return staticAddress, nil }},
			prepare: func(*controller) {},
			want:    usual,
		},
		{
			name:    "no static address to be had",
			options: hci.Options{StaticAddress: func() (bt.Address, error) { return bt.Address{}, io.ErrUnexpectedEOF }},
			prepare: (*controller).withoutAddress,
			want:    usual,
			err:     "hci: static address: unexpected EOF",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newController(t)
				test.prepare(c)
				h, err := hci.NewHost(t.Context(), c.far, test.options)
				got := ""
				if err != nil {
					got = err.Error()
				} else {
					defer func() { _ = h.Close() }()
				}
				if got != test.err {
					t.Errorf("error %q, want %q", got, test.err)
				}
				if diff := cmp.Diff(test.want, ofOurIRK(c.taken())); diff != "" {
					t.Errorf("commands (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestController(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{RandomAddress: staticAddress})
		got := h.Controller()
		if got.Address != publicAddress || got.ACLLength != 27 || got.ACLPackets != 3 || got.Version.HCIVersion != 0x0c || !got.Features.Privacy() {
			t.Errorf("controller %+v", got)
		}
		for bit, want := range map[[2]int]bool{{5, 6}: true, {5, 0}: false, {64, 0}: false, {-1, 0}: false, {5, -1}: false, {5, 8}: false} {
			if got.Supports(bit[0], bit[1]) != want {
				t.Errorf("Supports(%d, %d) is not %t", bit[0], bit[1], want)
			}
		}
		if want := (bt.TypedAddress{Type: bt.RandomAddress, Address: staticAddress}); h.Identity() != want {
			t.Errorf("identity %s, want %s", h.Identity(), want)
		}
	})
}

func TestNewHostContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		c.ignore(hci.OpcodeReset)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := hci.NewHost(ctx, c.far, hci.Options{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := c.far.WritePacket([]byte{1, 3, 12, 0}); err == nil {
			t.Error("the transport is still open")
		}
	})
}

func TestCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		c.on(hci.OpcodeLERand, func([]byte) [][]byte {
			return [][]byte{c.complete(hci.OpcodeLERand, []byte{0, 8, 7, 6, 5, 4, 3, 2, 1})}
		})
		if got, err := h.Rand(t.Context()); err != nil || got != 0x0102030405060708 {
			t.Errorf("Rand: %016x, %v", got, err)
		}
		c.on(hci.OpcodeLEEncrypt, func(p []byte) [][]byte {
			return [][]byte{c.complete(hci.OpcodeLEEncrypt, append([]byte{0}, p[16:]...))}
		})
		block := [16]byte{0: 1, 15: 2}
		if got, err := h.Encrypt(t.Context(), testKey, block); err != nil || got != block {
			t.Errorf("Encrypt: % x, %v", got, err)
		}
		c.refuse(hci.OpcodeReadRSSI, bt.UnknownConnection)
		err := h.Command(t.Context(), &hci.ReadRSSI{Handle: 0x40}, new(hci.ReadRSSIReturn))
		var refused *hci.CommandError
		if !errors.As(err, &refused) || refused.Opcode != hci.OpcodeReadRSSI || !errors.Is(err, bt.UnknownConnection) {
			t.Errorf("refused: got %v", err)
		}
		err = h.Command(t.Context(), &hci.ReadRSSI{Handle: 0x40}, new(hci.LERandReturn))
		if err == nil || !strings.Contains(err.Error(), "do not belong to ReadRSSI") {
			t.Errorf("return parameters of another command: got %v", err)
		}
	})
}

// TestCommandCredits holds the controller to one command, then to none, then to
// three (Core Vol 4, Part E, 4.4).
func TestCommandCredits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		c.ignore(hci.OpcodeReadRSSI)
		errs := make(chan error, 5)
		for handle := range uint16(5) {
			go func() { errs <- h.Command(t.Context(), &hci.ReadRSSI{Handle: handle}, nil) }()
			synctest.Wait()
		}
		expect := func(when string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, c.taken()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		answer := func(packets uint8) {
			c.event(&hci.CommandComplete{NumHCICommandPackets: packets, CommandOpcode: uint16(hci.OpcodeReadRSSI), ReturnParameters: []byte{0, 0, 0, 0}})
		}
		expect("at the start", "ReadRSSI 00 00")
		answer(0)
		expect("without a credit")
		c.event(&hci.CommandComplete{NumHCICommandPackets: 1})
		expect("with one", "ReadRSSI 01 00")
		answer(3)
		expect("with three", "ReadRSSI 02 00", "ReadRSSI 03 00", "ReadRSSI 04 00")
		answer(1)
		answer(1)
		answer(1)
		for range 5 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if got := h.Stats(); got != (hci.Stats{}) {
			t.Errorf("stats %+v", got)
		}
		answer(1)
		if got, want := h.Stats(), (hci.Stats{Unknown: 1}); got != want {
			t.Errorf("an answer to no command: stats %+v, want %+v", got, want)
		}
	})
}

func TestCommandContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		c.ignore(hci.OpcodeReadRSSI)
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		for handle := range uint16(2) {
			go func() { errs <- h.Command(ctx, &hci.ReadRSSI{Handle: handle}, nil) }()
			synctest.Wait()
		}
		cancel()
		for range 2 {
			if err := <-errs; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		// The first was sent and is answered late; the second never goes out.
		c.event(c.complete(hci.OpcodeReadRSSI, []byte{0, 0, 0, 0}))
		if diff := cmp.Diff([]string{"ReadRSSI 00 00"}, c.taken()); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
		if err := h.Command(t.Context(), &hci.LERand{}, nil); err != nil {
			t.Errorf("the host is of no use any more: %v", err)
		}
	})
}

// TestCommandTimeout leaves a command unanswered, after others that were answered
// while the host already looked out for late ones, and after a long silence.
func TestCommandTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{CommandTimeout: 3 * time.Second})
		links := record(h)
		c.peripheral(h, 0x40)
		for _, silence := range []time.Duration{time.Minute, time.Second} {
			time.Sleep(silence)
			if err := h.Command(t.Context(), &hci.LERand{}, nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		c.ignore(hci.OpcodeLERand)
		start := time.Now()
		if _, err := h.Rand(t.Context()); !errors.Is(err, hci.ErrTimeout) {
			t.Errorf("got %v", err)
		}
		if got := time.Since(start); got != 3*time.Second {
			t.Errorf("after %v", got)
		}
		<-h.Done()
		if diff := cmp.Diff([]string{"disconnected hardware failure (0x03)"}, links[0x40].taken()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

// TestEnd ends a host in every way there is, with two links, a waiting command,
// and callers of everything that waits.
func TestEnd(t *testing.T) {
	for _, test := range []struct {
		name   string
		end    func(c *controller, h *hci.Host, broken chan struct{})
		err    error
		reason string
	}{
		{"closed here", func(_ *controller, h *hci.Host, _ chan struct{}) { _ = h.Close() }, hci.ErrClosed, "connection terminated by local host (0x16)"},
		{"closed there", func(c *controller, _ *hci.Host, _ chan struct{}) { _ = c.wire.Close() }, nil, "hardware failure (0x03)"},
		{"broken", func(c *controller, _ *hci.Host, broken chan struct{}) {
			close(broken)
			_ = c.wire.WritePacket([]byte{0x04, 0x10, 0x01, 0x00})
		}, errWire, "hardware failure (0x03)"},
		{"hardware error", func(c *controller, _ *hci.Host, _ chan struct{}) {
			c.event(&hci.HardwareError{HardwareCode: 0x42})
		}, hci.ErrHardware, "hardware failure (0x03)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newController(t)
				broken := make(chan struct{})
				c.far = &breaking{c.far, broken}
				h := c.host(hci.Options{})
				links := record(h)
				first, second := c.peripheral(h, 0x40), c.peripheral(h, 0x41)
				channel, err := first.Channel(4)
				if err != nil {
					t.Fatal(err)
				}
				c.ignore(hci.OpcodeReadRSSI)
				errs := make(chan error, 5)
				go func() { errs <- h.Command(t.Context(), &hci.ReadRSSI{}, nil) }()
				go func() { _, err := h.Accept(t.Context()); errs <- err }()
				go func() { _, err := h.Connect(t.Context(), peerAddress); errs <- err }()
				go func() { _, err := channel.Receive(t.Context()); errs <- err }()
				synctest.Wait()
				if h.Err() != nil {
					t.Errorf("before the end: %v", h.Err())
				}
				test.end(c, h, broken)
				<-h.Done()
				for range 4 {
					err := <-errs
					if !errors.Is(err, h.Err()) && !errors.Is(err, hci.ErrDisconnected) {
						t.Errorf("a waiting caller got %v, want %v", err, h.Err())
					}
				}
				if h.Err() == nil || test.err != nil && !errors.Is(h.Err(), test.err) {
					t.Errorf("Err: got %v, want %v", h.Err(), test.err)
				}
				for handle, conn := range map[uint16]*hci.Conn{0x40: first, 0x41: second} {
					<-conn.Done()
					if diff := cmp.Diff([]string{"disconnected " + test.reason}, links[handle].taken()); diff != "" {
						t.Errorf("calls (-want +got):\n%s", diff)
					}
					if _, err := conn.SendSMP([]byte{1}); !errors.Is(err, hci.ErrDisconnected) {
						t.Errorf("SendSMP after the end: %v", err)
					}
					if err := conn.Disconnect(bt.RemoteUserTerminated); !errors.Is(err, hci.ErrDisconnected) {
						t.Errorf("Disconnect after the end: %v", err)
					}
				}
				if len(h.Links()) != 0 {
					t.Errorf("links are left: %v", h.Links())
				}
				for _, err := range h.Scan(t.Context(), hci.ScanParameters{}) {
					if !errors.Is(err, h.Err()) {
						t.Errorf("Scan after the end: %v", err)
					}
				}
			})
		})
	}
}

func TestGarbage(t *testing.T) {
	for _, test := range []struct {
		name string
		send any
		want hci.Stats
	}{
		{"unknown event", []byte{0x04, 0xff, 0x01, 0x00}, hci.Stats{Unknown: 1}},
		{"unknown LE event", []byte{0x04, 0x3e, 0x01, 0x77}, hci.Stats{Unknown: 1}},
		{"LE event without a subevent", []byte{0x04, 0x3e, 0x00}, hci.Stats{Malformed: 1}},
		{"short event", []byte{0x04, 0x05, 0x01, 0x00}, hci.Stats{Malformed: 1}},
		{"long event", []byte{0x04, 0x05, 0x05, 0x00, 0x40, 0x00, 0x13, 0x00}, hci.Stats{Malformed: 1}},
		{"short LE event", []byte{0x04, 0x3e, 0x02, 0x01, 0x00}, hci.Stats{Malformed: 1}},
		{"report count lies", []byte{0x04, 0x3e, 0x02, 0x02, 0xff}, hci.Stats{Malformed: 1}},
		{"command from a controller", []byte{0x01, 0x03, 0x0c, 0x00}, hci.Stats{Unknown: 1}},
		{"synchronous data", []byte{0x03, 0x40, 0x00, 0x00}, hci.Stats{Unknown: 1}},
		{"data for no link", hci.ACL{Handle: 0x77, Boundary: 2, Data: []byte{0, 0, 6, 0}}, hci.Stats{Unknown: 1}},
		{"encryption of no link", &hci.EncryptionChange{ConnectionHandle: 0x77}, hci.Stats{Unknown: 1}},
		{"key for no link", &hci.LELongTermKeyRequest{ConnectionHandle: 0x77}, hci.Stats{Unknown: 1}},
		{"parameters for no link", &hci.LERemoteConnectionParameterRequest{ConnectionHandle: 0x77}, hci.Stats{Unknown: 1}},
		{"end of no link", disconnected(0x77, bt.ConnectionTimeout), hci.Stats{Unknown: 1}},
		{"packets of no link completed", completed(0x77, 1), hci.Stats{}},
		{"packets completed that were not sent", completed(0x40, 1), hci.Stats{Malformed: 1}},
		{"orphan continuation", hci.ACL{Handle: 0x40, Boundary: 1, Data: []byte{1}}, hci.Stats{Malformed: 1}},
		{"unknown channel", hci.ACL{Handle: 0x40, Boundary: 2, Data: []byte{1, 0, 0x3f, 0, 1}}, hci.Stats{Unknown: 1}},
		{"could not disconnect", &hci.DisconnectionComplete{Status: bt.CommandDisallowed, ConnectionHandle: 0x40}, hci.Stats{}},
		{"buffers overflowed", &hci.DataBufferOverflow{LinkType: 1}, hci.Stats{}},
		{"report while nobody scans", &hci.LEAdvertisingReport{Reports: []hci.AdvertisingReport{{}}}, hci.Stats{}},
		{"features", &hci.LEReadRemoteFeaturesComplete{ConnectionHandle: 0x40}, hci.Stats{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newController(t)
				h := c.host(hci.Options{})
				links := record(h)
				c.peripheral(h, 0x40)
				c.event(test.send)
				if diff := cmp.Diff(test.want, h.Stats()); diff != "" {
					t.Errorf("stats (-want +got):\n%s", diff)
				}
				c.pdu(0x40, 6, 0x05, 0x08)
				if diff := cmp.Diff([]string{"smp 05 08"}, links[0x40].taken()); diff != "" {
					t.Errorf("calls afterwards (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestOpen(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	served := make(chan error, 1)
	go func() {
		stream, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		served <- virtual.NewAir(virtual.Options{}).NewController(virtual.Config{}).Serve(stream)
	}()
	h, err := hci.Open(t.Context(), "tcp:"+listener.Addr().String(), func(o *hci.Options) { o.RandomAddress = staticAddress })
	if err != nil {
		t.Fatal(err)
	}
	if want := (bt.TypedAddress{Type: bt.RandomAddress, Address: staticAddress}); h.Identity() != want {
		t.Errorf("identity %s, want %s", h.Identity(), want)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	<-h.Done()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, err := hci.Open(t.Context(), "usb0"); err == nil || !strings.Contains(err.Error(), "tcp:HOST:PORT") {
		t.Errorf("got %v", err)
	}
}

// FuzzHost lets a host with two links hear any packets.
func FuzzHost(f *testing.F) {
	f.Add([]byte{0x04, 0x05, 0x04, 0x00, 0x40, 0x00, 0x13, 0x02, 0x41, 0x20, 0x06, 0x00, 0x02, 0x00, 0x06, 0x00, 0x05, 0x08})
	f.Add([]byte{0x04, 0x3e, 0x0d, 0x05, 0x40, 0x00, 8, 7, 6, 5, 4, 3, 2, 1, 0x34, 0x12, 0x04, 0x13, 0x05, 0x01, 0x40, 0x00, 0x01, 0x00})
	f.Add([]byte{0x04, 0x0e, 0x03, 0x01, 0x03, 0x0c, 0x04, 0x10, 0x01, 0x42})
	f.Fuzz(func(t *testing.T, wire []byte) {
		synctest.Test(t, func(t *testing.T) {
			c := newController(t)
			h := c.host(hci.Options{})
			c.peripheral(h, 0x40)
			c.peripheral(h, 0x41)
			if _, err := h.Links()[0].SendSMP(make([]byte, 65)); err != nil {
				t.Fatal(err)
			}
			for len(wire) > 0 {
				n := len(wire)
				for transport.Check(wire[:n]) != nil && n > 1 {
					n--
				}
				if transport.Check(wire[:n]) == nil {
					_ = c.wire.WritePacket(wire[:n])
				}
				wire = wire[n:]
			}
			synctest.Wait()
			_ = h.Close()
			<-h.Done()
		})
	})
}
