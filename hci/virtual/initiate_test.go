package virtual_test

import (
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
)

// TestConnectOrder connects whoever comes first.
func TestConnectOrder(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	p.a.ok(connection(publicB), nil)
	p.a.wants()
	p.b.advertise(advertising())
	for _, h := range []*host{p.a, p.b} {
		if got := h.take(); len(got) != 1 {
			t.Errorf("%s: %+v", h.name, got)
		}
	}
	// Both are done with what they did.
	p.b.ok(advertising(), &hci.LESetAdvertisingParametersReturn{})
	p.a.status(bt.CommandDisallowed, &hci.LECreateConnectionCancel{}, &hci.LECreateConnectionCancelReturn{})
}

func TestConnectRandomAddresses(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	p.a.ok(&hci.LESetRandomAddress{RandomAddress: randomA}, &hci.LESetRandomAddressReturn{})
	p.b.ok(&hci.LESetRandomAddress{RandomAddress: randomB}, &hci.LESetRandomAddressReturn{})
	params := advertising()
	params.OwnAddressType = hci.OwnRandom
	p.b.advertise(params)

	p.a.ok(connection(randomB), nil) // the type counts too
	p.a.wants()
	p.a.ok(&hci.LECreateConnectionCancel{}, &hci.LECreateConnectionCancelReturn{})
	p.a.take()

	create := connection(randomB)
	create.PeerAddressType, create.OwnAddressType = hci.PeerRandom, hci.OwnRandom
	p.a.ok(create, nil)
	link := p.air.Links()[0]
	p.a.wants(&hci.LEConnectionComplete{
		ConnectionHandle: link.Handle(bt.Central), PeerAddressType: hci.PeerRandom, PeerAddress: randomB,
		ConnectionInterval: 40, SupervisionTimeout: 420,
	})
	p.b.wants(&hci.LEConnectionComplete{
		ConnectionHandle: link.Handle(bt.Peripheral), Role: bt.Peripheral, PeerAddressType: hci.PeerRandom,
		PeerAddress: randomA, ConnectionInterval: 40, SupervisionTimeout: 420,
	})
}

func TestCreateConnectionCancel(t *testing.T) {
	for _, enhanced := range []bool{false, true} {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		p.a.status(bt.CommandDisallowed, &hci.LECreateConnectionCancel{}, &hci.LECreateConnectionCancelReturn{})
		var want any = &hci.LEConnectionComplete{Status: bt.UnknownConnection}
		if enhanced {
			p.a.ok(&hci.LESetEventMask{LEEventMask: ^hci.LEEventMask(0)}, &hci.LESetEventMaskReturn{})
			want = &hci.LEEnhancedConnectionComplete{Status: bt.UnknownConnection}
		}
		p.a.ok(connection(publicB), nil)
		p.a.status(bt.CommandDisallowed, connection(publicB), nil)
		p.a.wants()
		p.a.ok(&hci.LECreateConnectionCancel{}, &hci.LECreateConnectionCancelReturn{})
		p.a.wants(want)
		p.b.advertise(advertising())
		p.a.wants() // too late
	}
}

func TestCreateConnectionMisuse(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	for name, change := range map[string]func(*hci.LECreateConnection){
		"window":      func(c *hci.LECreateConnection) { c.LEScanWindow = 0x11 },
		"interval":    func(c *hci.LECreateConnection) { c.ConnectionIntervalMin = 41 },
		"supervision": func(c *hci.LECreateConnection) { c.SupervisionTimeout = 10 },
		"event":       func(c *hci.LECreateConnection) { c.MinCELength = 1 },
		"peer type":   func(c *hci.LECreateConnection) { c.PeerAddressType = 4 },
		"own type":    func(c *hci.LECreateConnection) { c.OwnAddressType = 4 },
		"no address":  func(c *hci.LECreateConnection) { c.OwnAddressType = hci.OwnRandom },
		"latency":     func(c *hci.LECreateConnection) { c.MaxLatency = 500 },
	} {
		create := connection(publicB)
		change(create)
		if got := p.a.run(create, nil); got != bt.InvalidParameters {
			t.Errorf("%s: %v", name, got)
		}
	}
	p.a.ok(connection(publicB), nil)
	p.a.status(bt.CommandDisallowed, &hci.LESetRandomAddress{RandomAddress: randomA}, &hci.LESetRandomAddressReturn{})
}

// TestConnectFilters tries the filters of both sides.
func TestConnectFilters(t *testing.T) {
	t.Run("initiator", func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		p.b.advertise(advertising())
		create := connection(bt.Address{9}) // not looked at
		create.InitiatorFilterPolicy = 1
		p.a.ok(create, nil)
		p.a.wants()
		p.a.status(bt.CommandDisallowed, &hci.LEClearFilterAcceptList{}, &hci.LEClearFilterAcceptListReturn{})
		p.a.ok(&hci.LECreateConnectionCancel{}, &hci.LECreateConnectionCancelReturn{})
		p.a.ok(&hci.LEAddDeviceToFilterAcceptList{Address: publicB}, &hci.LEAddDeviceToFilterAcceptListReturn{})
		p.a.take()
		p.a.ok(create, nil)
		if e, ok := p.a.take()[0].(*hci.LEConnectionComplete); !ok || e.PeerAddress != publicB {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("advertiser", func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		params := advertising()
		params.AdvertisingFilterPolicy = 2
		p.b.advertise(params)
		p.a.ok(connection(publicB), nil)
		p.a.wants()
		p.b.stopAdvertising()
		p.b.ok(&hci.LEAddDeviceToFilterAcceptList{Address: publicA}, &hci.LEAddDeviceToFilterAcceptListReturn{})
		p.b.advertise(params)
		if got := p.a.take(); len(got) != 1 {
			t.Errorf("got %+v", got)
		}
	})
	for _, kind := range []hci.AdvertisingType{hci.AdvScanInd, hci.AdvNonconnInd} {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		params := advertising()
		params.AdvertisingType = kind
		p.b.advertise(params)
		p.a.ok(connection(publicB), nil)
		p.a.wants()
	}
}

func TestDirectedAdvertising(t *testing.T) {
	for _, kind := range []hci.AdvertisingType{hci.AdvDirectIndHigh, hci.AdvDirectIndLow} {
		air := virtual.NewAir(virtual.Options{})
		wanted := newHost(t, "wanted", air.NewController(virtual.Config{PublicAddress: publicA}))
		other := newHost(t, "other", air.NewController(virtual.Config{PublicAddress: bt.Address{9}}))
		b := newHost(t, "peripheral", air.NewController(virtual.Config{PublicAddress: publicB}))
		other.ok(connection(publicB), nil)
		params := advertising()
		params.AdvertisingType, params.PeerAddress = kind, publicA
		b.advertise(params)
		other.wants()
		b.wants()
		wanted.ok(connection(publicB), nil)
		if got := wanted.take(); len(got) != 1 {
			t.Errorf("%v: wanted got %+v", kind, got)
		}
		if e, ok := b.take()[0].(*hci.LEConnectionComplete); !ok || e.PeerAddress != publicA {
			t.Errorf("%v: peripheral got %+v", kind, e)
		}
		other.wants()
	}
}
