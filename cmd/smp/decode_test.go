package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const decodeFixtures = "testdata/decode/"

// golden compares with a file of testdata; SMP_GOLDEN=write makes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join(decodeFixtures, name+".golden")
	if os.Getenv("SMP_GOLDEN") == "write" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestDecodeGolden(t *testing.T) {
	for _, test := range []struct {
		golden string
		args   []string
	}{
		{"numeric-central", []string{"numeric-central.btsnoop"}},
		{"numeric-central.json", []string{"numeric-central.btsnoop", "--json"}},
		{"legacy-peripheral", []string{"legacy-peripheral.btsnoop"}},
		{"legacy-peripheral.keys", []string{"--show-keys", "legacy-peripheral.btsnoop"}},
		{"numeric-air", []string{"numeric-air.pcap"}},
		{"numeric-air.json", []string{"numeric-air.pcap", "--json"}},
		{"numeric-air-plain", []string{"numeric-air-plain.pcap"}},
		{"numeric-central-monitor", []string{"numeric-central-monitor.btsnoop"}},
	} {
		t.Run(test.golden, func(t *testing.T) {
			t.Chdir(decodeFixtures)
			got := tell(append([]string{"decode"}, test.args...)...)
			if got.Code != exitOK || got.Err != "" {
				t.Fatalf("exit status %d: %s", got.Code, got.Err)
			}
			t.Chdir("../..")
			golden(t, test.golden, got.Out)
			for line := range strings.Lines(got.Out) {
				if strings.HasSuffix(test.golden, ".json") && !json.Valid([]byte(line)) {
					t.Errorf("not JSON: %s", line)
				}
			}
		})
	}
}

// TestDecodeFormatsAgree reads one recording in every format.
func TestDecodeFormatsAgree(t *testing.T) {
	body := func(file string) string {
		t.Helper()
		got := tell("decode", decodeFixtures+file)
		if got.Code != exitOK || got.Err != "" {
			t.Fatalf("%s: exit status %d: %s", file, got.Code, got.Err)
		}
		_, rest, _ := strings.Cut(got.Out, "\n")
		return strings.ReplaceAll(rest, "1:0x", "0x") // the monitor's controller
	}
	want := body("numeric-central.btsnoop")
	for _, file := range []string{
		"numeric-central.pcap", "numeric-central.pcapng", "numeric-central-h4.pcap",
		"numeric-central-monitor.pcap", "numeric-central-monitor.btsnoop",
	} {
		if diff := cmp.Diff(want, body(file)); diff != "" {
			t.Errorf("%s (-btsnoop +got):\n%s", file, diff)
		}
	}
}

// TestDecodeHidesKeys looks for long hexadecimal numbers that are no public
// values.
func TestDecodeHidesKeys(t *testing.T) {
	key := regexp.MustCompile(`(LTK|IRK|CSRK)"?:?"? ?"?[0-9a-f]{32}`)
	for _, file := range []string{"numeric-central.btsnoop", "legacy-peripheral.btsnoop"} {
		for _, args := range [][]string{{}, {"--json"}} {
			got := tell(append([]string{"decode", decodeFixtures + file}, args...)...)
			if found := key.FindString(got.Out); found != "" {
				t.Errorf("%s %q shows a key: %s", file, args, found)
			}
			if shown := tell(append([]string{"decode", "--show-keys", decodeFixtures + file}, args...)...); !key.MatchString(shown.Out) {
				t.Errorf("%s %q --show-keys shows none", file, args)
			}
		}
	}
}

// TestDecodeCutOff ends every file everywhere: what was whole is printed, then
// comes one line of error.
func TestDecodeCutOff(t *testing.T) {
	for file, step := range map[string]int{"numeric-central.btsnoop": 1, "numeric-central.pcap": 7, "numeric-central.pcapng": 7, "numeric-air.pcap": 7} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(decodeFixtures + file)
			if err != nil {
				t.Fatal(err)
			}
			whole := tell("decode", "--json", decodeFixtures+file)
			cut := 0
			for n := 0; n < len(data); n += step {
				var out, errs bytes.Buffer
				code := run(context.Background(), streams{bytes.NewReader(data[:n]), &out, &errs}, []string{"decode", "--json", "-"})
				lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
				before := strings.Join(lines[:max(0, len(lines)-1)], "\n")
				// The last line is the totals, before it there may be a note that
				// the recording ends.
				if i := strings.LastIndex(before, "\n"); strings.Contains(before[i+1:], `"topic":"ended"`) {
					before = before[:max(i, 0)]
				}
				if !strings.HasPrefix(whole.Out, before) {
					t.Fatalf("after %d octets: other lines:\n%s", n, before)
				}
				if code == exitOK {
					continue // between two packets
				}
				cut++
				if code != exitFailure || strings.Count(errs.String(), "\n") != 1 || !strings.HasPrefix(errs.String(), "smp: -: ") {
					t.Fatalf("after %d octets: exit status %d: %q", n, code, errs.String())
				}
			}
			if cut < len(data)/step*9/10 {
				t.Errorf("%d ends of %d octets were told", cut, len(data))
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	folder := t.TempDir()
	file := func(name, data string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pcap := "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00"
	snoop := "btsnoop\x00\x00\x00\x00\x01\x00\x00\x03\xea"
	for _, test := range []struct {
		name, path string
		code       int
		want       string // PATH stands for the path
	}{
		{"no such file", filepath.Join(folder, "none"), 1, "smp: open PATH: no such file or directory\n"},
		{"folder", folder, 1, "smp: PATH is a folder; name a recording in it\n"},
		{"empty", file("empty", ""), 1, "smp: PATH: the file is empty\n"},
		{"something else", file("else", "GIF89a..........."), 1, "smp: PATH: no recording in a format that is known; decode reads btsnoop, pcap and pcapng; convert the file with Wireshark's editcap\n"},
		{"short", file("short", "GI"), 1, "smp: PATH: no recording in a format that is known; decode reads btsnoop, pcap and pcapng; convert the file with Wireshark's editcap\n"},
		{"compressed", file("gz", "\x1f\x8b\x08\x00"), 1, "smp: PATH: the file is compressed; run gunzip on it first\n"},
		{"Ethernet", file("eth", pcap+"\x01\x00\x00\x00"), 1, "smp: PATH: pcap of link type 1; decode reads Bluetooth HCI (187, 201, 254) and LE link layer (251, 256)\n"},
		{"other data link", file("link", "btsnoop\x00\x00\x00\x00\x01\x00\x00\x03\xeb"), 1, "smp: PATH: btsnoop of data link 1003, want 1001, 1002 or 2001 (HCI)\n"},
		{"other version", file("version", "btsnoop\x00\x00\x00\x00\x02\x00\x00\x03\xea"), 1, "smp: PATH: btsnoop of version 2, want 1\n"},
		{"header cut", file("cut", snoop[:12]), 1, "smp: PATH: the file ends inside its header\n"},
		{"huge packet", file("huge", snoop+strings.Repeat("\xff", 24)), 1, "smp: PATH: record 1 at octet 16: 4294967295 octets, more than a packet can have\n"},
		{"packet cut", file("packet", snoop+"\x00\x00\x00\x04\x00\x00\x00\x04"+strings.Repeat("\x00", 16)+"\x01"), 1, "smp: PATH: record 1 at octet 16: the file ends inside its packet, after 1 of 4 octets\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := tell("decode", "--json", test.path); got.Code != test.code || got.Err != strings.ReplaceAll(test.want, "PATH", test.path) && os.PathSeparator == '/' {
				t.Errorf("exit status %d: %q", got.Code, got.Err)
			}
		})
	}
	for _, args := range [][]string{{}, {"a", "b"}, {"--keys", "a"}} {
		if got := tell(append([]string{"decode"}, args...)...); got.Code != exitUsage || strings.Count(got.Err, "\n") != 1 {
			t.Errorf("decode %q: %+v", args, got)
		}
	}
}

// TestDecodeMalformed shows what cannot be read, with its place, and goes on.
func TestDecodeMalformed(t *testing.T) {
	record := func(included, original byte, flags byte, data string) string {
		return "\x00\x00\x00" + string(original) + "\x00\x00\x00" + string(included) + "\x00\x00\x00" + string(flags) +
			"\x00\x00\x00\x00" + "\x00\xe0\x3a\xb4\x4a\x67\x60\x00" + data
	}
	path := filepath.Join(t.TempDir(), "file")
	data := "btsnoop\x00\x00\x00\x00\x01\x00\x00\x03\xea" +
		record(2, 2, 0, "\x09\x00") +
		record(4, 9, 1, "\x02\x40\x20\x06") +
		record(10, 10, 1, "\x02\x40\x20\x05\x00\x01\x00\x06\x00\x05") +
		record(11, 11, 1, "\x02\x40\x20\x06\x00\x02\x00\x06\x00\x05\x08")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	got := tell("decode", path)
	want := told{0, path + `: btsnoop, HCI, begins 2000-01-01 00:00:00.000000 UTC
     1    0.000000  0x0000             ! HCI packet: malformed: transport: H4 packet of type 0x09: there is no such type
     2    0.000000  0x0000             ! packet: malformed: 4 of 9 octets were recorded
     3    0.000000  0x0040           ? > Pairing Failed: malformed: PairingFailed: 1 octets, want 2
                                = malformed: the receiver should answer with invalid parameters (0x0a)
                                  usual cause: a bug in the stack of the sender, or an attack
     4    0.000000  0x0040           ? > Pairing Failed: unspecified reason (0x08)
                                = one side refuses: unspecified reason
                                  usual cause: the sender got a PDU that it did not expect, or a person cancelled; its log may tell more
4 packets, 0 new links, 1 SMP PDU: 0 paired, 1 failed, 3 malformed
`, ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decode (-want +got):\n%s", diff)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(decodeFixtures + "*.[bp][tc]*")
	if err != nil || len(files) == 0 {
		f.Fatalf("fixtures: %q, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, false)
		f.Add(data[:len(data)/2], true)
	}
	f.Fuzz(func(t *testing.T, data []byte, asJSON bool) {
		args := []string{"decode", "-"}
		if asJSON {
			args = append(args, "--json")
		}
		var out, errs bytes.Buffer
		code := run(context.Background(), streams{bytes.NewReader(data), &out, &errs}, args)
		if (code == exitOK) != (errs.Len() == 0) || code == exitUsage || strings.Count(errs.String(), "\n") > 1 {
			t.Errorf("exit status %d: %q", code, errs.String())
		}
	})
}
