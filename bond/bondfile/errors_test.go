package bondfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bond/bondfile"
	"blesmp/bt"
)

// replace changes one place of a fixture, and fails where it is not there.
func replace(t *testing.T, file, old, to string) []byte {
	t.Helper()
	text := string(fixture(t, file))
	if !strings.Contains(text, old) {
		t.Fatalf("%s has no %q", file, old)
	}
	return []byte(strings.Replace(text, old, to, 1))
}

// checkError wants an *Error with this text and no key in it.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	var wrong *bondfile.Error
	if !errors.As(err, &wrong) {
		t.Fatalf("got %v, want a *bondfile.Error", err)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestBlueZErrors(t *testing.T) {
	const ini = "compare the file with one that BlueZ wrote, or copy it anew"
	for _, test := range []struct {
		name, file, old, to string
		want                string
	}{
		{"no INI", "bluez-sc.info", "[General]", "General", "bondfile: info:1: neither [GROUP] nor KEY=VALUE; " + ini},
		{"before a group", "bluez-sc.info", "[General]", "", "bondfile: info:2: Name stands before the first group; " + ini},
		{"bracket", "bluez-sc.info", "[LinkKey]", "[LinkKey", "bondfile: info:28: not a group: a group's name stands in brackets; " + ini},
		{"group twice", "bluez-sc.info", "[DeviceID]", "[LinkKey]", "bondfile: info:33: the group [LinkKey] was there before, in line 28; leave one of them"},
		{"key twice", "bluez-sc.info", "EncSize=16", "EDiv=0", "bondfile: info:18: EDiv was there before, in line 17; leave one of them"},
		{"address type", "bluez-sc.info", "=static", "=random", `bondfile: info:4: AddressType is "random", want public or static; write the one that the device has`},
		{"short key", "bluez-sc.info", "Key=9B7D", "Key=9B", "bondfile: info:12: Key is 30 hexadecimal digits, want 32; " + ini},
		{"no hex", "bluez-sc.info", "Key=9B7D", "Key=9B7X", "bondfile: info:12: Key is 32 characters that are not pairs of hexadecimal digits; " + ini},
		{"unknown line", "bluez-sc.info", "EncSize=16", "EncSize=16\nCipher=1", "bondfile: info:18: [PeripheralLongTermKey] has a line Cipher that is not known; remove the line if you know that the key is good without it"},
		{"no EncSize", "bluez-sc.info", "EncSize=16\n", "", "bondfile: info:14: [PeripheralLongTermKey] has no EncSize; " + ini},
		{"EncSize", "bluez-sc.info", "EncSize=16", "EncSize=6", `bondfile: info:17: EncSize is "6", want a number from 7 to 16; ` + ini},
		{"kind", "bluez-sc.info", "Authenticated=3", "Authenticated=5", `bondfile: info:16: Authenticated is "5", want a number from 0 to 4; ` + ini},
		{"EDiv", "bluez-legacy.info", "EDiv=4660", "EDiv=65536", `bondfile: info:21: EDiv is "65536", want a number from 0 to 65535; ` + ini},
		{"Rand", "bluez-legacy.info", "Rand=81985529216486895", "Rand=-1", `bondfile: info:22: Rand is "-1", want a number from 0 to 18446744073709551615; ` + ini},
		{"old Rand", "bluez-old.info", "0xefcdab8967452301", "0xef", "bondfile: info:10: Rand is 2 hexadecimal digits, want 16; " + ini},
		{"no Rand", "bluez-old.info", "Rand=0xefcdab8967452301", "", "bondfile: info:4: [LongTermKey] has no Rand; " + ini},
		{"Master", "bluez-old.info", "Master=0", "Master=maybe", `bondfile: info:7: Master is "maybe", want true or false; ` + ini},
		{"counter", "bluez-legacy.info", "Counter=7", "Counter=x", `bondfile: info:9: Counter is "x", want a number from 0 to 4294967294; ` + ini},
		{"flag", "bluez-legacy.info", "Authenticated=true", "Authenticated=2", `bondfile: info:10: Authenticated is "2", want true or false; ` + ini},
		{"out of date", "bluez-legacy.info", "Rand=18364758544493064720", "Rand=1", "bondfile: info:31: [SlaveLongTermKey] and [PeripheralLongTermKey] are one key, but differ; remove the group that is out of date"},
		{"two sizes", "bluez-legacy.info", "EncSize=10", "EncSize=11", "bondfile: info:24: EncSize is 10 in [PeripheralLongTermKey], but 11 in [LongTermKey]; remove the group that is out of date"},
		{"two kinds", "bluez-legacy.info", "Authenticated=1", "Authenticated=3", "bondfile: info:24: Authenticated is 1 in [PeripheralLongTermKey], but 3 in [LongTermKey]; remove the group that is out of date"},
		{"zero", "bluez-old.info", "0x000102030405060708090A0B0C0D0E0F", "0x00000000000000000000000000000000", "bondfile: info:4: invalid: peer C0:11:22:33:44:55/random: local LTK is zero; leave this bond out and pair again"},
		{"EDIV of SC", "bluez-old.info", "Authenticated=0", "Authenticated=2", "bondfile: info:4: invalid: peer C0:11:22:33:44:55/random: secure connections have EDIV and Rand 0; leave this bond out and pair again"},
		{"no keys", "bluez-classic.info", "Class", "Class", "bondfile: info: no LE keys; pair the device over LE first, or choose the file of another"},
		{"strange name", "bluez-sc.info", "=static", "=\x1b[31m" + strings.Repeat("x", 60), `bondfile: info:4: AddressType is "?[31mxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...", want public or static; write the one that the device has`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := bondfile.ParseBlueZ("info", replace(t, test.file, test.old, test.to), local, static.Address)
			checkError(t, err, test.want)
		})
	}
	_, err := bondfile.ParseBlueZ("info", fixture(t, "bluez-sc.info"), local, bt.Address{0x44, 0, 0, 0, 0, 1})
	checkError(t, err, "bondfile: info:11: invalid: peer 44:00:00:00:00:01/random: peer address 44:00:00:00:00:01/random is resolvable private, so it is nobody's identity; leave this bond out and pair again")
	_, err = bondfile.ParseBlueZIdentity("identity", []byte("[General]\nIdentityResolvingKey=00"), local)
	checkError(t, err, "bondfile: identity:2: IdentityResolvingKey is 2 hexadecimal digits, want 32; "+ini)
	_, err = bondfile.ParseBlueZIdentity("identity", []byte("[Other]\n"), local)
	checkError(t, err, "bondfile: identity: no group [General]; "+ini)
}

func TestJSONErrors(t *testing.T) {
	const format = "compare the file with the format, or export it anew"
	for _, test := range []struct {
		name, old, to string
		want          string
	}{
		{"empty", string(fixture(t, "bonds.json")), "", "bondfile: f:1: the file ends inside the JSON value; the file was cut off: copy it anew"},
		{"another kind", string(fixture(t, "bonds.json")), "[]", "bondfile: f:1: the file is an array, want an object; " + format},
		{"syntax", `"version": 1,`, `"version": 1;`, "bondfile: f:3: not JSON: invalid character ';' after object key:value pair; " + format},
		{"cut off", "\n  ]\n}\n", "", "bondfile: f:60: the file ends inside the JSON value; the file was cut off: copy it anew"},
		{"more", "\n  ]\n}\n", "\n  ]\n}\n\n{}", "bondfile: f:64: there is more behind the JSON value; " + format},
		{"no format", `"format": "blesmp bonds",`, "", "bondfile: f:1: the file has no format; " + format},
		{"format", `"blesmp bonds"`, `"bonds"`, `bondfile: f:2: format is not "blesmp bonds"; choose a file that smp bonds export made, or name the format of this one`},
		{"version", `"version": 1`, `"version": 2`, "bondfile: f:3: version 2 is not known, only 1; use the newer version of the program that wrote it"},
		{"unknown", `"identities"`, `"people"`, "bondfile: f:4: people is not known; " + format},
		{"unknown in a bond", `"on_air"`, `"onair"`, "bondfile: f:17: bonds[0].onair is not known; " + format},
		{"twice", `"mitm": true`, `"sc": true`, "bondfile: f:19: bonds[0].sc is there twice; leave one of them"},
		{"array", `"bonds": [`, `"bonds": 7, "x": [`, "bondfile: f:13: x is not known; " + format},
		{"no local", `"local": "00:A0:50:00:00:01/public",`, "", "bondfile: f:14: bonds[0] has no local; " + format},
		{"address type", `"C0:11:22:33:44:55/random"`, `"C0:11:22:33:44:55"`, `bondfile: f:16: bonds[0].peer is "C0:11:22:33:44:55", no address with its type; write it as C0:11:22:33:44:55/random or with /public`},
		{"private", `"C0:11:22:33:44:55/random"`, `"41:11:22:33:44:55/random"`, "bondfile: f:14: invalid: peer 41:11:22:33:44:55/random: peer address 41:11:22:33:44:55/random is resolvable private, so it is nobody's identity; leave this bond out and pair again"},
		{"flag", `"sc": true`, `"sc": 1`, "bondfile: f:18: bonds[0].sc is a number, want true or false; " + format},
		{"model", `"model": 4`, `"model": 6`, "bondfile: f:20: bonds[0].model is 6, want 0 to 5; " + format},
		{"model of no MITM", `"model": 4`, `"model": 0`, "bondfile: f:20: bonds[0].model is 0, but mitm is true; Just Works is 0 and alone has no MITM protection; " + format},
		{"size", `"key_size": 16`, `"key_size": 17`, "bondfile: f:21: bonds[0].key_size is 17, want 7 to 16; " + format},
		{"fraction", `"key_size": 16`, `"key_size": 16.0`, "bondfile: f:21: bonds[0].key_size is 16.0, want 7 to 16; " + format},
		{"no size", `"key_size": 16,`, ``, "bondfile: f:14: bonds[0] has no key_size; " + format},
		{"key", `"peer_irk": "ec02`, `"peer_irk": "ec`, "bondfile: f:32: bonds[0].peer_irk is 30 hexadecimal digits, want 32; export the bond anew, with its keys"},
		{"hidden key", `"ec0234a357c8ad05341010a60a397d9b",` + "\n      \"link", `"[hidden]",` + "\n      \"link", "bondfile: f:32: bonds[0].peer_irk is 8 characters that are not pairs of hexadecimal digits; export the bond anew, with its keys"},
		{"no key", `"key": "6986791169d7cd23980522b594750a38",`, "", "bondfile: f:22: bonds[0].local_ltk has no key; " + format},
		{"ediv", `"ediv": 0`, `"ediv": -1`, "bondfile: f:24: bonds[0].local_ltk.ediv is -1, want 0 to 65535; " + format},
		{"rand", `"rand": "0000000000000000"`, `"rand": 0`, "bondfile: f:25: bonds[0].local_ltk.rand is a number, want a string; " + format},
		{"rand length", `"rand": "0000000000000000"`, `"rand": "00"`, "bondfile: f:25: bonds[0].local_ltk.rand is 2 hexadecimal digits, want 16; " + format},
		{"counter", `"counter": 7`, `"counter": 4294967296`, "bondfile: f:54: bonds[1].local_csrk.counter is 4294967296, want 0 to 4294967295; " + format},
		{"time", `"2024-02-29T23:59:59.5Z"`, `"yesterday"`, `bondfile: f:34: bonds[0].created is "yesterday", no time; write it as 2024-02-29T23:59:59Z`},
		{"two LTKs", "6986791169d7cd23980522b594750a38", "7986791169d7cd23980522b594750a38", "bondfile: f:14: invalid: peer C0:11:22:33:44:55/random: secure connections make one LTK for both sides; leave this bond out and pair again"},
		{"same peer", `"local": "C0:00:00:00:00:02/random",` + "\n" + `      "peer": "00:11:22:33:44:66/public"`, `"local": "00:A0:50:00:00:01/public",` + "\n" + `      "peer": "00:11:22:33:44:55/public"`, "bondfile: f:36: 00:A0:50:00:00:01/public has a bond with 00:11:22:33:44:55/public already, in f:14; leave one of them out"},
		{"same identity", `"address": "C0:00:00:00:00:02/random"`, `"address": "00:A0:50:00:00:01/public"`, "bondfile: f:9: the identity 00:A0:50:00:00:01/public is there already, in f:5; leave one of them out"},
		{"zero IRK", `"irk": "ec0234a357c8ad05341010a60a397d9b"`, `"irk": "00000000000000000000000000000000"`, "bondfile: f:5: invalid: local 00:A0:50:00:00:01/public: IRK is zero, which means none: leave it out; leave this bond out and pair again"},
		{"too deep", `"bonds": [`, `"bonds": [[[[[[[[[[[[[[`, "bondfile: f:13: objects and arrays are nested too deep; " + format},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := bondfile.ParseJSON("f", replace(t, "bonds.json", test.old, test.to))
			checkError(t, err, test.want)
		})
	}
}

func TestBLEHostErrors(t *testing.T) {
	const format = "compare the file with the format, or export it anew"
	for _, test := range []struct {
		name, file, old, to string
		want                string
	}{
		{"unknown", "blehost-sc.json", `"irk"`, `"csrk"`, "bondfile: k:1: csrk is not known; " + format},
		{"no mitm", "blehost-sc.json", `"mitm":true,`, ``, "bondfile: k:1: the file has no mitm; " + format},
		{"irk", "blehost-sc.json", `"irk":"9b7d`, `"irk":"9b7`, "bondfile: k:1: irk is 31 characters that are not pairs of hexadecimal digits; " + format},
		{"rand", "blehost-sc.json", `"rand":"0000000000000000"`, `"rand":"00"`, "bondfile: k:1: localLtk.rand is 2 hexadecimal digits, want 16; " + format},
		{"ediv", "blehost-sc.json", `"ediv":0`, `"ediv":"0"`, "bondfile: k:1: localLtk.ediv is a string, want a number; " + format},
		{"short LTK", "blehost-short.json", `"ltk":"01020304050600"`, `"ltk":"010203040506"`, "bondfile: k:1: localLtk.ltk is 12 hexadecimal digits, want 14 to 32; " + format},
		{"two lengths", "blehost-short.json", `"ltk":"01020304050600"`, `"ltk":"0102030405060000"`, "bondfile: k:1: localLtk and peerLtk are of different length; pair again"},
		{"zero LTK", "blehost-short.json", `"ltk":"01020304050600"`, `"ltk":"00000000000000"`, "bondfile: k:1: localLtk.ltk is zero; pair again"},
		{"no key", "blehost-sc.json", string(fixture(t, "blehost-sc.json")), `{"mitm":false,"sc":false,"irk":null,"localLtk":null,"peerLtk":null}`, "bondfile: k: no key; pair the device with bonding first, or choose the file of another"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := bondfile.ParseBLEHost("k", replace(t, test.file, test.old, test.to), local, static)
			checkError(t, err, test.want)
		})
	}
}

func TestAppendRefuses(t *testing.T) {
	bad := with(secure(), func(b *bond.Bond) { b.KeySize = 3 })
	for _, format := range bondfile.Formats() {
		if _, err := bondfile.Files(format, &bondfile.Set{Bonds: []bond.Bond{bad}}); !errors.Is(err, bond.ErrInvalid) {
			t.Errorf("%s: %v", format, err)
		}
	}
	twins := &bondfile.Set{Bonds: []bond.Bond{
		secure(), with(secure(), func(b *bond.Bond) { b.Peer.Type = bt.PublicAddress }),
	}}
	if _, err := bondfile.Files(bondfile.BlueZ, twins); !errors.Is(err, bond.ErrInvalid) {
		t.Errorf("two files of one name: %v", err)
	}
	if _, err := bondfile.ParseFormat("windows"); err == nil {
		t.Error("a format that is not known")
	}
}
