package boltstore

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bt"
)

func addressOf(t testing.TB, s string) bt.TypedAddress {
	t.Helper()
	a, err := bt.ParseTypedAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func octets(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sequence(first byte) bt.Key {
	var k bt.Key
	for i := range k {
		k[i] = first + byte(i)
	}
	return k
}

func pointer[T any](v T) *T { return &v }

// samples are bonds with their records, version 1. They are written down so
// that a change of the format cannot pass unnoticed.
func samples(t testing.TB) []struct {
	bond        bond.Bond
	key, record []byte
} {
	return []struct {
		bond        bond.Bond
		key, record []byte
	}{
		{
			bond: bond.Bond{
				Local: addressOf(t, "00:11:22:33:44:55"), Peer: addressOf(t, "C0:00:00:00:00:01/random"),
				SC: true, KeySize: 7, Model: 2,
				LocalLTK: &bond.LongTermKey{Key: bt.Key{9: 1, 15: 2}}, PeerLTK: &bond.LongTermKey{Key: bt.Key{9: 1, 15: 2}},
				Created: time.Unix(0x65432100, 5).UTC(),
			},
			key: octets(t, "00 001122334455  01 c00000000001"),
			record: octets(t, "01 0031 07 02 0000000065432100 00000005"+
				"00000000000000000001000000000002 0000 0000000000000000"+
				"00000000000000000001000000000002 0000 0000000000000000 c228df34"),
		},
		{
			bond: bond.Bond{
				Local: addressOf(t, "C1:11:22:33:44:55/random"), Peer: addressOf(t, "00:00:00:00:00:02"),
				OnAir: addressOf(t, "C0:00:00:00:00:03/random"), MITM: true, Debug: true, KeySize: 16, Model: 1,
				LocalLTK: &bond.LongTermKey{Key: sequence(0x10), EDIV: 0x1122, Rand: 0x0102030405060708},
				PeerLTK:  &bond.LongTermKey{Key: sequence(0x20), EDIV: 0x3344, Rand: 0x1112131415161718},
				PeerIRK:  pointer(sequence(0x30)), LocalCSRK: pointer(sequence(0x40)), LocalSignCounter: 0xA1A2A3A4,
				PeerCSRK: pointer(sequence(0x50)), PeerSignCounter: 0xB1B2B3B4, LinkKey: pointer(sequence(0x60)),
			},
			key: octets(t, "01 c11122334455  00 000000000002"),
			record: octets(t, "01 03fe 10 01 fffffff1886e0900 00000000  01 c00000000003"+
				"101112131415161718191a1b1c1d1e1f 1122 0102030405060708"+
				"202122232425262728292a2b2c2d2e2f 3344 1112131415161718"+
				"303132333435363738393a3b3c3d3e3f"+
				"404142434445464748494a4b4c4d4e4f a1a2a3a4"+
				"505152535455565758595a5b5c5d5e5f b1b2b3b4"+
				"606162636465666768696a6b6c6d6e6f a9a62da5"),
		},
	}
}

func TestRecord_golden(t *testing.T) {
	for _, sample := range samples(t) {
		key, record := encodeBond(sample.bond)
		if diff := cmp.Diff(hex.EncodeToString(sample.key), hex.EncodeToString(key)); diff != "" {
			t.Errorf("key (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(hex.EncodeToString(sample.record), hex.EncodeToString(record)); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
		got, err := decodeBond(sample.key, sample.record)
		if err != nil {
			t.Errorf("decodeBond: %v", err)
			continue
		}
		if diff := cmp.Diff(sample.bond, got); diff != "" {
			t.Errorf("decodeBond (-want +got):\n%s", diff)
		}
	}
}

// TestRecord_damaged flips every bit, cuts at every length and puts the record
// under another key.
func TestRecord_damaged(t *testing.T) {
	for _, sample := range samples(t) {
		for i := range 8 * len(sample.record) {
			record := bytes.Clone(sample.record)
			record[i/8] ^= 1 << (i % 8)
			if _, err := decodeBond(sample.key, record); err == nil {
				t.Errorf("bit %d flipped: accepted", i)
			}
		}
		for i := range sample.record {
			if _, err := decodeBond(sample.key, sample.record[:i]); err == nil {
				t.Errorf("cut to %d octets: accepted", i)
			}
		}
		for i := range 8 * len(sample.key) {
			key := bytes.Clone(sample.key)
			key[i/8] ^= 1 << (i % 8)
			if _, err := decodeBond(key, sample.record); err == nil {
				t.Errorf("bit %d of the key flipped: accepted", i)
			}
		}
	}
}

// TestRecord_refused seals contents that are wrong under a right checksum.
func TestRecord_refused(t *testing.T) {
	key := octets(t, "00 001122334455  01 c00000000001")
	const head, ltk = "10 00 0000000000000000 00000000", "000102030405060708090a0b0c0d0e0f 0000 0000000000000000"
	for name, test := range map[string]struct{ content, want string }{
		"empty":             {"", "too short"},
		"one octet missing": {"0010" + head + ltk[:len(ltk)-2], "too short"},
		"one octet more":    {"0010" + head + ltk + "00", "1 octets too many"},
		"unknown flag":      {"0410" + head + ltk, "unknown flags"},
		"last flag":         {"8010" + head + ltk, "unknown flags"},
		"a key of zeros":    {"0050" + head + ltk + strings.Repeat("00", 16), "zero"},
		"no key":            {"0000" + head, "no key"},
		"key size 17":       {"0010 11" + head[2:] + ltk, "key size 17"},
		"nanoseconds":       {"0010 10 00 0000000000000000 3b9aca00" + ltk, "nanoseconds"},
		"year":              {"0010 10 00 7fffffffffffffff 00000000" + ltk, "year"},
		"on-air type 2":     {"0018" + head + "02 c00000000003" + ltk, "address type"},
		"on-air zero":       {"0018" + head + "00 000000000000" + ltk, "on-air address is zero"},
		"on-air resolvable": {"0018" + head + "01 400000000003" + ltk, "resolvable"},
		"SC with one LTK":   {"0011" + head + ltk, "one LTK"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeBond(key, seal(key, octets(t, test.content)))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("decodeBond: %v, want %q", err, test.want)
			}
		})
	}
	for name, key := range map[string][]byte{
		"short":        octets(t, "00 001122334455  01 c000000000"),
		"long":         octets(t, "00 001122334455  01 c00000000001 00"),
		"address type": octets(t, "00 001122334455  02 c00000000001"),
		"resolvable":   octets(t, "00 001122334455  01 400000000001"),
	} {
		if _, err := decodeBond(key, seal(key, octets(t, "0010"+head+ltk))); err == nil {
			t.Errorf("decodeBond with a %s key: accepted", name)
		}
	}
	newer := append([]byte{2}, octets(t, "0010"+head+ltk)...)
	newer = binary.BigEndian.AppendUint32(newer, checksum(key, newer))
	if _, err := decodeBond(key, newer); err == nil || !strings.Contains(err.Error(), "record version 2, want 1") {
		t.Errorf("decodeBond of version 2: %v", err)
	}
}

// FuzzRecord wants every record that is accepted to be the one that its bond
// makes, and everything else to be refused without a panic.
func FuzzRecord(f *testing.F) {
	for _, sample := range samples(f) {
		f.Add(sample.key, sample.record[1:len(sample.record)-checksumSize], true)
		f.Add(sample.key, sample.record, false)
	}
	f.Add([]byte{}, []byte{}, false)
	f.Add(make([]byte, 7), make([]byte, 16), true)
	f.Fuzz(func(t *testing.T, key, record []byte, sealed bool) {
		if sealed { // or no input would ever get beyond the checksum
			record = seal(key, record)
		}
		if b, err := decodeBond(key, record); err == nil {
			if err := b.Validate(); err != nil {
				t.Errorf("accepted, but %v", err)
			}
			gotKey, gotRecord := encodeBond(b)
			if !bytes.Equal(key, gotKey) || !bytes.Equal(record, gotRecord) {
				t.Errorf("accepted %x: %x, which is encoded as %x: %x", key, record, gotKey, gotRecord)
			}
		}
		if l, err := decodeIdentity(key, record); err == nil {
			gotKey, gotRecord := encodeIdentity(l)
			if !bytes.Equal(key, gotKey) || !bytes.Equal(record, gotRecord) {
				t.Errorf("accepted identity %x: %x, which is encoded as %x: %x", key, record, gotKey, gotRecord)
			}
		}
		if written, state, err := decodeAttempts(key, record); err == nil {
			if got := encodeAttempts(key, written, state); !bytes.Equal(record, got) {
				t.Errorf("accepted attempts %x, which are encoded as %x", record, got)
			}
		}
		if peer, err := decodeOnAir(key, record); err == nil {
			if got := seal(key, appendAddress(nil, peer)); !bytes.Equal(record, got) {
				t.Errorf("accepted index entry %x, which is encoded as %x", record, got)
			}
		}
		if irk, err := decodeIRK(key, record); err == nil && !bytes.Equal(record, seal(key, irk[:])) {
			t.Errorf("accepted index entry %x, which is encoded otherwise", record)
		}
		_ = keyName(key)
	})
}
