package hci_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/snoop"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

// side is one host on a virtual air.
type side struct {
	controller *virtual.Controller
	host       *hci.Host
	key        bt.Key // what long term key requests are answered with; zero: nothing
	conn       *hci.Conn
	*security
}

// security is a handler that answers long term key requests.
type security struct {
	recorder
	link bt.Link
	key  *bt.Key
}

func (s *security) HandleLTKRequest(rand uint64, ediv uint16) {
	s.recorder.HandleLTKRequest(rand, ediv)
	answer := s.link.RejectLTK
	if !s.key.IsZero() {
		answer = func() error { return s.link.ReplyLTK(*s.key) }
	}
	if err := answer(); err != nil {
		s.add("%v", err)
	}
}

// newSide brings a host up on an air; it belongs into a synctest bubble.
func newSide(t *testing.T, air *virtual.Air, config virtual.Config, options hci.Options) *side {
	t.Helper()
	s := &side{controller: air.NewController(config)}
	host, err := hci.NewHost(t.Context(), s.controller, options)
	if err != nil {
		t.Fatal(err)
	}
	s.host = host
	host.ServeLinks(func(l bt.Link) bt.LinkHandler {
		s.security = &security{link: l, key: &s.key}
		return s.security
	})
	t.Cleanup(func() {
		_ = host.Close()
		<-host.Done()
	})
	return s
}

// connect has the second side advertise and the first one connect to it.
func connect(t *testing.T, central, peripheral *side) {
	t.Helper()
	if err := peripheral.host.Advertise(t.Context(), hci.AdvertisingParameters{}); err != nil {
		t.Fatal(err)
	}
	var err error
	if central.conn, err = central.host.Connect(t.Context(), peripheral.host.Identity()); err != nil {
		t.Fatal(err)
	}
	if peripheral.conn, err = peripheral.host.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// onAir runs a test with two hosts that are connected, one with the smallest
// buffers that a controller may have.
func onAir(t *testing.T, test func(t *testing.T, air *virtual.Air, central, peripheral *side)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		central := newSide(t, air, virtual.Config{ACLLength: 27, ACLPackets: 2}, hci.Options{})
		peripheral := newSide(t, air, virtual.Config{}, hci.Options{RandomAddress: staticAddress})
		connect(t, central, peripheral)
		test(t, air, central, peripheral)
	})
}

// expect compares what the handler of one side was told.
func (s *side) expect(t *testing.T, when string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.taken()); diff != "" {
		t.Errorf("%s: %s (-want +got):\n%s", when, s.conn.Role(), diff)
	}
}

func TestAirScanAndConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		central := newSide(t, air, virtual.Config{}, hci.Options{})
		peripheral := newSide(t, air, virtual.Config{}, hci.Options{RandomAddress: staticAddress})
		name, err := hci.AppendAD(nil, hci.ADCompleteName, []byte("thermometer"))
		if err != nil {
			t.Fatal(err)
		}
		if err := peripheral.host.Advertise(t.Context(), hci.AdvertisingParameters{ScanResponse: name}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var found bt.TypedAddress
		for r, err := range central.host.Scan(ctx, hci.ScanParameters{Active: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Name() == "thermometer" {
				found = r.Address
				break
			}
		}
		if found != peripheral.host.Identity() {
			t.Fatalf("found %s, want %s", found, peripheral.host.Identity())
		}
		conn, err := central.host.Connect(ctx, found)
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := peripheral.host.Accept(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if conn.LocalAddress() != accepted.PeerAddress() || conn.PeerAddress() != accepted.LocalAddress() {
			t.Errorf("%s and %s do not agree on the addresses", conn, accepted)
		}
		if conn.Role() != bt.Central || accepted.Role() != bt.Peripheral {
			t.Errorf("roles %s and %s", conn.Role(), accepted.Role())
		}
		if diff := cmp.Diff(hci.Stats{}, central.host.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

func TestAirConnectToNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		central := newSide(t, air, virtual.Config{}, hci.Options{})
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if conn, err := central.host.Connect(ctx, peerAddress); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, %v", conn, err)
			}
			cancel()
		}
	})
}

func TestAirATT(t *testing.T) {
	onAir(t, func(t *testing.T, _ *virtual.Air, central, peripheral *side) {
		att, err := central.conn.Channel(l2cap.ATT)
		if err != nil {
			t.Fatal(err)
		}
		if err := att.Send([]byte{0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28}); err != nil {
			t.Fatal(err)
		}
		got, err := att.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]byte{0x01, 0x10, 0x01, 0x00, 0x0a}, got); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
	})
}

func TestAirSMP(t *testing.T) {
	onAir(t, func(t *testing.T, _ *virtual.Air, central, peripheral *side) {
		key := publicKeyPDU()
		for i := range key[1:] {
			key[1+i] = byte(i)
		}
		for _, s := range []*side{central, peripheral} {
			for range 3 {
				if _, err := s.conn.SendSMP(key); err != nil {
					t.Fatal(err)
				}
			}
		}
		synctest.Wait()
		for _, s := range []*side{central, peripheral} {
			var received, delivered []string
			for _, call := range s.taken() {
				if bytes.HasPrefix([]byte(call), []byte("smp ")) {
					received = append(received, call)
				} else {
					delivered = append(delivered, call)
				}
			}
			line := fmt.Sprintf("smp % x", key)
			if diff := cmp.Diff([]string{line, line, line}, received); diff != "" {
				t.Errorf("%s received (-want +got):\n%s", s.conn.Role(), diff)
			}
			if n := len(delivered); n == 0 || delivered[n-1] != "delivered 3" {
				t.Errorf("%s: delivered %q", s.conn.Role(), delivered)
			}
		}
	})
}

func TestAirEncryption(t *testing.T) {
	onAir(t, func(t *testing.T, _ *virtual.Air, central, peripheral *side) {
		peripheral.key = testKey
		start := func(key bt.Key, rand uint64, ediv uint16) {
			t.Helper()
			if err := central.conn.StartEncryption(key, rand, ediv); err != nil {
				t.Fatal(err)
			}
		}
		start(testKey, 0x0102030405060708, 0x1234)
		central.expect(t, "first", "encryption success (0x00) enabled true refreshed false")
		peripheral.expect(t, "first", "key? 0102030405060708 1234", "encryption success (0x00) enabled true refreshed false")

		if _, err := peripheral.conn.SendSMP([]byte{0x06, 0x01}); err != nil {
			t.Fatal(err)
		}
		central.expect(t, "encrypted", "smp 06 01")
		peripheral.expect(t, "encrypted", "delivered 1")

		start(testKey, 0, 0)
		central.expect(t, "refresh", "encryption success (0x00) enabled true refreshed true")
		peripheral.expect(t, "refresh", "key? 0000000000000000 0000", "encryption success (0x00) enabled true refreshed true")
		if !central.conn.Encrypted() || !peripheral.conn.Encrypted() {
			t.Error("not encrypted")
		}

		start(bt.Key{15: 1}, 0, 0)
		central.expect(t, "wrong key", "disconnected connection terminated due to MIC failure (0x3d)")
		peripheral.expect(t, "wrong key", "key? 0000000000000000 0000", "disconnected connection terminated due to MIC failure (0x3d)")
	})
}

func TestAirNoKey(t *testing.T) {
	onAir(t, func(t *testing.T, _ *virtual.Air, central, peripheral *side) {
		if err := central.conn.StartEncryption(testKey, 0, 0); err != nil {
			t.Fatal(err)
		}
		central.expect(t, "no key", "encryption PIN or key missing (0x06) enabled false refreshed false")
		peripheral.expect(t, "no key", "key? 0000000000000000 0000")
	})
}

func TestAirDisconnect(t *testing.T) {
	for name, test := range map[string]struct {
		end                 func(air *virtual.Air, central, peripheral *side) error
		central, peripheral string
	}{
		"by the central": {
			end:        func(_ *virtual.Air, central, _ *side) error { return central.conn.Disconnect(bt.RemoteUserTerminated) },
			central:    "disconnected connection terminated by local host (0x16)",
			peripheral: "disconnected remote user terminated connection (0x13)",
		},
		"by the peripheral": {
			end: func(_ *virtual.Air, _, peripheral *side) error {
				return peripheral.conn.Disconnect(bt.AuthenticationFailure)
			},
			central:    "disconnected authentication failure (0x05)",
			peripheral: "disconnected connection terminated by local host (0x16)",
		},
		"out of range": {
			end: func(air *virtual.Air, central, peripheral *side) error {
				air.Lose(central.controller, peripheral.controller)
				return nil
			},
			central:    "disconnected connection timeout (0x08)",
			peripheral: "disconnected connection timeout (0x08)",
		},
		"the transport of the central breaks": {
			end:        func(_ *virtual.Air, central, _ *side) error { return central.controller.Close() },
			central:    "disconnected hardware failure (0x03)",
			peripheral: "disconnected connection timeout (0x08)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			onAir(t, func(t *testing.T, air *virtual.Air, central, peripheral *side) {
				if err := test.end(air, central, peripheral); err != nil {
					t.Fatal(err)
				}
				<-central.conn.Done()
				<-peripheral.conn.Done()
				central.expect(t, name, test.central)
				peripheral.expect(t, name, test.peripheral)
			})
		})
	}
}

// TestAirLastPDU has the last PDU before a disconnection arrive.
func TestAirLastPDU(t *testing.T) {
	onAir(t, func(t *testing.T, _ *virtual.Air, central, peripheral *side) {
		if _, err := central.conn.SendSMP([]byte{0x05, 0x08}); err != nil {
			t.Fatal(err)
		}
		if err := central.conn.Disconnect(bt.AuthenticationFailure); err != nil {
			t.Fatal(err)
		}
		peripheral.expect(t, "Pairing Failed", "smp 05 08", "disconnected authentication failure (0x05)")
	})
}

// TestAirTransportLoss ends the host with the error of its transport.
func TestAirTransportLoss(t *testing.T) {
	onAir(t, func(t *testing.T, _ *virtual.Air, central, peripheral *side) {
		_ = central.controller.Close()
		<-central.host.Done()
		if err := central.host.Err(); !errors.Is(err, io.EOF) {
			t.Errorf("Err: %v", err)
		}
		if err := peripheral.host.Err(); err != nil {
			t.Errorf("the other host: %v", err)
		}
	})
}

// TestAirSeveralLinks has one central with four links, all of them busy.
func TestAirSeveralLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		central := newSide(t, air, virtual.Config{ACLLength: 27, ACLPackets: 2}, hci.Options{})
		var peripherals []*side
		for range 4 {
			p := newSide(t, air, virtual.Config{}, hci.Options{})
			connect(t, central, p)
			peripherals = append(peripherals, p)
		}
		if got := len(central.host.Links()); got != 4 {
			t.Fatalf("%d links", got)
		}
		for i, conn := range central.host.Links() {
			for range 5 {
				if _, err := conn.SendSMP(append(publicKeyPDU(), byte(i))); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, p := range peripherals {
			line := fmt.Sprintf("smp % x", append(publicKeyPDU(), byte(i)))
			p.expect(t, "busy", line, line, line, line, line)
		}
	})
}

// TestAirPrivacy has both sides on private addresses that both controllers
// resolve.
func TestAirPrivacy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		centralIRK, peripheralIRK := bt.Key{0: 1}, bt.Key{0: 2}
		own := bt.TypedAddress{Type: bt.RandomAddress, Address: staticAddress}
		central := newSide(t, air, virtual.Config{}, hci.Options{
			RandomAddress: peerAddress.Address,
			Privacy:       true,
			Resolver:      &keys{local: centralIRK, peers: map[bt.TypedAddress]bt.Key{own: peripheralIRK}},
		})
		peripheral := newSide(t, air, virtual.Config{}, hci.Options{
			RandomAddress: staticAddress,
			Privacy:       true,
			Resolver:      &keys{local: peripheralIRK, peers: map[bt.TypedAddress]bt.Key{peerAddress: centralIRK}},
		})
		if err := peripheral.host.Advertise(t.Context(), hci.AdvertisingParameters{Peer: peerAddress}); err != nil {
			t.Fatal(err)
		}
		for r, err := range central.host.Scan(t.Context(), hci.ScanParameters{}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Identity != own {
				t.Errorf("heard %s, want %s", r.Identity, own)
			}
			break
		}
		var err error
		if central.conn, err = central.host.Connect(t.Context(), own); err != nil {
			t.Fatal(err)
		}
		if peripheral.conn, err = peripheral.host.Accept(t.Context()); err != nil {
			t.Fatal(err)
		}
		if central.conn.PeerIdentity() != own || peripheral.conn.PeerIdentity() != peerAddress {
			t.Errorf("identities %s and %s", central.conn.PeerIdentity(), peripheral.conn.PeerIdentity())
		}
		if !central.conn.PeerAddress().IsResolvable() || central.conn.PeerAddress() != peripheral.conn.LocalAddress() {
			t.Errorf("peripheral on the air: %s and %s", central.conn.PeerAddress(), peripheral.conn.LocalAddress())
		}
		if !central.conn.LocalAddress().IsResolvable() || central.conn.LocalAddress() != peripheral.conn.PeerAddress() {
			t.Errorf("central on the air: %s and %s", central.conn.LocalAddress(), peripheral.conn.PeerAddress())
		}
	})
}

// TestAirRecorded taps the central and reads back a recording of a whole
// connection.
func TestAirRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		w, err := snoop.NewWriter(&file)
		if err != nil {
			t.Fatal(err)
		}
		air := virtual.NewAir(virtual.Options{})
		tap := snoop.NewTap(air.NewController(virtual.Config{}), w, time.Now)
		host, err := hci.NewHost(t.Context(), tap, hci.Options{})
		if err != nil {
			t.Fatal(err)
		}
		peripheral := newSide(t, air, virtual.Config{}, hci.Options{})
		central := &side{host: host}
		connect(t, central, peripheral)
		if _, err := central.conn.SendSMP([]byte{0x05, 0x08}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_ = host.Close()
		<-host.Done()
		if err := tap.Err(); err != nil {
			t.Fatal(err)
		}
		r, err := snoop.NewReader(&file)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[snoop.Direction]int{}
		for {
			p, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			counts[p.Direction]++
		}
		if counts[snoop.Sent] < 10 || counts[snoop.Received] < counts[snoop.Sent] {
			t.Errorf("recorded %v", counts)
		}
	})
}

// TestAirEncryptBlock has the virtual controller encrypt the sample of the Core
// (Vol 6, Part C, 1), and compares with crypto/aes.
func TestAirEncryptBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t, virtual.NewAir(virtual.Options{}), virtual.Config{}, hci.Options{})
		key, err := bt.ParseKey("4c68384139f574d836bcf34e9dfb01bf")
		if err != nil {
			t.Fatal(err)
		}
		plain := [16]byte{0x02, 0x13, 0x24, 0x35, 0x46, 0x57, 0x68, 0x79, 0xac, 0xbd, 0xce, 0xdf, 0xe0, 0xf1, 0x02, 0x13}
		got, err := s.host.Encrypt(t.Context(), key, plain)
		if err != nil {
			t.Fatal(err)
		}
		block, err := aes.NewCipher(key[:])
		if err != nil {
			t.Fatal(err)
		}
		var want [16]byte
		block.Encrypt(want[:], plain[:])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("block (-want +got):\n%s", diff)
		}
		if want[0] != 0x99 || want[15] != 0x66 {
			t.Errorf("not the sample's result: % x", want)
		}
		first, err := s.host.Rand(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if second, err := s.host.Rand(t.Context()); err != nil || first == second {
			t.Errorf("Rand gives %x and %x, %v", first, second, err)
		}
	})
}
