package bond_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bond/bondtest"
	"blesmp/bt"
)

func TestMemory(t *testing.T) {
	bondtest.Run(t, func(*testing.T) bond.Store { return bond.NewMemory() })
}

func address(t testing.TB, s string) bt.TypedAddress {
	t.Helper()
	a, err := bt.ParseTypedAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func valid(t testing.TB) bond.Bond {
	return bond.Bond{
		Local: address(t, "00:11:22:33:44:55"), Peer: address(t, "C0:00:00:00:00:01/random"),
		KeySize:  16,
		LocalLTK: &bond.LongTermKey{Key: bt.Key{1}, EDIV: 2, Rand: 3},
	}
}

func TestBond_Validate(t *testing.T) {
	sc := func(b *bond.Bond) {
		b.SC = true
		b.LocalLTK, b.PeerLTK = &bond.LongTermKey{Key: bt.Key{1}}, &bond.LongTermKey{Key: bt.Key{1}}
	}
	for _, test := range []struct {
		name   string
		change func(*bond.Bond)
		want   string // part of the error; empty: none
	}{
		{"legacy", func(*bond.Bond) {}, ""},
		{"secure connections", sc, ""},
		{"no local address", func(b *bond.Bond) { b.Local = bt.TypedAddress{} }, "no local address"},
		{"no peer address", func(b *bond.Bond) { b.Peer = bt.TypedAddress{} }, "no peer address"},
		{"local is resolvable", func(b *bond.Bond) { b.Local = address(t, "7F:00:00:00:00:01/random") }, "local address 7F"},
		{"peer is resolvable", func(b *bond.Bond) { b.Peer = address(t, "40:00:00:00:00:01/random") }, "resolvable private"},
		{"peer is not resolvable", func(b *bond.Bond) { b.Peer = address(t, "3F:00:00:00:00:01/random") }, "neither public nor static"},
		{"peer has another type", func(b *bond.Bond) { b.Peer.Type = 2 }, "type 0x02"},
		{"peer is local", func(b *bond.Bond) { b.Peer = b.Local }, "our own"},
		{"on air", func(b *bond.Bond) { b.OnAir = address(t, "00:00:00:00:00:02") }, ""},
		{"on air is resolvable", func(b *bond.Bond) { b.OnAir = address(t, "40:00:00:00:00:01/random") }, "resolvable private"},
		{"on air is peer", func(b *bond.Bond) { b.OnAir = b.Peer }, "leave it out"},
		{"on air is local", func(b *bond.Bond) { b.OnAir = b.Local }, "our own"},
		{"size 6", func(b *bond.Bond) { b.KeySize = 6 }, "key size 6"},
		{"size 17", func(b *bond.Bond) { b.KeySize = 17 }, "key size 17"},
		{"size 15, key of 16", func(b *bond.Bond) { b.KeySize = 15 }, "local LTK is longer"},
		{"size 15, key of 15", func(b *bond.Bond) { b.KeySize = 15; b.LocalLTK.Key = bt.Key{0, 1} }, ""},
		{"size 7, peer key of 8", func(b *bond.Bond) {
			b.KeySize, b.LocalLTK, b.PeerLTK = 7, nil, &bond.LongTermKey{Key: bt.Key{8: 1}}
		}, "peer LTK is longer"},
		{"zero LTK", func(b *bond.Bond) { b.LocalLTK.Key = bt.Key{} }, "local LTK is zero"},
		{"secure connections, no local LTK", func(b *bond.Bond) { sc(b); b.LocalLTK = nil }, "one LTK"},
		{"secure connections, no peer LTK", func(b *bond.Bond) { sc(b); b.PeerLTK = nil }, "one LTK"},
		{"secure connections, two LTKs", func(b *bond.Bond) { sc(b); b.PeerLTK.Key[5]++ }, "one LTK"},
		{"secure connections, EDIV", func(b *bond.Bond) { sc(b); b.PeerLTK.EDIV = 1 }, "EDIV and Rand 0"},
		{"secure connections, Rand", func(b *bond.Bond) { sc(b); b.LocalLTK.Rand = 1 }, "EDIV and Rand 0"},
		{"zero IRK", func(b *bond.Bond) { b.PeerIRK = &bt.Key{} }, "peer IRK is zero"},
		{"zero local CSRK", func(b *bond.Bond) { b.LocalCSRK = &bt.Key{} }, "local CSRK is zero"},
		{"zero peer CSRK", func(b *bond.Bond) { b.PeerCSRK = &bt.Key{} }, "peer CSRK is zero"},
		{"zero link key", func(b *bond.Bond) { b.LinkKey = &bt.Key{} }, "link key is zero"},
		{"no key", func(b *bond.Bond) { b.LocalLTK = nil }, "no key at all"},
		{"local counter alone", func(b *bond.Bond) { b.LocalSignCounter = 1 }, "local sign counter"},
		{"peer counter alone", func(b *bond.Bond) { b.PeerSignCounter = 1 }, "peer sign counter"},
		{"year 10000", func(b *bond.Bond) { b.Created = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "year 10000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := valid(t)
			test.change(&b)
			err := b.Validate()
			if test.want == "" {
				if err != nil {
					t.Fatalf("Validate: %v", err)
				}
				return
			}
			if !errors.Is(err, bond.ErrInvalid) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("Validate: %v, want ErrInvalid with %q", err, test.want)
			}
		})
	}
}

// TestBond_keysHidden prints a bond in every usual way and looks for its keys.
func TestBond_keysHidden(t *testing.T) {
	secret := bt.Key{0xDE, 0xAD, 0xBE, 0xEF, 0xDE, 0xAD, 0xBE, 0xEF, 0xDE, 0xAD, 0xBE, 0xEF, 0xDE, 0xAD, 0xBE, 0xEF}
	b := valid(t)
	b.LocalLTK = &bond.LongTermKey{Key: secret}
	b.PeerIRK, b.LocalCSRK, b.PeerCSRK, b.LinkKey = &secret, &secret, &secret, &secret
	encoded, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	b.SC = true
	for _, text := range []string{
		string(encoded), fmt.Sprintf("%v %+v %#v", b, b, b), fmt.Sprintf("%v %x", *b.LocalLTK, *b.LocalLTK), b.Validate().Error(),
	} {
		for _, leak := range []string{"deadbeef", "222 173", "0xde, 0xad", "3q2+7"} {
			if strings.Contains(strings.ToLower(text), leak) {
				t.Errorf("a key shows in %s", text)
			}
		}
	}
}

func TestResolves(t *testing.T) {
	// Core Vol 3, Part H, D.7.
	irk, err := bt.ParseKey("ec0234a357c8ad05341010a60a397d9b")
	if err != nil {
		t.Fatal(err)
	}
	rpa := address(t, "70:81:94:0D:FB:AA/random")
	for _, test := range []struct {
		name    string
		irk     bt.Key
		address bt.TypedAddress
		want    bool
	}{
		{"sample data", irk, rpa, true},
		{"public type", irk, address(t, "70:81:94:0D:FB:AA/public"), false},
		{"first octet of the hash", irk, address(t, "70:81:94:0C:FB:AA/random"), false},
		{"last octet of the hash", irk, address(t, "70:81:94:0D:FB:AB/random"), false},
		{"another prand", irk, address(t, "70:81:95:0D:FB:AA/random"), false},
		{"another IRK", bt.Key{1}, rpa, false},
		// EB:DD:C8 is the right hash of this prand with a key of zeros.
		{"zero IRK", bt.Key{}, address(t, "40:00:00:EB:DD:C8/random"), false},
	} {
		if got := bond.Resolves(test.irk, test.address); got != test.want {
			t.Errorf("%s: Resolves(%v) = %t, want %t", test.name, test.address, got, test.want)
		}
	}
}

func TestResolver(t *testing.T) {
	irk, err := bt.ParseKey("ec0234a357c8ad05341010a60a397d9b")
	if err != nil {
		t.Fatal(err)
	}
	private := address(t, "70:81:94:0D:FB:AA/random")
	b := valid(t)
	b.OnAir, b.PeerIRK = address(t, "00:00:00:00:00:02"), &irk
	plain := valid(t)
	plain.Peer = address(t, "C0:00:00:00:00:02/random")
	store := bond.NewMemory()
	if err := store.Put(b, plain); err != nil {
		t.Fatal(err)
	}
	ours := bt.Key{7}
	for _, l := range []bond.LocalIdentity{{Address: b.Local, IRK: &ours}, {Address: plain.Peer}} {
		if err := store.PutIdentity(l); err != nil {
			t.Fatal(err)
		}
	}
	r := bond.NewResolver(store)

	for _, onAir := range []bt.TypedAddress{private, b.OnAir, b.Peer} {
		if got, ok, err := r.ResolvePeer(b.Local, onAir); err != nil || !ok || got != b.Peer {
			t.Errorf("ResolvePeer(%v) = %v, %t, %v", onAir, got, ok, err)
		}
	}
	private.Address[5]++
	for _, onAir := range []bt.TypedAddress{private, address(t, "00:00:00:00:00:03"), {}} {
		if got, ok, err := r.ResolvePeer(b.Local, onAir); err != nil || ok || !got.IsZero() {
			t.Errorf("ResolvePeer(%v) = %v, %t, %v; want none", onAir, got, ok, err)
		}
	}

	if got, ok, err := r.LocalIRK(b.Local); err != nil || !ok || got != ours {
		t.Errorf("LocalIRK: %t, %v", ok, err)
	}
	for _, identity := range []bt.TypedAddress{plain.Peer, b.OnAir} {
		if _, ok, err := r.LocalIRK(identity); err != nil || ok {
			t.Errorf("LocalIRK(%v): %t, %v; want none", identity, ok, err)
		}
	}

	var peers []bt.TypedAddress
	err = r.PeerIRKs(b.Local, func(peer bt.TypedAddress, got bt.Key) bool {
		if got != irk {
			t.Errorf("PeerIRKs: wrong IRK for %v", peer)
		}
		peers = append(peers, peer)
		return true
	})
	if err != nil || len(peers) != 1 || peers[0] != b.Peer {
		t.Errorf("PeerIRKs: %v, %v; want only %v", peers, err, b.Peer)
	}
}

func TestCorruptError(t *testing.T) {
	found := errors.New("checksum differs")
	err := error(&bond.CorruptError{File: "bonds.db", Bucket: "bonds", Record: "a/b", Advice: "restore it", Err: found})
	if want := "bond: bonds.db: bucket bonds: record a/b: checksum differs: restore it"; err.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
	if !errors.Is(err, found) || errors.Is(err, bond.ErrNotFound) {
		t.Errorf("errors.Is sees %v wrongly", err)
	}
}
