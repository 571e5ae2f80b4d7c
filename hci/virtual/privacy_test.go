package virtual_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

// know puts a peer on the resolving list.
func (h *host) know(peer bt.Address, peerIRK, localIRK bt.Key) {
	h.t.Helper()
	h.ok(&hci.LEAddDeviceToResolvingList{PeerIdentityAddress: peer, PeerIRK: peerIRK, LocalIRK: localIRK},
		&hci.LEAddDeviceToResolvingListReturn{})
}

func (h *host) resolve(on uint8) {
	h.t.Helper()
	h.ok(&hci.LESetAddressResolutionEnable{AddressResolutionEnable: on}, &hci.LESetAddressResolutionEnableReturn{})
}

// private gives parameters for advertising under a private address towards a
// peer.
func private(peer bt.Address) *hci.LESetAdvertisingParameters {
	params := advertising()
	params.OwnAddressType, params.PeerAddress = hci.OwnResolvableOrPublic, peer
	return params
}

func firstReport(t *testing.T, h *host) hci.AdvertisingReport {
	t.Helper()
	for _, e := range h.take() {
		if r, ok := e.(*hci.LEAdvertisingReport); ok {
			return r.Reports[0]
		}
	}
	t.Fatalf("%s: no report", h.name)
	return hci.AdvertisingReport{}
}

// TestPrivateAdvertising advertises under a private address, to scanners that
// know the IRK and to those that do not.
func TestPrivateAdvertising(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	p.b.know(publicA, irkA, irkB)
	p.b.advertise(private(publicA))

	p.a.scan(scanning(0), 0)
	got := firstReport(t, p.a)
	on := bt.TypedAddress{Type: bt.AddressType(got.AddressType), Address: got.Address}
	if !on.IsResolvable() {
		t.Fatalf("unresolved: %+v", got)
	}
	var local hci.LEReadLocalResolvableAddressReturn
	p.b.ok(&hci.LEReadLocalResolvableAddress{PeerIdentityAddress: publicA}, &local)
	if local.LocalResolvableAddress != on.Address {
		t.Errorf("the advertiser says %v, on the air is %v", local.LocalResolvableAddress, on)
	}

	p.a.stopScan()
	p.a.know(publicB, irkB, irkA)
	p.a.scan(scanning(0), 0)
	if got := firstReport(t, p.a); got.Address != on.Address {
		t.Errorf("resolved while resolution is off: %+v", got)
	}
	p.a.stopScan()
	p.a.resolve(1)
	p.a.scan(scanning(0), 0)
	if got := firstReport(t, p.a); got.AddressType != hci.PeerPublicIdentity || got.Address != publicB {
		t.Errorf("resolved: %+v", got)
	}
	var remote hci.LEReadPeerResolvableAddressReturn
	p.a.ok(&hci.LEReadPeerResolvableAddress{PeerIdentityAddress: publicB}, &remote)
	if remote.PeerResolvableAddress != on.Address {
		t.Errorf("the scanner heard %v, on the air is %v", remote.PeerResolvableAddress, on)
	}

	// A wrong IRK resolves nothing.
	p.a.stopScan()
	p.a.resolve(0)
	p.a.ok(&hci.LEClearResolvingList{}, &hci.LEClearResolvingListReturn{})
	p.a.know(publicB, irkA, irkA)
	p.a.resolve(1)
	p.a.scan(scanning(0), 0)
	if got := firstReport(t, p.a); got.Address != on.Address {
		t.Errorf("resolved with a wrong IRK: %+v", got)
	}
}

// TestPrivateConnection connects two devices that both use private addresses,
// by identity, with every form of advertising and filtering.
func TestPrivateConnection(t *testing.T) {
	for _, kind := range []hci.AdvertisingType{hci.AdvInd, hci.AdvDirectIndLow} {
		for _, filtered := range []bool{false, true} {
			for _, enhanced := range []bool{false, true} {
				p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
				p.a.know(publicB, irkB, irkA)
				p.b.know(publicA, irkA, irkB)
				for _, h := range []*host{p.a, p.b} {
					h.resolve(1)
					if enhanced {
						h.ok(&hci.LESetEventMask{LEEventMask: ^hci.LEEventMask(0)}, &hci.LESetEventMaskReturn{})
					}
				}
				params, create := private(publicA), connection(publicB)
				params.AdvertisingType, create.OwnAddressType = kind, hci.OwnResolvableOrPublic
				if filtered {
					params.AdvertisingFilterPolicy, create.InitiatorFilterPolicy = 3, 1
					p.a.ok(&hci.LEAddDeviceToFilterAcceptList{Address: publicB}, &hci.LEAddDeviceToFilterAcceptListReturn{})
					p.b.ok(&hci.LEAddDeviceToFilterAcceptList{Address: publicA}, &hci.LEAddDeviceToFilterAcceptListReturn{})
				}
				p.b.advertise(params)
				p.a.ok(create, nil)
				if n := len(p.air.Links()); n != 1 {
					t.Fatalf("%v, filtered %t: %d links", kind, filtered, n)
				}
				for _, side := range []struct {
					*host
					role bt.Role
					peer bt.Address
				}{{p.a, bt.Central, publicB}, {p.b, bt.Peripheral, publicA}} {
					handle := p.air.Links()[0].Handle(side.role)
					if !enhanced {
						side.wants(&hci.LEConnectionComplete{
							ConnectionHandle: handle, Role: side.role, PeerAddress: side.peer,
							ConnectionInterval: 40, SupervisionTimeout: 420,
						})
						continue
					}
					e, ok := side.take()[0].(*hci.LEEnhancedConnectionComplete)
					if !ok {
						t.Fatalf("%s: %+v", side.name, e)
					}
					for _, a := range []bt.Address{e.LocalResolvablePrivateAddress, e.PeerResolvablePrivateAddress} {
						if on := (bt.TypedAddress{Type: bt.RandomAddress, Address: a}); !on.IsResolvable() {
							t.Errorf("%s: %v is no private address", side.name, a)
						}
					}
					if e.PeerAddressType != hci.PeerPublicIdentity || e.PeerAddress != side.peer || e.ConnectionHandle != handle {
						t.Errorf("%s: %+v", side.name, e)
					}
				}
			}
		}
	}
}

// TestConnectToPrivateAddress connects to the private address as it is on the
// air, as a host does that resolves by itself.
func TestConnectToPrivateAddress(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	on := bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xaa}
	p.b.ok(&hci.LESetRandomAddress{RandomAddress: on}, &hci.LESetRandomAddressReturn{})
	params := advertising()
	params.OwnAddressType = hci.OwnRandom
	p.b.advertise(params)
	create := connection(on)
	create.PeerAddressType = hci.PeerRandom
	p.a.ok(&hci.LESetEventMask{LEEventMask: ^hci.LEEventMask(0)}, &hci.LESetEventMaskReturn{})
	p.a.ok(create, nil)
	p.a.wants(&hci.LEEnhancedConnectionComplete{
		ConnectionHandle: p.air.Links()[0].Handle(bt.Central), PeerAddressType: hci.PeerRandom, PeerAddress: on,
		ConnectionInterval: 40, SupervisionTimeout: 420,
	})
}

// TestPrivacyMode does not hear the identity address of a peer that has an IRK,
// unless the host allows it (Core Vol 6, Part B, 4.7).
func TestPrivacyMode(t *testing.T) {
	for _, device := range []bool{false, true} {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		p.a.know(publicB, irkB, irkA)
		if device {
			p.a.ok(&hci.LESetPrivacyMode{PeerIdentityAddress: publicB, PrivacyMode: 1}, &hci.LESetPrivacyModeReturn{})
		}
		p.a.resolve(1)
		p.b.advertise(advertising())
		p.a.scan(scanning(0), 0)
		var want []any
		if device {
			want = []any{report(hci.ReportAdvInd)}
		}
		p.a.wants(want...)
		p.a.stopScan()
		p.a.ok(connection(publicB), nil)
		if got := len(p.air.Links()) == 1; got != device {
			t.Errorf("device privacy %t: connected %t", device, got)
		}
	}
}

// TestPrivacyModeAdvertiser does not let a peer with an IRK connect, or ask for
// a scan response, from its identity address.
func TestPrivacyModeAdvertiser(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	p.b.know(publicA, irkA, irkB)
	p.b.resolve(1)
	p.b.advertise(advertising())
	p.a.scan(scanning(1), 0)
	p.a.wants(report(hci.ReportAdvInd))
	p.a.stopScan()
	p.a.ok(connection(publicB), nil)
	if n := len(p.air.Links()); n != 0 {
		t.Errorf("%d links", n)
	}
}

// TestRPATimeout changes the address while advertising goes on.
func TestRPATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		p.b.know(publicA, irkA, irkB)
		p.b.ok(&hci.LESetResolvablePrivateAddressTimeout{RPATimeout: 10}, &hci.LESetResolvablePrivateAddressTimeoutReturn{})
		p.b.advertise(private(publicA))
		seen := make(map[bt.Address]bool)
		for range 3 {
			p.a.scan(scanning(0), 0)
			seen[firstReport(t, p.a).Address] = true
			p.a.stopScan()
			time.Sleep(4 * time.Second)
			synctest.Wait()
		}
		if len(seen) != 1 {
			t.Errorf("%d addresses in 8 seconds, want 1", len(seen))
		}
		p.a.scan(scanning(0), 0)
		seen[firstReport(t, p.a).Address] = true
		if len(seen) != 2 {
			t.Errorf("%d addresses in 12 seconds, want 2", len(seen))
		}
	})
}

func TestResolvingList(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{ResolvingListSize: 2}, virtual.Config{})
	var size hci.LEReadResolvingListSizeReturn
	p.a.ok(&hci.LEReadResolvingListSize{}, &size)
	if size.ResolvingListSize != 2 {
		t.Errorf("size %d, want 2", size.ResolvingListSize)
	}
	add := func(want bt.Status, peer bt.TypedAddress) {
		t.Helper()
		p.a.status(want, &hci.LEAddDeviceToResolvingList{
			PeerIdentityAddressType: peer.Type, PeerIdentityAddress: peer.Address, PeerIRK: irkB,
		}, &hci.LEAddDeviceToResolvingListReturn{})
	}
	remove := func(want bt.Status, a bt.Address) {
		t.Helper()
		p.a.status(want, &hci.LERemoveDeviceFromResolvingList{PeerIdentityAddress: a},
			&hci.LERemoveDeviceFromResolvingListReturn{})
	}
	add(bt.Success, bt.TypedAddress{Address: publicB})
	add(bt.InvalidParameters, bt.TypedAddress{Address: publicB})                         // twice
	add(bt.InvalidParameters, bt.TypedAddress{Type: bt.RandomAddress, Address: publicB}) // no identity
	add(bt.Success, bt.TypedAddress{Type: bt.RandomAddress, Address: randomB})
	add(bt.MemoryCapacityExceeded, bt.TypedAddress{Address: publicA})
	remove(bt.UnknownConnection, publicA)
	remove(bt.Success, publicB)
	add(bt.Success, bt.TypedAddress{Address: publicA})
	p.a.status(bt.UnknownConnection, &hci.LEReadPeerResolvableAddress{PeerIdentityAddress: publicB},
		&hci.LEReadPeerResolvableAddressReturn{})
	p.a.status(bt.UnknownConnection, &hci.LEReadLocalResolvableAddress{PeerIdentityAddress: publicB},
		&hci.LEReadLocalResolvableAddressReturn{})
	p.a.status(bt.UnknownConnection, &hci.LESetPrivacyMode{PeerIdentityAddress: publicB}, &hci.LESetPrivacyModeReturn{})

	// The list may change while it is not used, and not while it is.
	p.a.advertise(advertising())
	remove(bt.Success, publicA)
	p.a.status(bt.CommandDisallowed, &hci.LESetAddressResolutionEnable{AddressResolutionEnable: 1},
		&hci.LESetAddressResolutionEnableReturn{})
	p.a.stopAdvertising()
	p.a.resolve(1)
	p.a.advertise(advertising())
	add(bt.CommandDisallowed, bt.TypedAddress{Address: publicA})
	remove(bt.CommandDisallowed, randomB)
	p.a.status(bt.CommandDisallowed, &hci.LEClearResolvingList{}, &hci.LEClearResolvingListReturn{})
	p.a.status(bt.CommandDisallowed, &hci.LESetPrivacyMode{PeerIdentityAddress: randomB}, &hci.LESetPrivacyModeReturn{})
}

// TestSeed has two airs with one seed do the same, and one with another not.
func TestSeed(t *testing.T) {
	run := func(seed byte) []any {
		p := newPair(t, virtual.Options{Rand: rand.NewChaCha8([32]byte{seed})}, virtual.Config{}, virtual.Config{})
		p.b.know(publicA, irkA, irkB)
		p.b.advertise(private(publicA))
		p.a.scan(scanning(0), 0)
		p.a.ok(&hci.LEReadLocalP256PublicKey{}, nil)
		return p.a.take()
	}
	first := run(1)
	if diff := cmp.Diff(first, run(1)); diff != "" {
		t.Errorf("same seed (-first +second):\n%s", diff)
	}
	if cmp.Equal(first, run(2)) {
		t.Error("another seed changes nothing")
	}
}
