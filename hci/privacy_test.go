package hci_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

// withoutPrivacy takes all features of the link layer from a controller.
func (c *controller) withoutPrivacy() {
	c.on(hci.OpcodeLEReadLocalSupportedFeatures, func([]byte) [][]byte {
		return [][]byte{c.complete(hci.OpcodeLEReadLocalSupportedFeatures, make([]byte, 9))}
	})
}

// withoutAddress takes the public address from a controller.
func (c *controller) withoutAddress() {
	c.on(hci.OpcodeReadBDADDR, func([]byte) [][]byte { return [][]byte{c.complete(hci.OpcodeReadBDADDR, make([]byte, 7))} })
}

// made reports whether a private address was made from an IRK (Core Vol 3, Part
// H, 2.2.2).
func made(irk bt.Key, a bt.TypedAddress) bool {
	block, err := aes.NewCipher(irk[:])
	if err != nil || !a.IsResolvable() {
		return false
	}
	var b [16]byte
	copy(b[13:], a.Address[:3])
	block.Encrypt(b[:], b[:])
	return bytes.Equal(b[13:], a.Address[3:])
}

// ofOurIRK names in a list of commands the random addresses that come of
// testKey.
func ofOurIRK(commands []string) []string {
	const name = "LESetRandomAddress "
	for i, c := range commands {
		octets, err := hex.DecodeString(strings.ReplaceAll(strings.TrimPrefix(c, name), " ", ""))
		if err != nil || !strings.HasPrefix(c, name) {
			continue
		}
		a := bt.TypedAddress{Type: bt.RandomAddress}
		for j, o := range octets {
			a.Address[5-j] = o
		}
		if made(testKey, a) {
			commands[i] = name + "of our IRK"
		}
	}
	return commands
}

func TestNewPrivateAddress(t *testing.T) {
	// The sample is Core Vol 3, Part H, D.7.
	irk, err := bt.ParseKey("ec0234a357c8ad05341010a60a397d9b")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		random []byte
		want   string
	}{
		{"sample", []byte{0x70, 0x81, 0x94}, "70:81:94:0D:FB:AA"},
		{"the upper two bits do not count", []byte{0xf0, 0x81, 0x94}, "70:81:94:0D:FB:AA"},
		{"all zeros are drawn again", []byte{0xc0, 0, 0, 0x70, 0x81, 0x94}, "70:81:94:0D:FB:AA"},
		{"all ones are drawn again", []byte{0xff, 0xff, 0xff, 0x70, 0x81, 0x94}, "70:81:94:0D:FB:AA"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := hci.NewPrivateAddress(bytes.NewReader(test.random), irk)
			if err != nil || got.String() != test.want {
				t.Errorf("got %v, %v, want %s", got, err, test.want)
			}
		})
	}
	if _, err := hci.NewPrivateAddress(strings.NewReader("ab"), irk); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("two octets of random: %v", err)
	}
}

// TestRotation lets time pass while the host advertises.
func TestRotation(t *testing.T) {
	const minute = time.Minute
	renewed := []string{"LESetAdvertisingEnable 00", "LESetRandomAddress of our IRK", "LESetAdvertisingEnable 01"}
	for _, test := range []struct {
		name   string
		change func(t *testing.T, c *controller, h *hci.Host) // behind the first advertising
		want   []string                                       // what two minutes then bring
	}{
		{"on", func(*testing.T, *controller, *hci.Host) {}, append(renewed[:3:3], renewed...)},
		{"stopped", func(t *testing.T, _ *controller, h *hci.Host) {
			if err := h.StopAdvertising(t.Context()); err != nil {
				t.Error(err)
			}
		}, nil},
		{"ended by a link", func(_ *testing.T, c *controller, _ *hci.Host) { c.event(connected(0x40, bt.Peripheral)) }, nil},
		{"ended by a link in the last moment", func(_ *testing.T, c *controller, _ *hci.Host) {
			c.on(hci.OpcodeLESetAdvertisingEnable, func([]byte) [][]byte {
				return [][]byte{
					hci.AppendLEEvent(nil, connected(0x40, bt.Peripheral)),
					c.complete(hci.OpcodeLESetAdvertisingEnable, []byte{byte(bt.CommandDisallowed)}),
				}
			})
		}, []string{"LESetAdvertisingEnable 00"}},
		{"address in use", func(_ *testing.T, c *controller, _ *hci.Host) {
			c.refuse(hci.OpcodeLESetRandomAddress, bt.CommandDisallowed)
			time.AfterFunc(minute+time.Second/2, func() { c.refuse(hci.OpcodeLESetRandomAddress, bt.Success) })
		}, append(renewed[:3:3], renewed...)},
		{"once high duty", func(t *testing.T, c *controller, h *hci.Host) {
			if err := h.Advertise(t.Context(), hci.AdvertisingParameters{Type: hci.AdvDirectIndHigh, Peer: peerAddress}); err != nil {
				t.Error(err)
			}
			c.event(&hci.LEConnectionComplete{Status: bt.AdvertisingTimeout})
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newController(t)
				c.withoutPrivacy()
				h := c.host(hci.Options{Privacy: true, RotateEvery: minute, Resolver: &keys{local: testKey}})
				if err := h.Advertise(t.Context(), hci.AdvertisingParameters{}); err != nil {
					t.Fatal(err)
				}
				test.change(t, c, h)
				first := h.Address()
				c.taken()
				time.Sleep(2*minute + time.Second/2)
				if diff := cmp.Diff(test.want, ofOurIRK(c.taken())); diff != "" {
					t.Errorf("commands (-want +got):\n%s", diff)
				}
				renewed := len(test.want) > 1
				if got := h.Address(); !made(testKey, got) || (got != first) != renewed {
					t.Errorf("address %v after %v", got, first)
				}
			})
		})
	}
}

// TestRotationBetween sees a new address in a new attempt, and an old one while
// it lasts.
func TestRotationBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{Privacy: true, Resolver: &keys{local: testKey}})
		scan := func() {
			for _, err := range h.Scan(canceledSoon(t), hci.ScanParameters{Active: true}) {
				t.Error(err)
			}
		}
		first := h.Address()
		scan()
		if h.Address() != first {
			t.Error("a new address within a second")
		}
		time.Sleep(15 * time.Minute)
		scan()
		second := h.Address()
		if second == first || !made(testKey, second) {
			t.Errorf("address %v after %v and 15 minutes", second, first)
		}
		conn := c.central(h, 0x40)
		if conn.LocalAddress() != second || conn.LocalIdentity() != (bt.TypedAddress{Address: publicAddress}) {
			t.Errorf("link from %v, identity %v, want %v and the public address", conn.LocalAddress(), conn.LocalIdentity(), second)
		}
		time.Sleep(15 * time.Minute)
		c.refuse(hci.OpcodeLESetRandomAddress, bt.HardwareFailure)
		if err := h.Advertise(t.Context(), hci.AdvertisingParameters{}); !errors.Is(err, bt.HardwareFailure) {
			t.Errorf("no new address: %v", err)
		}
	})
}

func canceledSoon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}

// ring is a resolver with the keys of one peer.
type ring struct {
	local, peerIRK bt.Key
	peer           bt.TypedAddress
}

func (r *ring) ResolvePeer(_, onAir bt.TypedAddress) (bt.TypedAddress, bool, error) {
	return r.peer, made(r.peerIRK, onAir), nil
}

func (r *ring) LocalIRK(bt.TypedAddress) (bt.Key, bool, error) { return r.local, true, nil }

func (r *ring) PeerIRKs(_ bt.TypedAddress, yield func(bt.TypedAddress, bt.Key) bool) error {
	if !r.peer.IsZero() {
		yield(r.peer, r.peerIRK)
	}
	return nil
}

// plain is a controller that does not tell of its privacy.
type plain struct{ *virtual.Controller }

func (p plain) ReadPacket(buf []byte) ([]byte, error) {
	b, err := p.Controller.ReadPacket(buf)
	features := []byte{transport.EventPacket, byte(hci.EventCodeCommandComplete), 12, 1, 0x03, 0x20}
	if len(b) > 7 && bytes.Equal(b[:3], features[:3]) && bytes.Equal(b[4:6], features[4:]) {
		b[7] &^= byte(hci.LEFeaturesPrivacy)
	}
	return b, err
}

// TestAirStrangers has two hosts meet that know nothing of each other, then
// again with each other's keys, under other addresses: the controllers resolve
// them, or the hosts.
func TestAirStrangers(t *testing.T) {
	for _, privacy := range []bool{true, false} {
		t.Run(fmt.Sprintf("controllers with privacy %t", privacy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				air := virtual.NewAir(virtual.Options{})
				rings := [2]*ring{{local: bt.Key{1}}, {local: bt.Key{2}}}
				var hosts [2]*hci.Host
				for i, r := range rings {
					controller := air.NewController(virtual.Config{})
					var wire transport.Transport = controller
					if !privacy {
						wire = plain{controller}
					}
					options := hci.Options{Privacy: true, Resolver: r, RotateEvery: time.Minute}
					if i == 1 {
						options.RandomAddress = staticAddress
					}
					h, err := hci.NewHost(t.Context(), wire, options)
					if err != nil {
						t.Fatal(err)
					}
					if h.Controller().Features.Privacy() != privacy {
						t.Fatalf("features %v", h.Controller().Features)
					}
					t.Cleanup(func() { _ = h.Close(); <-h.Done() })
					hosts[i] = h
				}
				seen := meet(t, hosts, hosts[1].Address())
				if diff := cmp.Diff([2]bt.TypedAddress{seen[0], seen[1]}, [2]bt.TypedAddress{hosts[0].Address(), hosts[1].Address()}); diff != "" {
					t.Errorf("strangers (-on the air +Address):\n%s", diff)
				}
				for i, r := range rings {
					r.peer, r.peerIRK = hosts[1-i].Identity(), rings[1-i].local
					if err := hosts[i].LoadResolvingList(t.Context()); err != nil && (privacy || !errors.Is(err, hci.ErrNoPrivacy)) {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Minute)
				again := meet(t, hosts, hosts[1].Identity())
				for i := range hosts {
					if again[i] == seen[i] || !made(rings[i].local, again[i]) {
						t.Errorf("address %v after %v", again[i], seen[i])
					}
				}
				if again[2] != hosts[0].Identity() || again[3] != hosts[1].Identity() {
					t.Errorf("resolved %v and %v", again[2], again[3])
				}
			})
		})
	}
}

// meet connects two hosts, ends the link, and gives the addresses on the air
// and then the identities of central and peripheral, as the other side has them.
func meet(t *testing.T, hosts [2]*hci.Host, to bt.TypedAddress) [4]bt.TypedAddress {
	t.Helper()
	if err := hosts[1].Advertise(t.Context(), hci.AdvertisingParameters{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	central, err := hosts[0].Connect(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	peripheral, err := hosts[1].Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if central.LocalAddress() != peripheral.PeerAddress() || central.PeerAddress() != peripheral.LocalAddress() {
		t.Errorf("central %v to %v, but peripheral %v to %v", central.LocalAddress(), central.PeerAddress(), peripheral.LocalAddress(), peripheral.PeerAddress())
	}
	met := [4]bt.TypedAddress{central.LocalAddress(), central.PeerAddress(), peripheral.PeerIdentity(), central.PeerIdentity()}
	if err := central.Disconnect(bt.RemoteUserTerminated); err != nil {
		t.Fatal(err)
	}
	<-central.Done()
	<-peripheral.Done()
	return met
}

// TestFindAgain has a peer change its address between being found and the
// attempt to connect.
func TestFindAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		c.withoutPrivacy()
		h := c.host(hci.Options{Resolver: &keys{peers: map[bt.TypedAddress]bt.Key{peerAddress: {}}}})
		var scans atomic.Int32
		c.on(hci.OpcodeLESetScanEnable, func(p []byte) [][]byte {
			answers := [][]byte{c.complete(hci.OpcodeLESetScanEnable, []byte{0})}
			if p[0] == 1 {
				scans.Add(1)
				answers = append(answers, hci.AppendLEEvent(nil, &hci.LEAdvertisingReport{Reports: []hci.AdvertisingReport{
					report(hci.ReportAdvNonconnInd, hci.PeerRandom, peerPrivate.Address),
					report(hci.ReportAdvInd, hci.PeerRandom, peerPrivate.Address),
				}}))
			}
			return answers
		})
		c.on(hci.OpcodeLECreateConnectionCancel, func([]byte) [][]byte {
			return [][]byte{
				c.complete(hci.OpcodeLECreateConnectionCancel, []byte{0}),
				hci.AppendLEEvent(nil, &hci.LEConnectionComplete{Status: bt.UnknownConnection}),
			}
		})
		result := make(chan error, 1)
		go func() {
			_, err := h.Connect(t.Context(), peerAddress)
			result <- err
		}()
		time.Sleep(6 * time.Second)
		if n := scans.Load(); n != 2 {
			t.Errorf("%d scans, want one behind the first attempt", n)
		}
		c.event(connected(0x40, bt.Central))
		if err := <-result; err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c.on(hci.OpcodeLESetScanEnable, func([]byte) [][]byte { return [][]byte{c.complete(hci.OpcodeLESetScanEnable, []byte{0})} })
		if _, err := h.Connect(ctx, peerAddress); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nobody there: %v", err)
		}
	})
}

func TestAcceptList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t)
		h := c.host(hci.Options{})
		other := bt.TypedAddress{Address: bt.Address{1, 2, 3, 4, 5, 6}}
		filled := []string{
			"LEClearFilterAcceptList",
			"LEAddDeviceToFilterAcceptList 01 21 32 43 54 65 c6",
			"LEAddDeviceToFilterAcceptList 00 06 05 04 03 02 01",
		}
		result := make(chan error, 1)
		go func() {
			_, err := h.ConnectAny(t.Context(), peerAddress, other)
			result <- err
		}()
		want := append(filled[:3:3], "LECreateConnection 60 00 60 00 01 00 00 00 00 00 00 00 00 18 00 28 00 00 00 90 01 00 00 00 00")
		if diff := cmp.Diff(want, c.taken()); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
		c.event(connected(0x40, bt.Central))
		if err := <-result; err != nil {
			t.Error(err)
		}
		if err := h.Advertise(t.Context(), hci.AdvertisingParameters{AcceptOnly: []bt.TypedAddress{peerAddress, other}}); err != nil {
			t.Error(err)
		}
		want = append(filled[:3:3], "LESetAdvertisingParameters a0 00 a0 00 00 00 00 00 00 00 00 00 00 07 02")
		if diff := cmp.Diff(want, c.taken()[:4]); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
		if _, err := h.ConnectAny(t.Context()); err == nil {
			t.Error("connected to one of none")
		}
		c.refuse(hci.OpcodeLEAddDeviceToFilterAcceptList, bt.MemoryCapacityExceeded)
		if _, err := h.ConnectAny(t.Context(), other); !errors.Is(err, bt.MemoryCapacityExceeded) {
			t.Errorf("list is full: %v", err)
		}
		c.refuse(hci.OpcodeLEClearFilterAcceptList, bt.CommandDisallowed)
		if err := h.Advertise(t.Context(), hci.AdvertisingParameters{AcceptOnly: []bt.TypedAddress{other}}); !errors.Is(err, bt.CommandDisallowed) {
			t.Errorf("list in use: %v", err)
		}
	})
}
