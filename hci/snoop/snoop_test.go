package snoop_test

import (
	"bytes"
	"encoding/hex"
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

// recording has HCI Reset, its answer, and an SMP PDU each way, at
// 2000-01-01T00:00:00Z and each a second later.
const recording = `
	6274736e6f6f7000 00000001 000003ea
	00000004 00000004 00000002 00000000 00e03ab44a676000 01030c00
	00000007 00000007 00000003 00000000 00e03ab44a76a240 040e0401030c00
	0000000b 0000000b 00000000 00000000 00e03ab44a85e480 0240000600020006000508
	0000000b 0000000b 00000001 00000005 00e03ab44a9526c0 0240200600020006000508`

func octets(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "\n", "", "\t", "").Replace(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func packets(t testing.TB) []snoop.Packet {
	t.Helper()
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return []snoop.Packet{
		{Time: start, Direction: snoop.Sent, Data: octets(t, "01030c00")},
		{Time: start.Add(1 * time.Second), Direction: snoop.Received, Data: octets(t, "040e0401030c00")},
		{Time: start.Add(2 * time.Second), Direction: snoop.Sent, Data: octets(t, "0240000600020006000508")},
		{Time: start.Add(3 * time.Second), Direction: snoop.Received, Dropped: 5, Data: octets(t, "0240200600020006000508")},
	}
}

func readAll(r io.Reader) ([]snoop.Packet, error) {
	reader, err := snoop.NewReader(r)
	if err != nil {
		return nil, err
	}
	var all []snoop.Packet
	for {
		p, err := reader.Next()
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
}

func TestWriter(t *testing.T) {
	var file bytes.Buffer
	w, err := snoop.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packets(t) {
		if err := w.WritePacket(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.WritePacket(snoop.Packet{Data: []byte{0x07}}); err == nil {
		t.Error("wrote what is no packet")
	}
	if diff := cmp.Diff(octets(t, recording), file.Bytes()); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestReader(t *testing.T) {
	got, err := readAll(iotest.OneByteReader(bytes.NewReader(octets(t, recording))))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(packets(t), got); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
}

func TestReaderErrors(t *testing.T) {
	broken := errors.New("disk is gone")
	good := string(octets(t, recording))
	change := func(at int, to byte) io.Reader {
		b := []byte(good)
		b[at] = to
		return bytes.NewReader(b)
	}
	for _, test := range []struct {
		name string
		file io.Reader
		want string
	}{
		{"empty", strings.NewReader(""), "snoop: header: the file ends inside it"},
		{"pcap", strings.NewReader("\xd4\xc3\xb2\xa1" + good), "snoop: header: not a btsnoop file"},
		{"version", change(11, 2), "snoop: header: version 2, want 1"},
		{"data link", change(15, 0xe9), "snoop: header: data link 1001, want 1002 (HCI UART)"},
		{"header cut", strings.NewReader(good[:20]), "snoop: record 1 at octet 16: the file ends inside its header"},
		{"packet cut", strings.NewReader(good[:len(good)-1]), "snoop: record 4 at octet 110: the file ends inside its packet"},
		{"packet missing", strings.NewReader(good[:40]), "snoop: record 1 at octet 16: the file ends inside its packet"},
		{"truncated packet", change(19, 9), "snoop: record 1 at octet 16: 4 of 9 octets were recorded"},
		{"far too long", strings.NewReader(good[:16] + strings.Repeat("\xff", 24)), "snoop: record 1 at octet 16: 4294967295 octets, more than a packet can have"},
		{"flags", change(27, 0x80), "snoop: record 1 at octet 16: flags 0x00000080 have unknown bits"},
		{"flags of data for a command", change(27, 0), "snoop: record 1 at octet 16: flags 0x00000000, want 0x00000002 for packet type 1"},
		{"no H4 type", change(40, 9), "snoop: record 1 at octet 16: transport: H4 packet of type 0x09: there is no such type"},
		{"packet length", change(43, 1), "snoop: record 1 at octet 16: transport: H4 packet of type 0x01: 4 octets, but its header says 5"},
		{"broken", io.MultiReader(strings.NewReader(good[:50]), iotest.ErrReader(broken)), "snoop: disk is gone"},
		{"broken header", iotest.ErrReader(broken), "snoop: disk is gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readAll(test.file)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTap(t *testing.T) {
	var file bytes.Buffer
	w, err := snoop.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	want := packets(t)
	want[3].Dropped = 0
	tick := 0
	clock := func() time.Time { tick++; return want[tick-1].Time }
	near, far := transport.Pipe()
	tap := snoop.NewTap(near, w, clock)
	for _, p := range want {
		from, to := transport.Transport(tap), far
		if p.Direction == snoop.Received {
			from, to = far, tap
		}
		if err := from.WritePacket(p.Data); err != nil {
			t.Fatal(err)
		}
		got, err := to.ReadPacket(nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p.Data, got); diff != "" {
			t.Errorf("packet behind the tap (-want +got):\n%s", diff)
		}
	}
	if err := tap.Close(); err != nil {
		t.Error(err)
	}
	if _, err := tap.ReadPacket(nil); !errors.Is(err, io.EOF) {
		t.Errorf("closed: got %v", err)
	}
	if err := tap.Err(); err != nil {
		t.Error(err)
	}
	got, err := readAll(&file)
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recording (-want +got):\n%s", diff)
	}
}

// full takes the header and nothing more.
type full struct{ taken bool }

var errFull = errors.New("disk is full")

func (f *full) Write(p []byte) (int, error) {
	if f.taken {
		return 0, errFull
	}
	f.taken = true
	return len(p), nil
}

func TestTapGoesOnWithoutRecording(t *testing.T) {
	w, err := snoop.NewWriter(new(full))
	if err != nil {
		t.Fatal(err)
	}
	near, far := transport.Pipe()
	tap := snoop.NewTap(near, w, time.Now)
	if err := tap.WritePacket(octets(t, "01030c00")); err != nil {
		t.Fatal(err)
	}
	if _, err := far.ReadPacket(nil); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(tap.Err(), errFull) {
		t.Errorf("Err: got %v", tap.Err())
	}
	if _, err := snoop.NewWriter(&full{taken: true}); !errors.Is(err, errFull) {
		t.Errorf("NewWriter: got %v", err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(octets(f, recording))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := readAll(bytes.NewReader(file))
		var format *snoop.FormatError
		if !errors.Is(err, io.EOF) && !errors.As(err, &format) {
			t.Fatalf("error of another type: %v", err)
		}
		if !errors.Is(err, io.EOF) {
			return
		}
		var back bytes.Buffer
		w, err := snoop.NewWriter(&back)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if err := w.WritePacket(p); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(file, back.Bytes()); diff != "" {
			t.Errorf("file written again (-want +got):\n%s", diff)
		}
	})
}
