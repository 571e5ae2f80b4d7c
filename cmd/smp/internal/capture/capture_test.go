package capture_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"blesmp/cmd/smp/internal/capture"
)

func octets(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// read gives the records of a file as text.
func read(t *testing.T, file []byte) []string {
	t.Helper()
	r, err := capture.NewReader(iotest.OneByteReader(bytes.NewReader(file)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			return append(got, err.Error())
		}
		text := []string{"HCI", "air", "other"}[record.Kind] + " " +
			[]string{"unknown", "sent", "received", "central", "peripheral"}[record.Direction] + " " + hex.EncodeToString(record.Data)
		if record.Access != 0 {
			text += " on " + hex.EncodeToString([]byte{byte(record.Access >> 24), byte(record.Access >> 16), byte(record.Access >> 8), byte(record.Access)})
		}
		if record.Decrypted {
			text += " decrypted"
		}
		if record.Problem != nil {
			text += ": " + record.Problem.Error()
		}
		got = append(got, text)
	}
}

func pcap(t testing.TB, link layers.LinkType, packets ...string) []byte {
	t.Helper()
	var file bytes.Buffer
	w := pcapgo.NewWriter(&file)
	if err := w.WriteFileHeader(65535, link); err != nil {
		t.Fatal(err)
	}
	for _, p := range packets {
		data := octets(p)
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1, 0), CaptureLength: len(data), Length: len(data)}, data); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func snoop(link string, records ...string) []byte {
	file := append([]byte("btsnoop\x00"), octets("00000001"+link)...)
	for _, r := range records {
		flags, data, _ := strings.Cut(r, " ")
		packet := octets(data)
		size := hex.EncodeToString([]byte{0, 0, 0, byte(len(packet))})
		file = append(file, octets(size+size+flags+"00000000"+"00e03ab44a676000")...)
		file = append(file, packet...)
	}
	return file
}

func TestReader(t *testing.T) {
	for _, test := range []struct {
		name string
		file []byte
		want []string
	}{
		{"btsnoop without packet types", snoop("000003e9", "00000002 030c00", "00000003 0e0401030c00", "00000000 40000100aa", "00000001 40200100bb"),
			[]string{"HCI sent 01030c00", "HCI received 040e0401030c00", "HCI sent 0240000100aa", "HCI received 0240200100bb"}},
		{"Linux monitor", snoop("000007d1", "00000002 030c00", "00000003 0e0401030c00", "00000004 40000100aa", "00000005 40200100bb", "00000000 00"),
			[]string{"HCI sent 01030c00", "HCI received 040e0401030c00", "HCI sent 0240000100aa", "HCI received 0240200100bb", "other unknown 00"}},
		{"HCI without directions", pcap(t, 187, "01030c00", "040e0401030c00", "0240100100aa", "0240000100aa", "0240100100aa", "0240200100bb", "0240100100bb", "0240", "0500", ""),
			[]string{"HCI sent 01030c00", "HCI received 040e0401030c00", "HCI unknown 0240100100aa", "HCI sent 0240000100aa", "HCI sent 0240100100aa",
				"HCI received 0240200100bb", "HCI received 0240100100bb", "HCI unknown 0240", "HCI unknown 0500", "HCI unknown "}},
		{"HCI with directions", pcap(t, 201, "00000000 01030c00", "00000001 040e0401030c00", "0000"),
			[]string{"HCI sent 01030c00", "HCI received 040e0401030c00", "HCI unknown 0000: 2 octets, too few for the direction before the packet"}},
		{"Linux monitor in pcap", pcap(t, 254, "0001 0002 030c00", "00"),
			[]string{"HCI sent 01030c00", "HCI unknown 00: 1 octets, too few for the header before the packet"}},
		{"air", pcap(t, 251, "5d5a6550 0100 aabbcc", "5d5a6550"),
			[]string{"air unknown 0100 on 50655a5d", "air unknown 5d5a6550: 4 octets are no packet of the link layer"}},
		{"air with what the sniffer knows", pcap(t, 256,
			"05c48000 5d5a6550 130d 5d5a6550 0100 aabbcc",    // from the central, CRC good
			"05c48000 5d5a6550 9b0d 5d5a6550 0100 aabbcc",    // from the peripheral, decrypted
			"05c48000 5d5a6550 1305 5d5a6550 0100 aabbcc",    // CRC bad
			"05c48000 5d5a6550 9381 5d5a6550 01 0100 aabbcc", // coded PHY
			"05c4"),
			[]string{"air central 0100 on 50655a5d", "air peripheral 0100 on 50655a5d decrypted", "other central 0100 on 50655a5d",
				"air peripheral 0100 on 50655a5d", "air unknown 05c4: 2 octets, too few for the header before the packet"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(t, test.file)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPcapngOfManyKinds has a Bluetooth and another interface.
func TestPcapngOfManyKinds(t *testing.T) {
	var file bytes.Buffer
	w, err := pcapgo.NewNgWriterInterface(&file, pcapgo.NgInterface{LinkType: layers.LinkTypeEthernet}, pcapgo.NgWriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.AddInterface(pcapgo.NgInterface{LinkType: 201})
	if err != nil {
		t.Fatal(err)
	}
	for i, data := range []string{"ffffffff", "00000000 01030c00"} {
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1, 0), CaptureLength: len(octets(data)), Length: len(octets(data)), InterfaceIndex: i * second}
		if err := w.WritePacket(info, octets(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"other unknown ffffffff", "HCI sent 01030c00"}, read(t, file.Bytes())); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// TestBrokenReader hands on the error of the file.
func TestBrokenReader(t *testing.T) {
	broken := errors.New("disk is gone")
	if _, err := capture.NewReader(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("header: %v", err)
	}
	r, err := capture.NewReader(io.MultiReader(bytes.NewReader(snoop("000003ea")), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Errorf("record: %v", err)
	}
}
