package hci_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"

	"github.com/google/go-cmp/cmp"
)

// keys is a resolver: it resolves peerPrivate to peerAddress.
type keys struct {
	local bt.Key
	peers map[bt.TypedAddress]bt.Key
	err   error
}

func (k *keys) ResolvePeer(_, onAir bt.TypedAddress) (bt.TypedAddress, bool, error) {
	return peerAddress, onAir == peerPrivate, k.err
}

func (k *keys) LocalIRK(bt.TypedAddress) (bt.Key, bool, error) { return k.local, true, k.err }

func (k *keys) PeerIRKs(_ bt.TypedAddress, yield func(bt.TypedAddress, bt.Key) bool) error {
	for peer, irk := range k.peers {
		if !yield(peer, irk) {
			break
		}
	}
	return k.err
}

func TestConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		done := make(chan *hci.Conn)
		go func() {
			conn, err := h.Connect(t.Context(), peerAddress)
			if err != nil {
				t.Error(err)
			}
			done <- conn
		}()
		want := []string{"LECreateConnection 60 00 60 00 00 01 21 32 43 54 65 c6 00 18 00 28 00 00 00 90 01 00 00 00 00"}
		if diff := cmp.Diff(want, c.taken()); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
		c.event(connected(0x40, bt.Central))
		conn := <-done
		if conn.Role() != bt.Central || conn.Handle() != 0x40 || conn.PeerAddress() != peerAddress || conn.PeerIdentity() != peerAddress {
			t.Errorf("%s with identity %s", conn, conn.PeerIdentity())
		}
		if own := (bt.TypedAddress{Address: publicAddress}); conn.LocalAddress() != own || conn.LocalIdentity() != own {
			t.Errorf("own address %s, identity %s, want %s", conn.LocalAddress(), conn.LocalIdentity(), own)
		}
		if diff := cmp.Diff("link 0x0040 as central to C6:65:54:43:32:21/random", conn.String()); diff != "" {
			t.Errorf("String (-want +got):\n%s", diff)
		}
	})
}

func TestConnectFails(t *testing.T) {
	timeout := &hci.LEConnectionComplete{Status: bt.UnknownConnection}
	for _, test := range []struct {
		name    string
		prepare func(*controller)
		during  func(*controller, context.CancelFunc) // while the attempt runs
		err     error
		want    []string // commands behind LECreateConnection
	}{
		{
			name: "refused",
			prepare: func(c *controller) {
				c.on(hci.OpcodeLECreateConnection, func([]byte) [][]byte {
					return [][]byte{c.status(hci.OpcodeLECreateConnection, bt.CommandDisallowed)}
				})
			},
			err: bt.CommandDisallowed,
		},
		{
			name: "not established",
			during: func(c *controller, _ context.CancelFunc) {
				c.event(&hci.LEConnectionComplete{Status: bt.ConnectionFailedToBeEstablished})
			},
			err: bt.ConnectionFailedToBeEstablished,
		},
		{
			name:    "cancelled",
			prepare: func(c *controller) { c.cancelWith(timeout) },
			during:  func(_ *controller, cancel context.CancelFunc) { cancel() },
			err:     context.Canceled,
			want:    []string{"LECreateConnectionCancel"},
		},
		{
			name:    "connected while it is cancelled",
			prepare: func(c *controller) { c.cancelWith(connected(0x40, bt.Central)) },
			during:  func(_ *controller, cancel context.CancelFunc) { cancel() },
			err:     context.Canceled,
			want:    []string{"LECreateConnectionCancel", "Disconnect 40 00 13"},
		},
		{
			name:   "cancel without an event",
			during: func(_ *controller, cancel context.CancelFunc) { cancel() },
			err:    context.Canceled,
			want:   []string{"LECreateConnectionCancel"},
		},
		{
			name:   "host closed",
			during: func(c *controller, _ context.CancelFunc) { _ = c.wire.Close() },
			err:    io.EOF,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newController(t)
				h := c.host(hci.Options{})
				if test.prepare != nil {
					test.prepare(c)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				result := make(chan error, 1)
				go func() {
					conn, err := h.Connect(ctx, peerAddress)
					if conn != nil {
						t.Errorf("got %s", conn)
					}
					result <- err
				}()
				if got := c.taken(); len(got) == 0 || !strings.HasPrefix(got[0], "LECreateConnection ") {
					t.Errorf("commands %q", got)
				}
				if test.during != nil {
					test.during(c, cancel)
				}
				if err := <-result; !errors.Is(err, test.err) || !strings.Contains(err.Error(), "connect to C6:65:54:43:32:21/random") {
					t.Errorf("got %v, want %v", err, test.err)
				}
				if diff := cmp.Diff(test.want, c.taken()); diff != "" {
					t.Errorf("commands (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// cancelWith answers the end of an attempt to connect, and says what came of it.
func (c *controller) cancelWith(e hci.LEEvent) {
	c.on(hci.OpcodeLECreateConnectionCancel, func([]byte) [][]byte {
		return [][]byte{c.complete(hci.OpcodeLECreateConnectionCancel, []byte{0}), hci.AppendLEEvent(nil, e)}
	})
}

// TestConnectOneAfterAnother has a second attempt wait for the first.
func TestConnectOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		results := make(chan error, 3)
		for range 2 {
			go func() { _, err := h.Connect(t.Context(), peerAddress); results <- err }()
		}
		if got := len(c.taken()); got != 1 {
			t.Errorf("%d commands, want one", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, err := h.Connect(ctx, peerAddress); results <- err }()
		synctest.Wait()
		cancel()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before its turn: %v", err)
		}
		c.event(connected(0x40, bt.Central))
		if got := len(c.taken()); got != 1 {
			t.Errorf("%d commands, want one more", got)
		}
		c.event(connected(0x41, bt.Central))
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if _, err := h.Connect(ctx, peerAddress); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled from the start: %v", err)
		}
		c.taken()
		c.event(connected(0x42, bt.Central))
		if diff := cmp.Diff([]string{"Disconnect 42 00 13"}, c.taken()); diff != "" {
			t.Errorf("a link that nobody asked for (-want +got):\n%s", diff)
		}
	})
}

func TestAddresses(t *testing.T) {
	own := bt.TypedAddress{Type: bt.RandomAddress, Address: staticAddress}
	ownPrivate := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x42, 1, 2, 3, 4, 5}}
	stranger := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x41, 1, 2, 3, 4, 5}}
	for _, test := range []struct {
		name    string
		privacy bool
		event   hci.LEEnhancedConnectionComplete
		want    [4]bt.TypedAddress // local, local identity, peer, peer identity
	}{
		{
			name:  "resolved by the controller",
			event: hci.LEEnhancedConnectionComplete{PeerAddressType: hci.PeerRandomIdentity, PeerAddress: peerAddress.Address, PeerResolvablePrivateAddress: stranger.Address},
			want:  [4]bt.TypedAddress{own, own, stranger, peerAddress},
		},
		{
			name:  "identity on the air",
			event: hci.LEEnhancedConnectionComplete{PeerAddressType: hci.PeerPublicIdentity, PeerAddress: publicAddress},
			want:  [4]bt.TypedAddress{own, own, {Address: publicAddress}, {Address: publicAddress}},
		},
		{
			name:  "resolved by the host",
			event: hci.LEEnhancedConnectionComplete{PeerAddressType: hci.PeerRandom, PeerAddress: peerPrivate.Address},
			want:  [4]bt.TypedAddress{own, own, peerPrivate, peerAddress},
		},
		{
			name:  "not resolved",
			event: hci.LEEnhancedConnectionComplete{PeerAddressType: hci.PeerRandom, PeerAddress: stranger.Address},
			want:  [4]bt.TypedAddress{own, own, stranger, stranger},
		},
		{
			name:    "both private",
			privacy: true,
			event: hci.LEEnhancedConnectionComplete{
				PeerAddressType: hci.PeerRandomIdentity, PeerAddress: peerAddress.Address,
				PeerResolvablePrivateAddress: stranger.Address, LocalResolvablePrivateAddress: ownPrivate.Address,
			},
			want: [4]bt.TypedAddress{ownPrivate, own, stranger, peerAddress},
		},
		{
			name:  "a private address of ours that was not asked for",
			event: hci.LEEnhancedConnectionComplete{PeerAddressType: hci.PeerPublic, LocalResolvablePrivateAddress: ownPrivate.Address},
			want:  [4]bt.TypedAddress{own, own, {}, {}},
		},
	} {
		for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
			t.Run(fmt.Sprintf("%s/%s", test.name, role), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newController(t)
					h := c.host(hci.Options{RandomAddress: staticAddress, Privacy: test.privacy, Resolver: &keys{local: testKey}})
					result := make(chan *hci.Conn, 1)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					go func() {
						wait := h.Accept
						if role == bt.Central {
							wait = func(ctx context.Context) (*hci.Conn, error) { return h.Connect(ctx, peerAddress) }
						} else if err := h.Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
							t.Error(err)
						}
						conn, err := wait(ctx)
						if err != nil {
							t.Error(err)
						}
						result <- conn
					}()
					synctest.Wait()
					event := test.event
					event.Role = role
					c.event(&event)
					conn := <-result
					got := [4]bt.TypedAddress{conn.LocalAddress(), conn.LocalIdentity(), conn.PeerAddress(), conn.PeerIdentity()}
					if diff := cmp.Diff(test.want, got); diff != "" {
						t.Errorf("addresses (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

func TestResolverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		broken := errors.New("disk is gone")
		h.SetResolver(&keys{err: broken})
		c.event(&hci.LEConnectionComplete{ConnectionHandle: 0x40, Role: bt.Peripheral, PeerAddressType: hci.PeerRandom, PeerAddress: peerPrivate.Address})
		conn, err := h.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if conn.PeerIdentity() != peerPrivate {
			t.Errorf("identity %s, want the address on the air", conn.PeerIdentity())
		}
		if err := h.LoadResolvingList(t.Context()); !errors.Is(err, broken) {
			t.Errorf("LoadResolvingList: %v", err)
		}
		h.SetResolver(&keys{peers: map[bt.TypedAddress]bt.Key{peerAddress: {}}})
		c.refuse(hci.OpcodeLEAddDeviceToResolvingList, bt.MemoryCapacityExceeded)
		if err := h.LoadResolvingList(t.Context()); err != nil {
			t.Errorf("a list that is too small is no error: %v", err)
		}
		c.refuse(hci.OpcodeLEAddDeviceToResolvingList, bt.CommandDisallowed)
		if err := h.LoadResolvingList(t.Context()); !errors.Is(err, bt.CommandDisallowed) {
			t.Errorf("refused: %v", err)
		}
	})
}

func TestAdvertise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{RandomAddress: staticAddress})
		flags, err := hci.AppendAD(nil, hci.ADFlags, []byte{hci.ADGeneralDiscoverable | hci.ADNoBREDR})
		if err != nil {
			t.Fatal(err)
		}
		parameters := hci.AdvertisingParameters{Interval: 20 * time.Millisecond, Data: flags}
		if err := h.Advertise(t.Context(), parameters); err != nil {
			t.Fatal(err)
		}
		zeros := strings.Repeat(" 00", 28)
		on := []string{
			"LESetAdvertisingParameters 20 00 20 00 00 01 00 00 00 00 00 00 00 07 00",
			"LESetAdvertisingData 03 02 01 06" + zeros,
			"LESetScanResponseData 00 00 00 00" + zeros,
			"LESetAdvertisingEnable 01",
		}
		if diff := cmp.Diff(on, c.taken()); diff != "" {
			t.Errorf("first (-want +got):\n%s", diff)
		}
		if err := h.Advertise(t.Context(), parameters); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append([]string{"LESetAdvertisingEnable 00"}, on...), c.taken()); diff != "" {
			t.Errorf("again (-want +got):\n%s", diff)
		}
		conn := c.peripheral(h, 0x40)
		if conn.Role() != bt.Peripheral {
			t.Errorf("role %s", conn.Role())
		}
		if err := h.StopAdvertising(t.Context()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string(nil), c.taken()); diff != "" {
			t.Errorf("the controller has stopped (-want +got):\n%s", diff)
		}
		c.refuse(hci.OpcodeLESetAdvertisingEnable, bt.CommandDisallowed)
		if err := h.Advertise(t.Context(), parameters); !errors.Is(err, bt.CommandDisallowed) {
			t.Errorf("refused: %v", err)
		}
		for _, wrong := range []hci.AdvertisingParameters{
			{Interval: 19 * time.Millisecond}, {Interval: 11 * time.Second}, {Data: make([]byte, 32)}, {ScanResponse: make([]byte, 32)},
		} {
			if err := h.Advertise(t.Context(), wrong); err == nil {
				t.Errorf("%+v was taken", wrong)
			}
		}
	})
}

func TestAdvertiseDirected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		if err := h.Advertise(t.Context(), hci.AdvertisingParameters{Type: hci.AdvDirectIndHigh, Peer: peerAddress}); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"LESetAdvertisingParameters a0 00 a0 00 01 00 01 21 32 43 54 65 c6 07 00",
			"LESetAdvertisingEnable 01",
		}
		if diff := cmp.Diff(want, c.taken()); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
		c.event(&hci.LEConnectionComplete{Status: bt.AdvertisingTimeout})
		if _, err := h.Accept(t.Context()); !errors.Is(err, bt.AdvertisingTimeout) {
			t.Errorf("Accept: %v", err)
		}
	})
}

func TestAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		c.event(connected(0x40, bt.Peripheral), connected(0x41, bt.Peripheral), connected(0x42, bt.Peripheral), disconnected(0x41, bt.ConnectionTimeout))
		var got []uint16
		for range 3 {
			conn, err := h.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, conn.Handle())
			if ended := conn.Err() != nil; ended != (conn.Handle() == 0x41) {
				t.Errorf("link 0x%04x: %v", conn.Handle(), conn.Err())
			}
		}
		if diff := cmp.Diff([]uint16{0x40, 0x41, 0x42}, got); diff != "" {
			t.Errorf("accepted (-want +got):\n%s", diff)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Accept(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nobody there: %v", err)
		}

		c.event(connected(0x43, bt.Peripheral), disconnected(0x43, bt.ConnectionTimeout))
		if err := h.Advertise(t.Context(), hci.AdvertisingParameters{}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Accept(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a link of earlier advertising: %v", err)
		}
	})
}

func report(kind hci.AdvertisingEventType, t hci.PeerAddressType, a bt.Address, data ...byte) hci.AdvertisingReport {
	return hci.AdvertisingReport{EventType: kind, AddressType: t, Address: a, Data: data, RSSI: -60}
}

func TestScan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{Resolver: new(keys)})
		c.on(hci.OpcodeLESetScanEnable, func(p []byte) [][]byte {
			events := [][]byte{c.complete(hci.OpcodeLESetScanEnable, []byte{0})}
			if p[0] == 1 {
				events = append(events, hci.AppendLEEvent(nil, &hci.LEAdvertisingReport{Reports: []hci.AdvertisingReport{
					report(hci.ReportAdvInd, hci.PeerPublic, publicAddress, 0x03, 0x09, 'h', 'i'),
					report(hci.ReportScanRsp, hci.PeerRandom, peerPrivate.Address),
				}}), hci.AppendLEEvent(nil, &hci.LEDirectedAdvertisingReport{Reports: []hci.DirectedAdvertisingReport{
					{EventType: hci.ReportAdvDirectInd, AddressType: hci.PeerRandomIdentity, Address: peerAddress.Address, RSSI: 127},
				}}))
			}
			return events
		})
		var got []hci.Report
		for r, err := range h.Scan(t.Context(), hci.ScanParameters{Active: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, r); len(got) == 3 {
				for _, err := range h.Scan(t.Context(), hci.ScanParameters{}) {
					if !errors.Is(err, hci.ErrBusy) {
						t.Errorf("a second scan: %v", err)
					}
				}
				break
			}
		}
		want := []hci.Report{
			{Type: hci.ReportAdvInd, Address: bt.TypedAddress{Address: publicAddress}, Identity: bt.TypedAddress{Address: publicAddress}, RSSI: -60, Data: []byte{3, 9, 'h', 'i'}},
			{Type: hci.ReportScanRsp, Address: peerPrivate, Identity: peerAddress, RSSI: -60},
			{Type: hci.ReportAdvDirectInd, Address: peerAddress, Identity: peerAddress, Resolved: true, RSSI: 127},
		}
		for i := range got {
			if len(got[i].Data) == 0 {
				got[i].Data = nil
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
		if got[0].Name() != "hi" || got[1].Name() != "" {
			t.Errorf("names %q and %q", got[0].Name(), got[1].Name())
		}
		commands := []string{
			"LESetScanParameters 01 60 00 60 00 00 00",
			"LESetScanEnable 01 01",
			"LESetScanEnable 00 00",
		}
		if diff := cmp.Diff(commands, c.taken()); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
	})
}

func TestScanEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		for r, err := range h.Scan(ctx, hci.ScanParameters{Duplicates: true}) {
			t.Errorf("heard %v, %v", r, err)
		}
		for r, err := range h.Scan(ctx, hci.ScanParameters{}) {
			t.Errorf("after the end of the context: %v, %v", r, err)
		}
		c.refuse(hci.OpcodeLESetScanParameters, bt.CommandDisallowed)
		n := 0
		for _, err := range h.Scan(t.Context(), hci.ScanParameters{}) {
			n++
			if !errors.Is(err, bt.CommandDisallowed) {
				t.Errorf("refused: %v", err)
			}
		}
		for _, err := range h.Scan(t.Context(), hci.ScanParameters{Window: time.Second}) {
			n++
			if err == nil {
				t.Error("a window longer than the interval was taken")
			}
		}
		if n != 2 {
			t.Errorf("%d errors, want 2", n)
		}
	})
}

// TestScanSlowly leaves reports lying about until they are dropped.
func TestScanSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		go func() {
			synctest.Wait()
			_ = c.wire.WritePacket(hci.AppendLEEvent(nil, &hci.LEAdvertisingReport{Reports: []hci.AdvertisingReport{report(0, 0, publicAddress)}}))
		}()
		for _, err := range h.Scan(t.Context(), hci.ScanParameters{}) {
			if err != nil {
				t.Fatal(err)
			}
			for range 100 {
				c.event(&hci.LEAdvertisingReport{Reports: []hci.AdvertisingReport{report(0, 0, publicAddress)}})
			}
			break
		}
		if got := h.Stats().Dropped; got == 0 || got >= 100 {
			t.Errorf("%d reports dropped", got)
		}
	})
}

func TestAD(t *testing.T) {
	if _, err := hci.AppendAD(nil, hci.ADCompleteName, make([]byte, 30)); !errors.Is(err, bt.InvalidParameters) {
		t.Errorf("too long: %v", err)
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"complete", []byte{2, 1, 6, 3, 9, 'h', 'i'}, "hi"},
		{"shortened", []byte{2, 8, 'h'}, "h"},
		{"complete one first", []byte{2, 8, 'h', 3, 9, 'h', 'i'}, "hi"},
		{"cut off", []byte{2, 1, 6, 4, 9, 'h', 'i'}, ""},
		{"behind the end", []byte{0, 0, 3, 9, 'h', 'i'}, ""},
		{"nothing", nil, ""},
	} {
		if got := (hci.Report{Data: test.data}).Name(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestNewStaticAddress(t *testing.T) {
	for _, test := range []struct {
		name   string
		random []byte
		want   bt.Address
		err    error
	}{
		{name: "good", random: []byte{1, 2, 3, 4, 5, 6}, want: bt.Address{0xc1, 2, 3, 4, 5, 6}},
		{name: "zeros first", random: []byte{0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6}, want: bt.Address{0xc1, 2, 3, 4, 5, 6}},
		{name: "ones only", random: []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, err: io.EOF},
		{name: "too little", random: []byte{1}, err: io.ErrUnexpectedEOF},
	} {
		got, err := hci.NewStaticAddress(bytes.NewReader(test.random))
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: got %s, %v; want %s, %v", test.name, got, err, test.want, test.err)
		}
	}
}
