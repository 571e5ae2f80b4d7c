package virtual

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"blesmp/bt"

	"github.com/google/go-cmp/cmp"
)

func octets(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCCM plays the packet vectors of RFC 3610, section 8.
func TestCCM(t *testing.T) {
	first := "C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF"
	tests := []struct {
		name, key, nonce, additional, plain, want string
		tag                                       int
	}{
		{
			name: "vector 1", tag: 8, key: first, nonce: "00000003020100A0A1A2A3A4A5",
			additional: "0001020304050607",
			plain:      "08090A0B0C0D0E0F101112131415161718191A1B1C1D1E",
			want:       "588C979A61C663D2F066D0C2C0F989806D5F6B61DAC384 17E8D12CFDF926E0",
		},
		{
			name: "vector 2", tag: 8, key: first, nonce: "00000004030201A0A1A2A3A4A5",
			additional: "0001020304050607",
			plain:      "08090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
			want:       "72C91A36E135F8CF291CA894085C87E3CC15C439C9E43A3B A091D56E10400916",
		},
		{
			name: "vector 3", tag: 8, key: first, nonce: "00000005040302A0A1A2A3A4A5",
			additional: "0001020304050607",
			plain:      "08090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20",
			want:       "51B1E5F44A197D1DA46B0F8E2D282AE871E838BB64DA859657 4ADAA76FBD9FB0C5",
		},
		{
			name: "vector 4", tag: 8, key: first, nonce: "00000006050403A0A1A2A3A4A5",
			additional: "000102030405060708090A0B",
			plain:      "0C0D0E0F101112131415161718191A1B1C1D1E",
			want:       "A28C6865939A9A79FAAA5C4C2A9D4A91CDAC8C 96C861B9C9E61EF1",
		},
		{
			name: "vector 7", tag: 10, key: first, nonce: "00000009080706A0A1A2A3A4A5",
			additional: "0001020304050607",
			plain:      "08090A0B0C0D0E0F101112131415161718191A1B1C1D1E",
			want:       "0135D1B2C95F41D5D1D4FEC185D166B8094E999DFED96C 048C56602C97ACBB7490",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCCM([16]byte(octets(t, tt.key)), tt.tag)
			nonce := [nonceSize]byte(octets(t, tt.nonce))
			plain, additional, want := octets(t, tt.plain), octets(t, tt.additional), octets(t, tt.want)

			sealed := c.seal([]byte{0xaa}, &nonce, plain, additional)
			if diff := cmp.Diff(append([]byte{0xaa}, want...), sealed); diff != "" {
				t.Errorf("seal (-want +got):\n%s", diff)
			}
			got, ok := c.open([]byte{0xbb}, &nonce, want, additional)
			if diff := cmp.Diff(append([]byte{0xbb}, plain...), got); !ok || diff != "" {
				t.Errorf("open: %t (-want +got):\n%s", ok, diff)
			}
			for i := range want {
				bad := bytes.Clone(want)
				bad[i] ^= 0x80
				if got, ok := c.open([]byte{0xbb}, &nonce, bad, additional); ok || len(got) != 1 {
					t.Errorf("open took a change of octet %d", i)
				}
			}
			if _, ok := c.open(nil, &nonce, want, append(additional, 0)); ok {
				t.Error("open took other additional data")
			}
			if _, ok := c.open(nil, &nonce, want[:tt.tag-1], additional); ok {
				t.Error("open took less than an authentication value")
			}
		})
	}
}

// TestSession plays the sample data of Core Vol 6, Part C, 1: encryption starts,
// and each side sends one data PDU.
func TestSession(t *testing.T) {
	ltk := bt.Key(octets(t, "4C68384139F574D836BCF34E9DFB01BF"))
	d := diversifiers{
		skdCentral: 0xACBDCEDFE0F10213, skdPeripheral: 0x0213243546576879,
		ivCentral: 0xBADCAB24, ivPeripheral: 0xDEAFBABE,
	}
	key := sessionKey(ltk, d)
	if diff := cmp.Diff(octets(t, "99AD1B5226A37E3E058E3B8E27C2C666"), key[:]); diff != "" {
		t.Fatalf("session key (-want +got):\n%s", diff)
	}
	req := encReq{rand: 0xABCDEF1234567890, ediv: 0x2474, skd: d.skdCentral, iv: d.ivCentral}
	wire := octets(t, "039078563412efcdab74241302f1e0dfcebdac24abdcba")
	if diff := cmp.Diff(wire, req.append(nil)); diff != "" {
		t.Errorf("LL_ENC_REQ (-want +got):\n%s", diff)
	}
	if got := parseEncReq(wire); got != req {
		t.Errorf("parseEncReq = %+v, want %+v", got, req)
	}
	rsp := encRsp{skd: d.skdPeripheral, iv: d.ivPeripheral}
	wire = octets(t, "047968574635241302bebaafde")
	if diff := cmp.Diff(wire, rsp.append(nil)); diff != "" {
		t.Errorf("LL_ENC_RSP (-want +got):\n%s", diff)
	}
	if got := parseEncRsp(wire); got != rsp {
		t.Errorf("parseEncRsp = %+v, want %+v", got, rsp)
	}

	central, peripheral := newSession(ltk, d), newSession(ltk, d)
	steps := []struct {
		name        string
		from        bt.Role
		header      byte
		clear, want string
	}{
		{"LL_START_ENC_RSP1", bt.Central, 0x0f, "06", "9FCDA7F448"},
		{"LL_START_ENC_RSP2", bt.Peripheral, 0x07, "06", "A34C13A415"},
		{
			"LL_DATA1", bt.Central, 0x0e,
			"1700 636465666768696A6B6C6D6E6F707131323334353637383930",
			"7A70D66415226DF26B17839A060405596BD6564F796B5B9CE6FF32F75A6D33",
		},
		{
			"LL_DATA2", bt.Peripheral, 0x06,
			"1700 37363534333231304142434445464748494A4B4C4D4E4F5051",
			"F38881E7BD94C9C369B9A66846DD4786AA8C39CE540D0DAE3ADCDF89B96088",
		},
	}
	for _, s := range steps {
		sender, receiver := central, peripheral
		if s.from == bt.Peripheral {
			sender, receiver = peripheral, central
		}
		plain := octets(t, s.clear)
		sealed := sender.seal(nil, s.from, s.header, plain)
		if diff := cmp.Diff(octets(t, s.want), sealed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
		if _, ok := receiver.open(nil, 1-s.from, s.header, sealed); ok {
			t.Errorf("%s: taken with the other direction bit", s.name)
		}
		if _, ok := receiver.open(nil, s.from, s.header^headerLLID, sealed); ok {
			t.Errorf("%s: taken with another LLID", s.name)
		}
		// A PDU that is sent again may have other SN, NESN and MD bits.
		got, ok := receiver.open(nil, s.from, s.header^0x1c, sealed)
		if diff := cmp.Diff(plain, got); !ok || diff != "" {
			t.Errorf("%s: open: %t (-want +got):\n%s", s.name, ok, diff)
		}
	}
}

// TestSessionCounter checks the place of the packet counter's highest bits.
func TestSessionCounter(t *testing.T) {
	s := &session{}
	got := s.nonce(1<<39-1, bt.Peripheral)
	if diff := cmp.Diff([]byte{0xff, 0xff, 0xff, 0xff, 0x7f}, got[:5]); diff != "" {
		t.Errorf("peripheral (-want +got):\n%s", diff)
	}
	got = s.nonce(1, bt.Central)
	if diff := cmp.Diff([]byte{0x01, 0, 0, 0, 0x80}, got[:5]); diff != "" {
		t.Errorf("central (-want +got):\n%s", diff)
	}
}

// TestHash plays the sample data of ah (Core Vol 3, Part H, D.7).
func TestHash(t *testing.T) {
	irk := bt.Key(octets(t, "ec0234a357c8ad05341010a60a397d9b"))
	if diff := cmp.Diff(octets(t, "0dfbaa"), hash(irk, octets(t, "708194"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	own := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address(octets(t, "7081940dfbaa"))}
	if !resolves(irk, own) {
		t.Error("the sample address does not resolve")
	}
	if resolves(bt.Key{}, own) {
		t.Error("a zero IRK resolves")
	}
	own.Type = bt.PublicAddress
	if resolves(irk, own) {
		t.Error("a public address resolves")
	}
}
