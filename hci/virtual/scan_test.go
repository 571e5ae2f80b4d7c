package virtual_test

import (
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
)

// payload gives the parameters of LE Set Advertising Data.
func payload(octets ...byte) *hci.LESetAdvertisingData {
	c := &hci.LESetAdvertisingData{AdvertisingDataLength: uint8(len(octets))}
	copy(c.AdvertisingData[:], octets)
	return c
}

func response(octets ...byte) *hci.LESetScanResponseData {
	c := &hci.LESetScanResponseData{ScanResponseDataLength: uint8(len(octets))}
	copy(c.ScanResponseData[:], octets)
	return c
}

func (h *host) scan(params *hci.LESetScanParameters, filter uint8) {
	h.t.Helper()
	h.ok(params, &hci.LESetScanParametersReturn{})
	h.ok(&hci.LESetScanEnable{LEScanEnable: 1, FilterDuplicates: filter}, &hci.LESetScanEnableReturn{})
}

func (h *host) stopScan() {
	h.t.Helper()
	h.ok(&hci.LESetScanEnable{}, &hci.LESetScanEnableReturn{})
}

func (h *host) stopAdvertising() {
	h.t.Helper()
	h.ok(&hci.LESetAdvertisingEnable{}, &hci.LESetAdvertisingEnableReturn{})
}

func scanning(kind uint8) *hci.LESetScanParameters {
	return &hci.LESetScanParameters{LEScanType: kind, LEScanInterval: 0x10, LEScanWindow: 0x10}
}

func report(event hci.AdvertisingEventType, octets ...byte) *hci.LEAdvertisingReport {
	return &hci.LEAdvertisingReport{Reports: []hci.AdvertisingReport{{
		EventType: event, Address: publicB, Data: append([]byte{}, octets...), RSSI: -40,
	}}}
}

// TestScan reports each kind of advertising once, when it starts or when the
// scanner does.
func TestScan(t *testing.T) {
	tests := []struct {
		name   string
		kind   hci.AdvertisingType
		active uint8
		want   []any
	}{
		{"undirected, passive", hci.AdvInd, 0, []any{report(hci.ReportAdvInd, 2, 1, 6)}},
		{"undirected, active", hci.AdvInd, 1, []any{report(hci.ReportAdvInd, 2, 1, 6), report(hci.ReportScanRsp, 2, 9, 'x')}},
		{"scannable, active", hci.AdvScanInd, 1, []any{report(hci.ReportAdvScanInd, 2, 1, 6), report(hci.ReportScanRsp, 2, 9, 'x')}},
		{"scannable, passive", hci.AdvScanInd, 0, []any{report(hci.ReportAdvScanInd, 2, 1, 6)}},
		{"non-connectable, active", hci.AdvNonconnInd, 1, []any{report(hci.ReportAdvNonconnInd, 2, 1, 6)}},
		{"directed at the scanner", hci.AdvDirectIndLow, 1, []any{report(hci.ReportAdvDirectInd)}},
		{"directed, high duty", hci.AdvDirectIndHigh, 0, []any{report(hci.ReportAdvDirectInd)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, scannerFirst := range []bool{false, true} {
					p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
					p.b.ok(payload(2, 1, 6), &hci.LESetAdvertisingDataReturn{})
					p.b.ok(response(2, 9, 'x'), &hci.LESetScanResponseDataReturn{})
					params := advertising()
					params.AdvertisingType, params.PeerAddress = tt.kind, publicA
					if scannerFirst {
						p.a.scan(scanning(tt.active), 0)
						p.a.wants()
						p.b.advertise(params)
					} else {
						p.b.advertise(params)
						p.a.scan(scanning(tt.active), 0)
					}
					p.a.wants(tt.want...)
					p.a.stopScan()
					time.Sleep(time.Second)
					synctest.Wait()
					p.a.wants()
					p.b.take()
				}
			})
		})
	}
}

// TestScanRepeats counts the reports of a while.
func TestScanRepeats(t *testing.T) {
	tests := []struct {
		name               string
		cap, interval, run time.Duration
		filter             uint8
		want               int
	}{
		{name: "the host's interval", interval: 20 * time.Millisecond, run: 101 * time.Millisecond, want: 6},
		{name: "the default cap", interval: time.Second, run: 901 * time.Millisecond, want: 10},
		{name: "another cap", interval: time.Second, cap: 10 * time.Millisecond, run: 51 * time.Millisecond, want: 6},
		{name: "no duplicates", interval: 20 * time.Millisecond, filter: 1, run: 999 * time.Millisecond, want: 1},
		{name: "no duplicates for a second", interval: 20 * time.Millisecond, filter: 1, run: 2001 * time.Millisecond, want: 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, virtual.Options{AdvertisingInterval: tt.cap}, virtual.Config{}, virtual.Config{})
				params := advertising()
				params.AdvertisingIntervalMin = uint16(tt.interval / (625 * time.Microsecond))
				params.AdvertisingIntervalMax = params.AdvertisingIntervalMin
				p.b.advertise(params)
				p.a.scan(scanning(0), tt.filter)
				time.Sleep(tt.run)
				synctest.Wait()
				if got := len(p.a.take()); got != tt.want {
					t.Errorf("%d reports, want %d", got, tt.want)
				}
				p.b.stopAdvertising()
				time.Sleep(time.Minute)
				synctest.Wait()
				p.a.wants()
			})
		})
	}
}

// TestAdvertisingDataChanges while advertising is on.
func TestAdvertisingDataChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{RSSI: -77})
		p.b.advertise(advertising())
		p.a.scan(scanning(0), 0)
		p.b.ok(payload(1, 2), &hci.LESetAdvertisingDataReturn{})
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		first, second := report(hci.ReportAdvInd), report(hci.ReportAdvInd, 1, 2)
		first.Reports[0].RSSI, second.Reports[0].RSSI = -77, -77
		p.a.wants(first, second)
	})
}

func TestScanFilters(t *testing.T) {
	accept := func(h *host, a bt.Address) {
		h.ok(&hci.LEAddDeviceToFilterAcceptList{Address: a}, &hci.LEAddDeviceToFilterAcceptListReturn{})
	}
	t.Run("scanner", func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		p.b.advertise(advertising())
		params := scanning(0)
		params.ScanningFilterPolicy = 1
		p.a.scan(params, 0)
		p.a.wants()
		p.a.status(bt.CommandDisallowed, &hci.LEAddDeviceToFilterAcceptList{Address: publicB},
			&hci.LEAddDeviceToFilterAcceptListReturn{})
		p.a.stopScan()
		accept(p.a, publicB)
		p.a.scan(params, 0)
		p.a.wants(report(hci.ReportAdvInd))
	})
	t.Run("advertiser", func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		params := advertising()
		params.AdvertisingFilterPolicy = 1
		p.b.advertise(params)
		p.a.scan(scanning(1), 0)
		p.a.wants(report(hci.ReportAdvInd))
		p.a.stopScan()
		p.b.stopAdvertising()
		accept(p.b, publicA)
		p.b.advertise(params)
		p.a.scan(scanning(1), 0)
		p.a.wants(report(hci.ReportAdvInd), report(hci.ReportScanRsp))
	})
	t.Run("directed at another", func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		params := advertising()
		params.AdvertisingType, params.PeerAddress = hci.AdvDirectIndLow, bt.Address{9}
		p.b.advertise(params)
		p.a.scan(scanning(0), 0)
		p.a.wants()
	})
	t.Run("directed at a private address", func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		params := advertising()
		params.AdvertisingType = hci.AdvDirectIndLow
		params.PeerAddressType, params.PeerAddress = bt.RandomAddress, bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xaa}
		p.b.advertise(params)
		p.a.scan(scanning(0), 1)
		p.a.wants()
		p.a.stopScan()
		extended := scanning(0)
		extended.ScanningFilterPolicy = 2
		p.a.scan(extended, 1)
		p.a.wants(&hci.LEDirectedAdvertisingReport{Reports: []hci.DirectedAdvertisingReport{{
			EventType: hci.ReportAdvDirectInd, Address: publicB,
			DirectAddressType: bt.RandomAddress, DirectAddress: params.PeerAddress, RSSI: -40,
		}}})
		p.b.stopAdvertising()
		p.b.advertise(params)
		p.a.wants() // a duplicate
	})
}

func TestFilterAcceptList(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{FilterAcceptListSize: 2}, virtual.Config{})
	var size hci.LEReadFilterAcceptListSizeReturn
	p.a.ok(&hci.LEReadFilterAcceptListSize{}, &size)
	if size.FilterAcceptListSize != 2 {
		t.Errorf("size %d, want 2", size.FilterAcceptListSize)
	}
	add := func(want bt.Status, last byte) {
		t.Helper()
		p.a.status(want, &hci.LEAddDeviceToFilterAcceptList{Address: bt.Address{5: last}},
			&hci.LEAddDeviceToFilterAcceptListReturn{})
	}
	remove := func(last byte) {
		t.Helper()
		p.a.ok(&hci.LERemoveDeviceFromFilterAcceptList{Address: bt.Address{5: last}},
			&hci.LERemoveDeviceFromFilterAcceptListReturn{})
	}
	add(bt.Success, 1)
	add(bt.Success, 2)
	add(bt.Success, 2) // is there already
	add(bt.MemoryCapacityExceeded, 3)
	remove(1)
	remove(9) // is not there
	add(bt.Success, 3)
	add(bt.MemoryCapacityExceeded, 1)
	p.a.ok(&hci.LEClearFilterAcceptList{}, &hci.LEClearFilterAcceptListReturn{})
	add(bt.Success, 1)

	params := advertising()
	params.AdvertisingFilterPolicy = 2
	p.a.advertise(params)
	add(bt.CommandDisallowed, 4)
	p.a.status(bt.CommandDisallowed, &hci.LEClearFilterAcceptList{}, &hci.LEClearFilterAcceptListReturn{})
	p.a.status(bt.CommandDisallowed, &hci.LERemoveDeviceFromFilterAcceptList{},
		&hci.LERemoveDeviceFromFilterAcceptListReturn{})
}

func TestScanMisuse(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	params := scanning(0)
	params.LEScanWindow++
	p.a.status(bt.InvalidParameters, params, &hci.LESetScanParametersReturn{})
	params = scanning(0)
	params.OwnAddressType = hci.OwnRandom
	p.a.ok(params, &hci.LESetScanParametersReturn{})
	enable := &hci.LESetScanEnable{LEScanEnable: 1}
	p.a.status(bt.InvalidParameters, enable, &hci.LESetScanEnableReturn{}) // no random address
	setAddress := &hci.LESetRandomAddress{RandomAddress: randomA}
	p.a.ok(setAddress, &hci.LESetRandomAddressReturn{})
	p.a.ok(enable, &hci.LESetScanEnableReturn{})
	p.a.ok(enable, &hci.LESetScanEnableReturn{})
	p.a.status(bt.CommandDisallowed, params, &hci.LESetScanParametersReturn{})
	p.a.status(bt.CommandDisallowed, setAddress, &hci.LESetRandomAddressReturn{})
	p.a.stopScan()
	p.a.stopScan()
	p.a.ok(params, &hci.LESetScanParametersReturn{})
}

func TestAdvertiseMisuse(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	bad := map[string]func(*hci.LESetAdvertisingParameters){
		"type":       func(c *hci.LESetAdvertisingParameters) { c.AdvertisingType = 5 },
		"own":        func(c *hci.LESetAdvertisingParameters) { c.OwnAddressType = 4 },
		"peer":       func(c *hci.LESetAdvertisingParameters) { c.PeerAddressType = 2 },
		"interval":   func(c *hci.LESetAdvertisingParameters) { c.AdvertisingIntervalMin = 0x21 },
		"channels":   func(c *hci.LESetAdvertisingParameters) { c.AdvertisingChannelMap = 0 },
		"too short":  func(c *hci.LESetAdvertisingParameters) { c.AdvertisingIntervalMin = 0x1f },
		"the filter": func(c *hci.LESetAdvertisingParameters) { c.AdvertisingFilterPolicy = 4 },
	}
	for name, change := range bad {
		params := advertising()
		change(params)
		if got := p.a.run(params, &hci.LESetAdvertisingParametersReturn{}); got != bt.InvalidParameters {
			t.Errorf("%s: %v", name, got)
		}
	}
	enable := &hci.LESetAdvertisingEnable{AdvertisingEnable: 1}
	random := advertising()
	random.OwnAddressType = hci.OwnRandom
	p.a.ok(random, &hci.LESetAdvertisingParametersReturn{})
	p.a.status(bt.InvalidParameters, enable, &hci.LESetAdvertisingEnableReturn{}) // no random address
	setAddress := &hci.LESetRandomAddress{RandomAddress: randomA}
	p.a.ok(setAddress, &hci.LESetRandomAddressReturn{})
	p.a.ok(enable, &hci.LESetAdvertisingEnableReturn{})
	p.a.ok(enable, &hci.LESetAdvertisingEnableReturn{})
	p.a.status(bt.CommandDisallowed, random, &hci.LESetAdvertisingParametersReturn{})
	p.a.status(bt.CommandDisallowed, setAddress, &hci.LESetRandomAddressReturn{})
	p.a.stopAdvertising()
	p.a.stopAdvertising()
	p.a.ok(setAddress, &hci.LESetRandomAddressReturn{})
}

// TestHighDutyTimeout has nobody come (Core Vol 6, Part B, 4.4.2.4.3).
func TestHighDutyTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
		params := advertising()
		params.AdvertisingType, params.PeerAddress = hci.AdvDirectIndHigh, publicA
		p.b.advertise(params)
		time.Sleep(1280*time.Millisecond - 1)
		synctest.Wait()
		p.b.wants()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		p.b.wants(&hci.LEConnectionComplete{Status: bt.AdvertisingTimeout, Role: bt.Peripheral})
		p.b.ok(params, &hci.LESetAdvertisingParametersReturn{}) // it is off

		// A connection in time ends it without the event.
		p.b.advertise(params)
		p.a.ok(connection(publicB), nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := len(p.b.take()); got != 1 {
			t.Errorf("%d events, want 1", got)
		}
	})
}
