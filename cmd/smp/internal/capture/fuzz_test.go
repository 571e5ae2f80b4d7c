package capture_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"blesmp/cmd/smp/internal/capture"
)

// FuzzReader reads anything as btsnoop, pcap or pcapng: it comes to an end, with
// records that are numbered, and with an error of this package.
func FuzzReader(f *testing.F) {
	f.Add(snoop("000003e9", "00000002 030c00", "00000003 0e0401030c00"))
	f.Add(pcap(f, 201, "00000000 01030c00", "00000001 040e0401030c00", "0000"))
	f.Add(pcap(f, 251, "5d5a6550 0100 aabbcc", "5d5a6550"))
	f.Add(pcap(f, 256, "05c48000 5d5a6550 130d 5d5a6550 0100 aabbcc", "05c4"))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := capture.NewReader(bytes.NewReader(file))
		for number := 1; err == nil; number++ {
			var record capture.Record
			if record, err = r.Next(); err == nil && record.Number != number {
				t.Fatalf("record %d has the number %d", number, record.Number)
			}
			if number > len(file) {
				t.Fatalf("%d records in %d octets", number, len(file))
			}
		}
		if _, ok := errors.AsType[*capture.FormatError](err); !ok && !errors.Is(err, io.EOF) {
			t.Errorf("error %v of another type, %T", err, err)
		}
	})
}
