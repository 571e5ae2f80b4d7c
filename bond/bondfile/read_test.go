package bondfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bond/bondfile"
)

// put writes a file below a folder, with the folders that it needs.
func put(t *testing.T, folder, path string, data []byte) string {
	t.Helper()
	path = filepath.Join(folder, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadFile(t *testing.T) {
	folder := t.TempDir()
	noLink := with(secure(), func(b *bond.Bond) { b.LinkKey = nil })
	for _, test := range []struct {
		name, path, fixture string
		options             bondfile.Options
		want                *bondfile.Set
	}{
		{"JSON", "x.json", "bonds.json", bondfile.Options{}, sample()},
		{"JSON by its format", "keys.json", "bonds.json", bondfile.Options{Format: bondfile.JSON}, sample()},
		{"BlueZ by addresses", "info", "bluez-sc.info", bondfile.Options{Local: local, Peer: static}, &bondfile.Set{Bonds: []bond.Bond{secure()}}},
		{"BlueZ by what is in it", "lamp.txt", "bluez-sc.info", bondfile.Options{Local: local, Peer: static}, &bondfile.Set{Bonds: []bond.Bond{secure()}}},
		{"identity", "identity", "bluez.identity", bondfile.Options{Local: local}, &bondfile.Set{Identities: []bond.LocalIdentity{{Address: local, IRK: ptr(sampleIRK)}}}},
		{"ble-host by addresses", "keys.json", "blehost-sc.json", bondfile.Options{Local: local, Peer: static}, &bondfile.Set{Bonds: []bond.Bond{noLink}}},
		{"ble-host by what is in it", "lamp.json", "blehost-sc.json", bondfile.Options{Local: local, Peer: static}, &bondfile.Set{Bonds: []bond.Bond{noLink}}},
		{"ble-host by its folders", "00-00-A0-50-00-00-01/bonds/01-C0-11-22-33-44-55/keys.json", "blehost-sc.json", bondfile.Options{}, &bondfile.Set{Bonds: []bond.Bond{noLink}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := put(t, folder, test.path, fixture(t, test.fixture))
			got, err := bondfile.Read(path, test.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("set (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBLEHostFolder exports to ble-host's storage directory and reads it.
func TestBLEHostFolder(t *testing.T) {
	folder := t.TempDir()
	want := &bondfile.Set{Bonds: []bond.Bond{with(legacy(), func(b *bond.Bond) {
		b.LocalCSRK, b.LocalSignCounter, b.PeerCSRK, b.PeerSignCounter = nil, 0, nil, 0
	}), with(secure(), func(b *bond.Bond) { b.LinkKey = nil })}}
	files, err := bondfile.Files(bondfile.BLEHost, want)
	if err != nil {
		t.Fatal(err)
	}
	if err := bondfile.Write(folder, files, false); err != nil {
		t.Fatal(err)
	}
	put(t, folder, "00-00-A0-50-00-00-01/bonds/01-41-00-00-00-00-01/keys.json", fixture(t, "blehost-sc.json"))
	put(t, folder, "00-00-A0-50-00-00-01/bonds/01-C0-11-22-33-44-55/gatt_client_cache.json", []byte("{}"))
	got, err := bondfile.Read(folder, bondfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want.Skipped = []string{filepath.Join(folder, "00-00-A0-50-00-00-01", "bonds", "01-41-00-00-00-00-01", "keys.json") +
		": the peer's address 41:00:00:00:00:01/random is private and will not come back"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	if err := bondfile.Write(folder, files, false); !errors.Is(err, bondfile.ErrExists) {
		t.Errorf("written over: %v", err)
	}
	if err := bondfile.Write(folder, files, true); err != nil {
		t.Error(err)
	}
}

func TestReadErrors(t *testing.T) {
	folder := t.TempDir()
	for _, test := range []struct {
		name, path string
		data       []byte
		options    bondfile.Options
		want       string
	}{
		{"no format", "photo.jpg", []byte("JFIF"), bondfile.Options{}, "not a file of bonds in a format that is known; choose another file, or name its format: json, bluez or ble-host"},
		{"empty", "empty", nil, bondfile.Options{}, "not a file of bonds in a format that is known; choose another file, or name its format: json, bluez or ble-host"},
		{"BlueZ without folders", "info", fixture(t, "bluez-sc.info"), bondfile.Options{}, "the folders of the file are not named by our address and the peer's; name the addresses yourself (--local, --peer), or copy the file together with its folders"},
		{"identity without a folder", "identity", fixture(t, "bluez.identity"), bondfile.Options{}, "the folder of the file is not named by our address; name the addresses yourself (--local, --peer), or copy the file together with its folders"},
		{"ble-host without folders", "keys.json", fixture(t, "blehost-sc.json"), bondfile.Options{Local: local}, "the folders of the file are not OWN/bonds/PEER with addresses such as 01-C0-11-22-33-44-55; name the addresses yourself (--local, --peer), or copy the file together with its folders"},
		{"another type", "info", fixture(t, "bluez-sc.info"), bondfile.Options{Local: local, Peer: address("C0:11:22:33:44:55/public")}, "the file says that the peer's address is random, not public; give the peer's address with its right type"},
		{"short keys", "bonds.json", fixture(t, "bonds.json"), bondfile.Options{MinKeySize: 16}, "the bond with 00:11:22:33:44:66/public has a key of 10 octets, fewer than 16; pair again, or accept shorter keys"},
		{"private peer", "keys.json", fixture(t, "blehost-sc.json"), bondfile.Options{Local: local, Peer: address("41:00:00:00:00:01/random")}, "the peer's address 41:00:00:00:00:01/random is private and will not come back; pair again with a peer that distributes its identity"},
		{"huge", "huge.json", make([]byte, 16<<20+1), bondfile.Options{}, "more than 16777216 octets, no file of bonds has that many; choose another file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := put(t, folder, test.path, test.data)
			_, err := bondfile.Read(path, test.options)
			var wrong *bondfile.Error
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a *bondfile.Error", err)
			}
			_, text, found := strings.Cut(err.Error(), path+": ")
			if !found {
				_, text, _ = strings.Cut(err.Error(), path+":36: ") // the line of the bond
			}
			if diff := cmp.Diff(test.want, text); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := bondfile.Read(filepath.Join(folder, "nothing"), bondfile.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	var wrong *bondfile.Error
	if _, err := bondfile.Read(t.TempDir(), bondfile.Options{}); !errors.As(err, &wrong) {
		t.Errorf("empty folder: %v", err)
	}
}

func TestWriteKeepsSecrets(t *testing.T) {
	folder := t.TempDir()
	target := filepath.Join(folder, "bonds.json")
	files, err := bondfile.Files(bondfile.JSON, sample())
	if err != nil {
		t.Fatal(err)
	}
	if err := bondfile.Write(target, files, false); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(target)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("mode %04o", got)
	}
	if err := bondfile.Write(target, files, false); !errors.Is(err, bondfile.ErrExists) {
		t.Errorf("written over: %v", err)
	}
	if err := bondfile.Write(folder, files, true); err == nil {
		t.Error("a folder was written over")
	}
	if err := bondfile.Write(filepath.Join(folder, "none", "bonds.json"), files, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 {
		t.Errorf("%d files are left, want 1", len(left))
	}
}

// fuzz holds what a reader takes against what the writer makes of it.
func fuzz(t *testing.T, format bondfile.Format, b bond.Bond, err error, read func([]byte) (bond.Bond, error)) {
	var wrong *bondfile.Error
	if err != nil {
		if !errors.As(err, &wrong) || strings.Contains(err.Error(), "\n") {
			t.Fatalf("error: %q", err)
		}
		return
	}
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	files, err := bondfile.Files(format, &bondfile.Set{Bonds: []bond.Bond{b}})
	if err != nil {
		if format == bondfile.BLEHost {
			return
		}
		t.Fatal(err)
	}
	again, err := read(files[0].Data)
	if err != nil {
		t.Fatalf("written and read again: %v", err)
	}
	if counter := b.PeerSignCounter; again.PeerSignCounter == counter+1 && counter == 1 {
		again.PeerSignCounter = counter
	}
	if diff := cmp.Diff(b, again); diff != "" {
		t.Fatalf("written and read again (-first +second):\n%s", diff)
	}
}

func FuzzParseBlueZ(f *testing.F) {
	for _, name := range []string{"bluez-sc.info", "bluez-legacy.info", "bluez-old.info", "bluez-classic.info", "bluez.identity"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(data []byte) (bond.Bond, error) {
			return bondfile.ParseBlueZ("info", data, local, static.Address)
		}
		b, err := read(data)
		fuzz(t, bondfile.BlueZ, b, err, read)
		_, _ = bondfile.ParseBlueZIdentity("identity", data, local)
	})
}

func FuzzParseBLEHost(f *testing.F) {
	for _, name := range []string{"blehost-sc.json", "blehost-legacy.json", "blehost-short.json"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(data []byte) (bond.Bond, error) {
			return bondfile.ParseBLEHost("keys.json", data, local, static)
		}
		b, err := read(data)
		fuzz(t, bondfile.BLEHost, b, err, read)
	})
}

func FuzzParseJSON(f *testing.F) {
	f.Add(fixture(f, "bonds.json"))
	f.Add(fixture(f, "blehost-sc.json"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := bondfile.ParseJSON("file", data)
		if err != nil {
			fuzz(t, bondfile.JSON, bond.Bond{}, err, nil)
			return
		}
		text, err := bondfile.AppendJSON(nil, s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := bondfile.ParseJSON("file", text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Fatalf("written and read again (-first +second):\n%s", diff)
		}
	})
}
