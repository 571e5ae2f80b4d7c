package main

import (
	"bufio"
	"encoding/json"
	"strings"
	"testing"

	"blesmp/bt"
	"blesmp/hci"

	"github.com/google/go-cmp/cmp"
)

// TestScan hears a stranger and a bonded device, under public and under private
// addresses.
func TestScan(t *testing.T) {
	for _, private := range []bool{false, true} {
		w := newWorld(t)
		var flags []string
		if private {
			flags = []string{"--privacy"}
		}
		peripheral := w.run(thePeripheral, "peripheral", append(flags, "--io", "none", "--name", "lamp")...)
		peripheral.expect("advertising")

		stranger := w.run(theCentral, "scan", "--timeout", "0s", "--bonds", "memory")
		line := stranger.expect(`"lamp"`)
		stranger.cancel()
		stranger.exit(exitInterrupted)
		if !strings.Contains(line, "discoverable, LE only") || strings.Contains(line, "bonded") {
			t.Errorf("a stranger: %q", line)
		}
		address := strings.Fields(line)[0]
		a, err := bt.ParseTypedAddress(address)
		if err != nil || a.IsResolvable() != private {
			t.Errorf("private %t, but the address is %s, %v", private, address, err)
		}

		central := w.run(theCentral, "pair", "--io", "none", address)
		central.exit(exitOK)
		peripheral.expect("disconnected")
		peripheral.expect("advertising")
		friend := w.run(theCentral, "scan", "--timeout", "0s")
		line = friend.expect(`"lamp"`)
		friend.cancel()
		friend.exit(exitInterrupted)
		if !strings.Contains(line, "bonded") || !strings.Contains(line, w.address(thePeripheral)) {
			t.Errorf("a bonded device: %q", line)
		}
	}
}

// TestScanJSON reads what a scan of given length prints.
func TestScanJSON(t *testing.T) {
	w := newWorld(t)
	peripheral := w.run(thePeripheral, "peripheral", "--io", "none")
	peripheral.expect("advertising")
	status, out, _ := once(t, "scan", "--json", "--active", "--timeout", "300ms", "--transport", w.addresses[theCentral], "--bonds", "memory")
	if status != exitOK {
		t.Errorf("status %d", status)
	}
	lines := bufio.NewScanner(strings.NewReader(out))
	devices := 0
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		devices++
		rssi := -40
		want := &scanRecord{
			Type: "public, connectable", RSSI: &rssi, Name: "smp",
			Flags: []string{"discoverable", "LE only"}, Connectable: true,
		}
		if diff := cmp.Diff(want, e.Device); diff != "" || e.Address.String() != w.address(thePeripheral)+"/public" {
			t.Errorf("%v (-want +got):\n%s", e.Address, diff)
		}
	}
	if devices != 1 {
		t.Errorf("%d devices, want 1:\n%s", devices, out)
	}
	status, out, _ = once(t, "scan", "--timeout", "100ms", "--transport", newWorld(t).addresses[theCentral], "--bonds", "memory")
	if status != exitOK || !strings.Contains(out, "no device was heard") {
		t.Errorf("status %d, %q", status, out)
	}
}

// TestLearn collects what several advertisements say of a device.
func TestLearn(t *testing.T) {
	ad := func(structures ...any) []byte {
		var b []byte
		for i := 0; i < len(structures); i += 2 {
			var err error
			if b, err = hci.AppendAD(b, structures[i].(hci.ADType), structures[i+1].([]byte)); err != nil {
				t.Fatal(err)
			}
		}
		return b
	}
	static := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc0}}
	var a advertiser
	for _, r := range []hci.Report{
		{Type: hci.ReportAdvInd, Address: static, RSSI: 127, Data: ad(hci.ADFlags, []byte{hci.ADLimitedDiscoverable}, hci.ADServiceUUIDs16, []byte{0x0f, 0x18, 0x34, 0x12})},
		{Type: hci.ReportScanRsp, Address: static, RSSI: -50, Data: ad(hci.ADShortenedName, []byte("a\x1bb"), hci.ADIncompleteServiceUUIDs16, []byte{0x0f, 0x18, 0xff})},
		{Type: hci.ReportScanRsp, Address: static, RSSI: 127, Data: ad(hci.ADServiceUUIDs32, []byte{1, 0, 0, 0}, hci.ADFlags, []byte{})},
		{Type: hci.ReportScanRsp, Address: static, RSSI: 127, Data: ad(hci.ADServiceUUIDs128, []byte{15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0})},
	} {
		a.learn(r)
	}
	rssi := -50
	want := scanRecord{
		Type: "static, connectable", RSSI: &rssi, Name: "a\uFFFDb", Connectable: true,
		Services: []string{"battery", "0x1234", "0x00000001", "00010203-0405-0607-0809-0a0b0c0d0e0f"},
	}
	if diff := cmp.Diff(want, a.scanRecord); diff != "" {
		t.Errorf("learnt (-want +got):\n%s", diff)
	}
}

func TestKind(t *testing.T) {
	random := func(first byte) bt.TypedAddress {
		return bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{first}}
	}
	for _, test := range []struct {
		report hci.Report
		want   string
	}{
		{hci.Report{}, "public, connectable"},
		{hci.Report{Address: random(0xc0), Type: hci.ReportAdvNonconnInd}, "static, broadcasts"},
		{hci.Report{Address: random(0x40), Type: hci.ReportAdvDirectInd}, "private, calls"},
		{hci.Report{Address: random(0x00), Type: hci.ReportAdvScanInd}, "unresolvable, broadcasts"},
		{hci.Report{Resolved: true}, "private, connectable"},
	} {
		if got := kind(test.report); got != test.want {
			t.Errorf("kind(%v) = %q, want %q", test.report, got, test.want)
		}
	}
}
