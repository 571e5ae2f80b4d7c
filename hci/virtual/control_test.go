package virtual_test

import (
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
)

func TestRemoteVersion(t *testing.T) {
	p := newConnection(t)
	for range 2 { // the second time from memory
		p.a.ok(&hci.ReadRemoteVersionInformation{ConnectionHandle: p.central}, nil)
		p.a.wants(&hci.ReadRemoteVersionInformationComplete{
			ConnectionHandle: p.central, Version: 0x0c, CompanyIdentifier: 0xffff, Subversion: 1,
		})
		p.b.wants()
	}
	p.b.ok(&hci.ReadRemoteVersionInformation{ConnectionHandle: p.peripheral}, nil)
	p.b.wants(&hci.ReadRemoteVersionInformationComplete{
		ConnectionHandle: p.peripheral, Version: 0x0c, CompanyIdentifier: 0xffff, Subversion: 1,
	})
	p.b.status(bt.UnknownConnection, &hci.ReadRemoteVersionInformation{ConnectionHandle: 0x0eff}, nil)
}

func TestRemoteFeatures(t *testing.T) {
	p := newConnection(t)
	p.encrypt(ltk)
	p.a.ok(&hci.LEReadRemoteFeatures{ConnectionHandle: p.central}, nil)
	p.a.wants(&hci.LEReadRemoteFeaturesComplete{ConnectionHandle: p.central, LEFeatures: 0xed})
	p.b.ok(&hci.LEReadRemoteFeatures{ConnectionHandle: p.peripheral}, nil)
	p.b.wants(&hci.LEReadRemoteFeaturesComplete{ConnectionHandle: p.peripheral, LEFeatures: 0xed})
	p.a.wants()
	p.b.status(bt.UnknownConnection, &hci.LEReadRemoteFeatures{ConnectionHandle: 0x0eff}, nil)
}

// TestControlWaits asks for version and features while encryption starts: they
// come when it is done.
func TestControlWaits(t *testing.T) {
	p := newConnection(t)
	p.enable(ltk)
	p.a.ok(&hci.ReadRemoteVersionInformation{ConnectionHandle: p.central}, nil)
	p.b.ok(&hci.LEReadRemoteFeatures{ConnectionHandle: p.peripheral}, nil)
	p.a.wants()
	p.b.wants()
	p.reply(ltk)
	p.a.wants(&hci.EncryptionChange{ConnectionHandle: p.central, EncryptionEnabled: 1},
		&hci.ReadRemoteVersionInformationComplete{
			ConnectionHandle: p.central, Version: 0x0c, CompanyIdentifier: 0xffff, Subversion: 1,
		})
	p.b.wants(&hci.EncryptionChange{ConnectionHandle: p.peripheral, EncryptionEnabled: 1},
		&hci.LEReadRemoteFeaturesComplete{ConnectionHandle: p.peripheral, LEFeatures: 0xed})
}

func TestConnectionUpdate(t *testing.T) {
	p := newConnection(t)
	update := func(handle uint16) *hci.LEConnectionUpdate {
		return &hci.LEConnectionUpdate{
			ConnectionHandle: handle, ConnectionIntervalMin: 6, ConnectionIntervalMax: 12, MaxLatency: 2, SupervisionTimeout: 100,
		}
	}
	p.a.ok(update(p.central), nil)
	p.a.wants(&hci.LEConnectionUpdateComplete{
		ConnectionHandle: p.central, ConnectionInterval: 12, PeripheralLatency: 2, SupervisionTimeout: 100,
	})
	p.b.wants(&hci.LEConnectionUpdateComplete{
		ConnectionHandle: p.peripheral, ConnectionInterval: 12, PeripheralLatency: 2, SupervisionTimeout: 100,
	})
	p.b.status(bt.UnsupportedRemoteFeature, update(p.peripheral), nil)
	p.a.status(bt.UnknownConnection, update(0x0eff), nil)
	short := update(p.central)
	short.SupervisionTimeout, short.MaxLatency = 10, 10
	p.a.status(bt.InvalidParameters, short, nil)
	swapped := update(p.central)
	swapped.ConnectionIntervalMin = 13
	p.a.status(bt.InvalidParameters, swapped, nil)
}

func TestDataLength(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{ACLLength: 100})
	p.connect()
	var ret hci.LESetDataLengthReturn
	p.a.ok(&hci.LESetDataLength{ConnectionHandle: p.central, TXOctets: 251, TXTime: 2120}, &ret)
	if ret.ConnectionHandle != p.central {
		t.Errorf("handle %d", ret.ConnectionHandle)
	}
	p.a.wants(&hci.LEDataLengthChange{
		ConnectionHandle: p.central, MaxTXOctets: 100, MaxTXTime: 912, MaxRXOctets: 27, MaxRXTime: 328,
	})
	p.b.wants(&hci.LEDataLengthChange{
		ConnectionHandle: p.peripheral, MaxTXOctets: 27, MaxTXTime: 328, MaxRXOctets: 100, MaxRXTime: 912,
	})
	p.a.ok(&hci.LESetDataLength{ConnectionHandle: p.central, TXOctets: 251, TXTime: 2120}, &ret)
	p.a.wants() // nothing new
	p.a.status(bt.UnknownConnection, &hci.LESetDataLength{ConnectionHandle: 0x0eff, TXOctets: 251, TXTime: 2120}, &ret)

	var maximum hci.LEReadMaximumDataLengthReturn
	p.b.ok(&hci.LEReadMaximumDataLength{}, &maximum)
	want := hci.LEReadMaximumDataLengthReturn{
		SupportedMaxTXOctets: 100, SupportedMaxTXTime: 912, SupportedMaxRXOctets: 100, SupportedMaxRXTime: 912,
	}
	if maximum != want {
		t.Errorf("maximum %+v, want %+v", maximum, want)
	}
}

// TestSuggestedDataLength has the controller start the procedure by itself.
func TestSuggestedDataLength(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	var read hci.LEReadSuggestedDefaultDataLengthReturn
	p.a.ok(&hci.LEReadSuggestedDefaultDataLength{}, &read)
	if read.SuggestedMaxTXOctets != 27 || read.SuggestedMaxTXTime != 328 {
		t.Errorf("at first %+v", read)
	}
	p.a.ok(&hci.LEWriteSuggestedDefaultDataLength{SuggestedMaxTXOctets: 251, SuggestedMaxTXTime: 2120},
		&hci.LEWriteSuggestedDefaultDataLengthReturn{})
	p.a.ok(&hci.LEReadSuggestedDefaultDataLength{}, &read)
	if read.SuggestedMaxTXOctets != 251 || read.SuggestedMaxTXTime != 2120 {
		t.Errorf("then %+v", read)
	}
	p.b.advertise(advertising())
	p.a.ok(connection(publicB), nil)
	got := p.a.take()
	change, ok := got[len(got)-1].(*hci.LEDataLengthChange)
	if !ok || change.MaxTXOctets != 251 || change.MaxRXOctets != 27 {
		t.Errorf("got %+v", got)
	}
}
