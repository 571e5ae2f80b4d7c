package snoop_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"blesmp/hci/snoop"
	"blesmp/hci/transport"

	"github.com/google/go-cmp/cmp"
)

// air has ADV_IND from 00:00:5E:00:53:02 at 2000-01-01T00:00:00.5Z, and an empty
// PDU from the peripheral of a connection a second later. Wireshark finds both
// CRCs right.
const air = `
	d4c3b2a1 0200 0400 00000000 00000000 ffff0000 00010000
	80436d38 20a10700 19000000 19000000
	00 d8 00 00 d6be898e 130c d6be898e 0006 0253005e0000 2c004f
	81436d38 20a10700 13000000 13000000
	0b d8 00 00 44332211 930d 44332211 0100 a9e48f`

func airPackets(t testing.TB) []snoop.AirPacket {
	t.Helper()
	start := time.Date(2000, 1, 1, 0, 0, 0, 5e8, time.UTC)
	return []snoop.AirPacket{
		{
			Time: start, Channel: 37, SignalPower: -40, AccessAddress: 0x8e89bed6,
			PDU: octets(t, "00060253005e0000"), CRC: 0x4f002c,
		},
		{
			Time: start.Add(time.Second), Channel: 10, SignalPower: -40, Direction: snoop.ToCentral,
			AccessAddress: 0x11223344, PDU: octets(t, "0100"), CRC: 0x8fe4a9,
		},
	}
}

func writeAir(t testing.TB, all []snoop.AirPacket) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := snoop.NewAirWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if err := w.WritePacket(p); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func readAir(r io.Reader) ([]snoop.AirPacket, error) {
	reader, err := snoop.NewAirReader(r)
	if err != nil {
		return nil, err
	}
	var all []snoop.AirPacket
	for {
		p, err := reader.Next()
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
}

func TestAirWriter(t *testing.T) {
	if diff := cmp.Diff(octets(t, air), writeAir(t, airPackets(t))); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestAirReader(t *testing.T) {
	got, err := readAir(iotest.OneByteReader(bytes.NewReader(octets(t, air))))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(airPackets(t), got); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
}

func TestAirCRC(t *testing.T) {
	for _, p := range airPackets(t) {
		if got := snoop.AirCRC(snoop.AdvertisingCRCInit, p.PDU); got != p.CRC {
			t.Errorf("CRC of % x: got %06x, want %06x", p.PDU, got, p.CRC)
		}
	}
	if got, want := snoop.AirCRC(0x000001, nil), uint32(0x800000); got != want {
		t.Errorf("CRC of nothing: got %06x, want %06x", got, want)
	}
}

// TestAirChannels writes and reads each channel: no two have one frequency.
func TestAirChannels(t *testing.T) {
	seen := make(map[byte]uint8)
	for channel := range uint8(40) {
		p := airPackets(t)[1]
		p.Channel = channel
		if channel >= 37 {
			p.Direction = snoop.Advertising
		}
		file := writeAir(t, []snoop.AirPacket{p})
		rf := file[24+16]
		if other, ok := seen[rf]; ok || rf > 39 {
			t.Errorf("channels %d and %d are both RF channel %d", other, channel, rf)
		}
		seen[rf] = channel
		got, err := readAir(bytes.NewReader(file))
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]snoop.AirPacket{p}, got); diff != "" {
			t.Errorf("channel %d (-want +got):\n%s", channel, diff)
		}
	}
}

func TestAirWriterErrors(t *testing.T) {
	for problem, change := range map[string]func(*snoop.AirPacket){
		"has no header":          func(p *snoop.AirPacket) { p.PDU = p.PDU[:1] },
		"its header says 2":      func(p *snoop.AirPacket) { p.PDU = []byte{1, 0, 0} },
		"no channel 40":          func(p *snoop.AirPacket) { p.Channel = 40 },
		"no direction 1":         func(p *snoop.AirPacket) { p.Direction = 1 },
		"channel 37 does not":    func(p *snoop.AirPacket) { p.Channel = 37 },
		"channel 10 does not":    func(p *snoop.AirPacket) { p.Direction = snoop.Advertising },
		"more than 24 bits":      func(p *snoop.AirPacket) { p.CRC = 1 << 24 },
		"no room for the year 1": func(p *snoop.AirPacket) { p.Time = time.Time{} },
		"room for the year 2107": func(p *snoop.AirPacket) { p.Time = time.Date(2107, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		var file bytes.Buffer
		w, err := snoop.NewAirWriter(&file)
		if err != nil {
			t.Fatal(err)
		}
		before := file.Len()
		p := airPackets(t)[1]
		change(&p)
		var wrong *snoop.AirError
		if err := w.WritePacket(p); !errors.As(err, &wrong) || !strings.Contains(err.Error(), problem) {
			t.Errorf("got %v, want %q", err, problem)
		}
		if file.Len() != before {
			t.Errorf("%s: %d octets were written", problem, file.Len()-before)
		}
	}
	if _, err := snoop.NewAirWriter(&full{taken: true}); !errors.Is(err, errFull) {
		t.Errorf("NewAirWriter: got %v", err)
	}
	w, err := snoop.NewAirWriter(new(full))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WritePacket(airPackets(t)[0]); !errors.Is(err, errFull) {
		t.Errorf("WritePacket: got %v", err)
	}
}

// TestAirReaderErrors changes an octet, or cuts the file.
func TestAirReaderErrors(t *testing.T) {
	for _, test := range []struct {
		at      int // the octet that is changed; -1 for none
		to      byte
		size    int // of the file; 0 for all of it
		problem string
	}{
		{-1, 0, 3, "header: the file ends inside it"},
		{0, 0x4d, 0, "not a pcap file"},
		{4, 3, 0, "version 3.4"},
		{8, 1, 0, "not in UTC"},
		{16, 1, 0, "whole packets"},
		{20, 9, 0, "link type 265"},
		{-1, 0, 30, "record 1 at octet 24: the file ends inside its header"},
		{-1, 0, 60, "record 1 at octet 24: the file ends inside its packet"},
		{31, 0xff, 0, "microseconds"},
		{32, 0x18, 0, "24 of 25 octets"},
		{36, 0x18, 0, "25 of 24 octets"},
		{40, 44, 0, "no channel 42"},
		{42, 1, 0, "noise power"},
		{44, 0, 0, "was listened for"},
		{48, 0x12, 0, "flags 0x0c12"},
		{49, 0x0e, 0, "direction 4"},
		{55, 7, 0, "its header says 9"},
	} {
		file := octets(t, air)
		if test.at >= 0 {
			file[test.at] = test.to
		}
		if test.size > 0 {
			file = file[:test.size]
		}
		_, err := readAir(bytes.NewReader(file))
		var format *snoop.FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), test.problem) {
			t.Errorf("octet %d: got %v, want %q", test.at, err, test.problem)
		}
	}
	small := octets(t, air)
	small[32], small[36] = 5, 5
	if _, err := readAir(bytes.NewReader(small)); err == nil || !strings.Contains(err.Error(), "want 19 to 274") {
		t.Errorf("got %v", err)
	}
	broken := errors.New("no disk")
	for _, before := range []int{0, 24, 44} {
		r := io.MultiReader(bytes.NewReader(octets(t, air)[:before]), iotest.ErrReader(broken))
		if _, err := readAir(r); !errors.Is(err, broken) {
			t.Errorf("after %d octets: got %v", before, err)
		}
	}
}

// TestControllerTap records at the controller's end what a Tap records at the
// host's.
func TestControllerTap(t *testing.T) {
	var files [2]bytes.Buffer
	var writers [2]*snoop.Writer
	for i := range files {
		w, err := snoop.NewWriter(&files[i])
		if err != nil {
			t.Fatal(err)
		}
		writers[i] = w
	}
	clock := func() time.Time { return time.Unix(1, 0) }
	near, far := transport.Pipe()
	host, controller := snoop.NewTap(near, writers[0], clock), snoop.NewControllerTap(far, writers[1], clock)
	for _, p := range packets(t) {
		from, to := host, controller
		if p.Direction == snoop.Received {
			from, to = controller, host
		}
		if err := from.WritePacket(p.Data); err != nil {
			t.Fatal(err)
		}
		if _, err := to.ReadPacket(nil); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(files[0].Bytes(), files[1].Bytes()); diff != "" {
		t.Errorf("the recordings differ (-host +controller):\n%s", diff)
	}
}

func FuzzAirReader(f *testing.F) {
	f.Add(octets(f, air))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := readAir(bytes.NewReader(file))
		var format *snoop.FormatError
		if !errors.Is(err, io.EOF) && !errors.As(err, &format) {
			t.Fatalf("error of another type: %v", err)
		}
		if !errors.Is(err, io.EOF) {
			return
		}
		if diff := cmp.Diff(file, writeAir(t, all)); diff != "" {
			t.Errorf("file written again (-want +got):\n%s", diff)
		}
	})
}
