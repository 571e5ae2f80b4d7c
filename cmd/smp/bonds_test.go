package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bond/bondfile"
	"blesmp/bt"
)

// told is what a command answered.
type told struct {
	Code     int
	Out, Err string
}

// tell runs a command in this process.
func tell(args ...string) told {
	var out, err bytes.Buffer
	code := run(context.Background(), streams{strings.NewReader(""), &out, &err}, args)
	return told{code, out.String(), err.String()}
}

const bondFixtures = "../../bond/bondfile/testdata/"

// shelf is a folder with a file of bonds that holds those of bonds.json.
func shelf(t *testing.T) (folder, bonds string) {
	t.Helper()
	folder = t.TempDir()
	bonds = filepath.Join(folder, "bonds.db")
	got := tell("bonds", "import", "--bonds", bonds, "--min-key-size", "7", bondFixtures+"bonds.json")
	if diff := cmp.Diff(told{0, "imported 2 bonds and 2 identities of our own\n", ""}, got); diff != "" {
		t.Fatalf("import (-want +got):\n%s", diff)
	}
	return folder, bonds
}

// content is what a file of bonds holds, keys and all.
func content(t *testing.T, bonds string) string {
	t.Helper()
	store, err := boltstore.Open(bonds)
	if err != nil {
		t.Fatal(err)
	}
	set := &bondfile.Set{}
	for b, err := range store.All() {
		if err != nil {
			t.Fatal(err)
		}
		set.Bonds = append(set.Bonds, b)
	}
	if set.Identities, err = store.Identities(); err != nil {
		t.Fatal(err)
	}
	text, err := bondfile.AppendJSON(nil, set)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBondsList(t *testing.T) {
	_, bonds := shelf(t)
	want := `PEER                      LOCAL                     PAIRING                MODEL               PROTECTION  SIZE  KEYS                                        PAIRED
C0:11:22:33:44:55/random  00:A0:50:00:00:01/public  LE Secure Connections  numeric comparison  MITM        16    LTK, peer's IRK, link key                   2024-02-29 23:59:59 UTC
00:11:22:33:44:66/public  C0:00:00:00:00:02/random  legacy pairing         unknown             MITM        10    own LTK, peer's LTK, own CSRK, peer's CSRK  unknown
own identity 00:A0:50:00:00:01/public, IRK [hidden]
own identity C0:00:00:00:00:02/random
`
	if diff := cmp.Diff(told{0, want, ""}, tell("bonds", "list", "--bonds", bonds)); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	one := tell("bonds", "list", "--bonds", bonds, "--local", "C0:00:00:00:00:02/random", "--json")
	lines := strings.Split(strings.TrimSpace(one.Out), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	wantLine := `{"kind":"bond","local":"C0:00:00:00:00:02/random","peer":"00:11:22:33:44:66/public","sc":false,"mitm":true,"model":"unknown","key_size":10,` +
		`"keys":[{"name":"own LTK","key":"[hidden]","ediv":48879,"rand":"fedcba9876543210"},{"name":"peer's LTK","key":"[hidden]","ediv":4660,"rand":"0123456789abcdef"},` +
		`{"name":"own CSRK","key":"[hidden]","counter":7},{"name":"peer's CSRK","key":"[hidden]","counter":42}]}`
	if diff := cmp.Diff(wantLine, lines[0]); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
}

func TestBondsShow(t *testing.T) {
	_, bonds := shelf(t)
	want := `peer        C0:11:22:33:44:55/random
on the air  00:11:22:33:44:55/public
local       00:A0:50:00:00:01/public
pairing     LE Secure Connections
model       numeric comparison
protection  MITM
key size    16 octets
paired      2024-02-29 23:59:59 UTC
LTK         [hidden]
peer's IRK  [hidden]
link key    [hidden]
`
	// By any of its addresses, with and without its type.
	for _, peer := range []string{"C0:11:22:33:44:55", "c0:11:22:33:44:55/random", "00:11:22:33:44:55"} {
		if diff := cmp.Diff(told{0, want, ""}, tell("bonds", "show", peer, "--bonds", bonds)); diff != "" {
			t.Errorf("show %s (-want +got):\n%s", peer, diff)
		}
	}
	shown := tell("bonds", "show", "--show-keys", "--bonds", bonds, "C0:11:22:33:44:55")
	for _, key := range []string{"6986791169d7cd23980522b594750a38", "ec0234a357c8ad05341010a60a397d9b"} {
		if !strings.Contains(shown.Out, key) {
			t.Errorf("--show-keys does not show %s:\n%s", key, shown.Out)
		}
	}
}

// TestBondsHideKeys looks for every key of the fixtures in what commands print
// that were not asked for keys.
func TestBondsHideKeys(t *testing.T) {
	_, bonds := shelf(t)
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"show", "00:11:22:33:44:66"}, {"show", "00:11:22:33:44:66", "--json"}} {
		got := tell(append(append([]string{"bonds"}, args...), "--bonds", bonds)...)
		for _, key := range []string{"6986791169d7cd23", "ec0234a357c8ad05", "aaa9a8a7a6a5a4", "0a090807060504", "1f1e1d1c1b1a", "2f2e2d2c2b2a", "100f0e0d0c0b"} {
			if strings.Contains(strings.ToLower(got.Out+got.Err), key) {
				t.Errorf("%q shows a key:\n%s", args, got.Out)
			}
		}
	}
}

func TestBondsRemove(t *testing.T) {
	_, bonds := shelf(t)
	got := tell("bonds", "remove", "C0:11:22:33:44:55", "--bonds", bonds)
	want := told{0, "removed the bond of 00:A0:50:00:00:01/public with C0:11:22:33:44:55/random; remove it on the other device, too, before they pair again\n", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("remove (-want +got):\n%s", diff)
	}
	if left := content(t, bonds); strings.Contains(left, "C0:11:22:33:44:55") || !strings.Contains(left, "00:11:22:33:44:66") {
		t.Errorf("left:\n%s", left)
	}
	got = tell("bonds", "remove", "C0:11:22:33:44:55", "--bonds", bonds)
	if diff := cmp.Diff(told{1, "", "smp: there is no bond with C0:11:22:33:44:55; smp bonds list shows those that there are\n"}, got); diff != "" {
		t.Errorf("removed twice (-want +got):\n%s", diff)
	}
	got = tell("bonds", "remove", "C0:11:22:33:44:55/random", "--local", "00:A0:50:00:00:01", "--bonds", bonds)
	if diff := cmp.Diff(told{1, "", "smp: there is no bond of 00:A0:50:00:00:01/public with C0:11:22:33:44:55/random; smp bonds list shows those that there are\n"}, got); diff != "" {
		t.Errorf("removed by both addresses (-want +got):\n%s", diff)
	}
}

// TestBondsMove exports in every format and imports into an empty file.
func TestBondsMove(t *testing.T) {
	folder, bonds := shelf(t)
	for _, test := range []struct {
		format string
		peer   string
		said   string
		equal  bool
	}{
		{"json", "", "", true},
		{"ble-host", "C0:11:22:33:44:55", "smp: C0:11:22:33:44:55/random: ble-host has no place for: on-air address, association model, time of pairing, link key\n", false},
	} {
		t.Run(test.format, func(t *testing.T) {
			target := filepath.Join(folder, "export-"+test.format)
			args := []string{"bonds", "export", "--format", test.format, "--to", target, "--bonds", bonds}
			if test.peer != "" {
				args = append(args, test.peer)
			}
			got := tell(args...)
			if got.Code != 0 || got.Err != test.said {
				t.Fatalf("export: %+v", got)
			}
			if again := tell(args...); again.Code != exitFailure || !strings.Contains(again.Err, "--force") {
				t.Errorf("exported twice: %+v", again)
			}
			if forced := tell(append(args, "--force")...); forced.Code != exitOK {
				t.Errorf("exported with --force: %+v", forced)
			}
			other := filepath.Join(folder, test.format+".db")
			if got := tell("bonds", "import", "--min-key-size", "7", "--bonds", other, target); got.Code != exitOK || got.Err != "" {
				t.Fatalf("import: %+v", got)
			}
			if same := content(t, bonds) == content(t, other); same != test.equal {
				t.Errorf("all of the bonds came over: %t", same)
			}
			if !strings.Contains(content(t, other), "6986791169d7cd23980522b594750a38") {
				t.Error("the LTK did not come over")
			}
		})
	}
	toTerminal := tell("bonds", "export", "--to", "-", "--bonds", bonds)
	if diff := cmp.Diff(told{0, content(t, bonds), ""}, toTerminal); diff != "" {
		t.Errorf("export to the terminal (-want +got):\n%s", diff)
	}
}

// TestFailedImportChangesNothing imports what cannot be taken.
func TestFailedImportChangesNothing(t *testing.T) {
	folder, bonds := shelf(t)
	before := content(t, bonds)
	text, err := os.ReadFile(bondFixtures + "bonds.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, old, to string
		args          []string
		want          string
	}{
		{"another LTK", "6986791169d7cd23980522b594750a38", "7986791169d7cd23980522b594750a38", nil,
			"smp: 00:A0:50:00:00:01/public has another bond with C0:11:22:33:44:55/random; nothing was imported; --replace takes its place\n"},
		{"another IRK of ours", `"irk": "ec`, `"irk": "ed`, nil,
			"smp: our identity 00:A0:50:00:00:01/public has another IRK, which bonded peers know; nothing was imported; --replace takes its place\n"},
		{"short key", "x", "x", []string{"--min-key-size", "16"},
			"smp: FILE:36: the bond with 00:11:22:33:44:66/public has a key of 10 octets, fewer than 16; pair again, or accept shorter keys with --min-key-size\n"},
		{"last bond is wrong", `"key": "2f2e`, `"key": "2f`, []string{"--replace"},
			"smp: FILE:57: bonds[1].peer_csrk.key is 30 hexadecimal digits, want 32; export the bond anew, with its keys\n"},
		{"a file that is cut off", "}\n  ]\n}\n", "", []string{"--replace"},
			"smp: FILE:59: the file ends inside the JSON value; the file was cut off: copy it anew\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(folder, "bad.json")
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), test.old, test.to)), 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"bonds", "import", "--bonds", bonds, "--min-key-size", "7", path}, test.args...)
			want := told{exitFailure, "", strings.ReplaceAll(test.want, "FILE", path)}
			if diff := cmp.Diff(want, tell(args...)); diff != "" {
				t.Errorf("import (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, content(t, bonds)); diff != "" {
				t.Errorf("the file of bonds changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestImportReplaces(t *testing.T) {
	folder, bonds := shelf(t)
	text, err := os.ReadFile(bondFixtures + "bonds.json")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "other.json")
	changed := strings.NewReplacer("6986791169", "7986791169", `"irk": "ec`, `"irk": "ed`).Replace(string(text))
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	got := tell("bonds", "import", "--replace", "--min-key-size", "7", "--bonds", bonds, path)
	if diff := cmp.Diff(told{0, "imported 1 bond and 1 identity of our own; 1 bond there already\n", ""}, got); diff != "" {
		t.Errorf("import (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(changed, content(t, bonds)); diff != "" {
		t.Errorf("file of bonds (-want +got):\n%s", diff)
	}
}

// failing is a store that takes identities and refuses bonds.
type failing struct{ *bond.Memory }

func (failing) Put(...bond.Bond) error { return os.ErrClosed }

func TestImportTakesIdentitiesBack(t *testing.T) {
	set, err := bondfile.Read(bondFixtures+"bonds.json", bondfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store := failing{bond.NewMemory()}
	old := bond.LocalIdentity{Address: set.Identities[0].Address, IRK: &bt.Key{1}}
	if err := store.PutIdentity(old); err != nil {
		t.Fatal(err)
	}
	m := &move{store: store, set: set, replace: true}
	if err := m.check(); err != nil {
		t.Fatal(err)
	}
	if err := m.commit(); err == nil {
		t.Fatal("no error of a store that fails")
	}
	left, err := store.Identities()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]bond.LocalIdentity{old}, left); diff != "" {
		t.Errorf("identities (-want +got):\n%s", diff)
	}
}

func TestBondsUsage(t *testing.T) {
	_, bonds := shelf(t)
	for _, test := range []struct {
		args []string
		want told
	}{
		{nil, told{2, "", "smp: bonds needs an action: list, show, remove, export or import; smp help bonds tells more\n"}},
		{[]string{"lst"}, told{2, "", "smp: bonds has no action \"lst\"; the actions are list, show, remove, export and import\n"}},
		{[]string{"list", "x"}, told{2, "", "smp: bonds list takes no argument, not 1 arguments\n"}},
		{[]string{"show"}, told{2, "", "smp: bonds show takes the address of one peer, not 0 arguments\n"}},
		{[]string{"show", "lamp", "--bonds", bonds}, told{2, "", "smp: bonds \"lamp\" is no address; want one such as C0:11:22:33:44:55 or C0:11:22:33:44:55/random\n"}},
		{[]string{"show", "00:00:00:00:00:00", "--bonds", bonds}, told{1, "", "smp: there is no bond with 00:00:00:00:00:00; smp bonds list shows those that there are\n"}},
		{[]string{"list", "--replace"}, told{2, "", "smp: bonds: flag provided but not defined: -replace; smp help bonds shows the flags\n"}},
		{[]string{"list", "--local", "x"}, told{2, "", "smp: bonds: invalid value \"x\" for flag -local: want an address such as C0:11:22:33:44:55/random, public without a type; smp help bonds shows the flags\n"}},
		{[]string{"list", "--bonds", bonds + "x"}, told{1, "", "smp: there is no such file of bonds: " + bonds + "x; smp bonds import or a pairing makes it\n"}},
		{[]string{"export", "--bonds", bonds}, told{2, "", "smp: bonds export needs --to TARGET: the keys are written to it in clear\n"}},
		{[]string{"export", "--to", "-", "--format", "bluez"}, told{2, "", "smp: bonds export --to - works with the format json; bluez makes several files, so name a folder\n"}},
		{[]string{"export", "--to", "x", "--format", "windows"}, told{2, "", "smp: bonds has no format \"windows\"; the formats are json, bluez and ble-host\n"}},
		{[]string{"import", "--min-key-size", "17", "x"}, told{2, "", "smp: bonds import --min-key-size 17: want 7 to 16\n"}},
		{[]string{"import", bondFixtures + "bluez-sc.info"}, told{1, "", "smp: " + bondFixtures + "bluez-sc.info: the folders of the file are not named by our address and the peer's; name the addresses yourself (--local, --peer), or copy the file together with its folders\n"}},
	} {
		if diff := cmp.Diff(test.want, tell(append([]string{"bonds"}, test.args...)...)); diff != "" {
			t.Errorf("bonds %q (-want +got):\n%s", test.args, diff)
		}
	}
	if err := os.WriteFile(bonds, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := tell("bonds", "list", "--bonds", bonds); got.Code != exitFailure || strings.Count(got.Err, "\n") != 1 || !strings.Contains(got.Err, bonds) {
		t.Errorf("a file that is something else: %+v", got)
	}
}

// TestBondsOwnFile uses the file that is there without --bonds.
func TestBondsOwnFile(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, folder)
	}
	t.Setenv(bondsVariable, "")
	path, err := bondPath("")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told{0, "no bonds in " + path + "\n", ""}, tell("bonds", "list")); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("looking made the file")
	}
	if got := tell("bonds", "import", "--min-key-size", "7", bondFixtures+"bonds.json"); got.Code != exitOK {
		t.Fatalf("import: %+v", got)
	}
	for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != mode && os.PathSeparator == '/' {
			t.Errorf("%s has mode %04o, want %04o", name, got, mode)
		}
	}
	// It is the one that pair and peripheral use, and the environment moves it
	// for all of them.
	var o bondOptions
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	o.add(flags)
	if o.file != path {
		t.Errorf("pair keeps its bonds in %s, bonds looks into %s", o.file, path)
	}
	t.Setenv(bondsVariable, filepath.Join(folder, "other.db"))
	if got := tell("bonds", "list"); got.Out != "no bonds in "+filepath.Join(folder, "other.db")+"\n" {
		t.Errorf("list of $%s: %+v", bondsVariable, got)
	}
	t.Setenv(bondsVariable, inMemory)
	if diff := cmp.Diff(told{1, "", "smp: bonds that are kept in memory end with their command; name a file with --bonds\n"}, tell("bonds", "list")); diff != "" {
		t.Errorf("list of bonds in memory (-want +got):\n%s", diff)
	}
}
