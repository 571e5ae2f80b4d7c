package bondfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bond/bondfile"
	"blesmp/bt"
)

// The values that the fixtures hold. LTK and IRK are the sample data of f5 and
// ah (Core Vol 3, Part H, appendix D).
var (
	local  = address("00:A0:50:00:00:01/public")
	static = address("C0:11:22:33:44:55/random")
	public = address("00:11:22:33:44:66/public")

	sampleLTK = key("6986791169d7cd23980522b594750a38")
	sampleIRK = key("ec0234a357c8ad05341010a60a397d9b")
	sampleRPA = address("70:81:94:0D:FB:AA/random")
)

func address(s string) bt.TypedAddress {
	a, err := bt.ParseTypedAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func key(s string) bt.Key {
	k, err := bt.ParseKey(s)
	if err != nil {
		panic(err)
	}
	return k
}

func ptr[T any](v T) *T { return &v }

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// secure is the bond of bluez-sc.info and, without the link key, of
// blehost-sc.json.
func secure() bond.Bond {
	return bond.Bond{
		Local: local, Peer: static, SC: true, MITM: true, Model: bond.UnknownModel, KeySize: 16,
		LocalLTK: &bond.LongTermKey{Key: sampleLTK}, PeerLTK: &bond.LongTermKey{Key: sampleLTK},
		PeerIRK: ptr(sampleIRK), LinkKey: ptr(key("100f0e0d0c0b0a090807060504030201")),
	}
}

// legacy is the bond of bluez-legacy.info.
func legacy() bond.Bond {
	return bond.Bond{
		Local: local, Peer: public, MITM: true, Model: bond.UnknownModel, KeySize: 10,
		LocalLTK:  &bond.LongTermKey{Key: key("000000000000aaa9a8a7a6a5a4a3a2a1"), EDIV: 0xbeef, Rand: 0xfedcba9876543210},
		PeerLTK:   &bond.LongTermKey{Key: key("0000000000000a090807060504030201"), EDIV: 0x1234, Rand: 0x0123456789abcdef},
		LocalCSRK: ptr(key("1f1e1d1c1b1a19181716151413121110")), LocalSignCounter: 7,
		PeerCSRK: ptr(key("2f2e2d2c2b2a29282726252423222120")), PeerSignCounter: 42,
	}
}

func with(b bond.Bond, change func(*bond.Bond)) bond.Bond {
	change(&b)
	return b
}

func TestParseBlueZ(t *testing.T) {
	for _, test := range []struct {
		file string
		peer bt.TypedAddress
		want bond.Bond
	}{
		{"bluez-sc.info", static, secure()},
		{"bluez-legacy.info", public, legacy()},
		{"bluez-old.info", static, bond.Bond{
			Local: local, Peer: static, KeySize: 16,
			LocalLTK: &bond.LongTermKey{Key: key("0f0e0d0c0b0a09080706050403020100"), EDIV: 1, Rand: 0x0123456789abcdef},
		}},
	} {
		t.Run(test.file, func(t *testing.T) {
			got, err := bondfile.ParseBlueZ(test.file, fixture(t, test.file), local, test.peer.Address)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("bond (-want +got):\n%s", diff)
			}
			if got.PeerIRK != nil && !bond.Resolves(*got.PeerIRK, sampleRPA) {
				t.Error("the IRK does not resolve the address of the sample data")
			}
		})
	}
}

func TestParseBlueZOtherKinds(t *testing.T) {
	for _, test := range []struct {
		kind string
		want func(*bond.Bond)
	}{
		{"2", func(b *bond.Bond) { b.MITM, b.Model = false, 0 }},
		{"4", func(b *bond.Bond) { b.MITM, b.Model, b.Debug = false, 0, true }},
	} {
		text := strings.ReplaceAll(string(fixture(t, "bluez-sc.info")), "Authenticated=3", "Authenticated="+test.kind)
		got, err := bondfile.ParseBlueZ("info", []byte(text), local, static.Address)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(with(secure(), test.want), got); diff != "" {
			t.Errorf("Authenticated %s (-want +got):\n%s", test.kind, diff)
		}
	}
}

func TestParseBlueZIdentity(t *testing.T) {
	got, err := bondfile.ParseBlueZIdentity("identity", fixture(t, "bluez.identity"), local)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bond.LocalIdentity{Address: local, IRK: ptr(sampleIRK)}, got); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	back, err := bondfile.AppendBlueZIdentity(nil, &got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(fixture(t, "bluez.identity")), string(back)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if _, err := bondfile.AppendBlueZIdentity(nil, &bond.LocalIdentity{Address: local}); !errors.Is(err, bond.ErrInvalid) {
		t.Errorf("identity without an IRK: %v", err)
	}
}

func TestParseBLEHost(t *testing.T) {
	for _, test := range []struct {
		file string
		want bond.Bond
	}{
		{"blehost-sc.json", with(secure(), func(b *bond.Bond) { b.LinkKey = nil })},
		{"blehost-legacy.json", bond.Bond{
			Local: local, Peer: static, KeySize: 10,
			LocalLTK: &bond.LongTermKey{Key: key("0000000000000a090807060504030201"), EDIV: 0x1234, Rand: 0x0123456789abcdef},
			PeerLTK:  &bond.LongTermKey{Key: key("000000000000aaa9a8a7a6a5a4a3a2a1"), EDIV: 0xbeef, Rand: 0xfedcba9876543210},
		}},
		{"blehost-short.json", bond.Bond{
			Local: local, Peer: static, KeySize: 7, SC: true,
			LocalLTK: &bond.LongTermKey{Key: key("00000000000000000000060504030201")},
			PeerLTK:  &bond.LongTermKey{Key: key("00000000000000000000060504030201")},
		}},
	} {
		t.Run(test.file, func(t *testing.T) {
			got, err := bondfile.ParseBLEHost(test.file, fixture(t, test.file), local, static)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("bond (-want +got):\n%s", diff)
			}
		})
	}
}

// sample is what bonds.json holds.
func sample() *bondfile.Set {
	second := address("C0:00:00:00:00:02/random")
	return &bondfile.Set{
		Identities: []bond.LocalIdentity{{Address: local, IRK: ptr(sampleIRK)}, {Address: second}},
		Bonds: []bond.Bond{
			with(secure(), func(b *bond.Bond) {
				b.OnAir, b.Model = address("00:11:22:33:44:55/public"), 4
				b.Created = time.Date(2024, 2, 29, 23, 59, 59, 500_000_000, time.UTC)
			}),
			with(legacy(), func(b *bond.Bond) { b.Local = second }),
		},
	}
}

func TestJSON(t *testing.T) {
	got, err := bondfile.ParseJSON("bonds.json", fixture(t, "bonds.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), got); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	back, err := bondfile.AppendJSON(nil, got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(fixture(t, "bonds.json")), string(back)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

// TestRoundTrips writes and reads bonds of every kind; what a format has no
// place for is told by Omits.
func TestRoundTrips(t *testing.T) {
	bonds := map[string]bond.Bond{
		"secure":          secure(),
		"just works":      with(secure(), func(b *bond.Bond) { b.MITM, b.Model = false, 0 }),
		"legacy":          legacy(),
		"debug":           with(secure(), func(b *bond.Bond) { b.MITM, b.Model, b.Debug, b.LinkKey = false, 0, true, nil }),
		"only own LTK":    with(legacy(), func(b *bond.Bond) { b.PeerLTK, b.LocalCSRK, b.LocalSignCounter = nil, nil, 0 }),
		"only the peer's": with(legacy(), func(b *bond.Bond) { b.LocalLTK, b.PeerCSRK, b.PeerSignCounter = nil, nil, 0 }),
		"only an IRK":     {Local: local, Peer: static, KeySize: 16, PeerIRK: ptr(sampleIRK)},
		"everything": with(secure(), func(b *bond.Bond) {
			b.OnAir, b.Model, b.Created = public, 5, time.Unix(1e9, 1).UTC()
			b.PeerCSRK, b.PeerSignCounter = ptr(key("2f2e2d2c2b2a29282726252423222120")), 0
		}),
		"short": with(secure(), func(b *bond.Bond) {
			b.KeySize = 7
			short := key("00000000000000000007060504030201")
			b.LocalLTK, b.PeerLTK = &bond.LongTermKey{Key: short}, &bond.LongTermKey{Key: short}
		}),
	}
	for name, b := range bonds {
		for _, format := range bondfile.Formats() {
			t.Run(string(format)+"/"+name, func(t *testing.T) {
				want := b.Clone()
				omitted := format.Omits(&b)
				for _, o := range omitted {
					switch o {
					case "on-air address":
						want.OnAir = bt.TypedAddress{}
					case "association model":
						want.Model = bond.UnknownModel
					case "time of pairing":
						want.Created = time.Time{}
					case "CSRKs":
						want.LocalCSRK, want.LocalSignCounter, want.PeerCSRK, want.PeerSignCounter = nil, 0, nil, 0
					case "link key":
						want.LinkKey = nil
					default:
						t.Fatalf("Omits told %q", o)
					}
				}
				files, err := bondfile.Files(format, &bondfile.Set{Bonds: []bond.Bond{b}})
				if format == bondfile.BLEHost && b.Debug {
					if !errors.Is(err, bond.ErrInvalid) {
						t.Errorf("debug bond: %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				var got bond.Bond
				switch format {
				case bondfile.JSON:
					var s *bondfile.Set
					if s, err = bondfile.ParseJSON("file", files[0].Data); err == nil {
						got = s.Bonds[0]
					}
				case bondfile.BlueZ:
					got, err = bondfile.ParseBlueZ("file", files[0].Data, b.Local, b.Peer.Address)
				case bondfile.BLEHost:
					got, err = bondfile.ParseBLEHost("file", files[0].Data, b.Local, b.Peer)
				}
				if format == bondfile.BLEHost && name == "only an IRK" {
					want.Model = 0
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("bond that came back (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestCounterNeverFalls sends the peer's counter to BlueZ and back.
func TestCounterNeverFalls(t *testing.T) {
	for _, counter := range []uint32{0, 1, 2, 1000, 0xfffffffe} {
		b := legacy()
		b.PeerSignCounter = counter
		file, err := bondfile.AppendBlueZ(nil, &b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := bondfile.ParseBlueZ("info", file, b.Local, b.Peer.Address)
		if err != nil {
			t.Fatal(err)
		}
		if got.PeerSignCounter < counter || got.PeerSignCounter > counter+1 {
			t.Errorf("counter %d came back as %d", counter, got.PeerSignCounter)
		}
	}
}
