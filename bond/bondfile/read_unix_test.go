//go:build unix

package bondfile_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bond/bondfile"
)

// TestBlueZFolder reads a storage directory of BlueZ as it is, and one that was
// exported. Windows has no such names of folders.
func TestBlueZFolder(t *testing.T) {
	folder := t.TempDir()
	put(t, folder, "00:A0:50:00:00:01/identity", fixture(t, "bluez.identity"))
	put(t, folder, "00:A0:50:00:00:01/settings", []byte("[General]\nDiscoverable=false\n"))
	put(t, folder, "00:A0:50:00:00:01/cache/C0:11:22:33:44:55", []byte("[General]\nName=Lamp\n"))
	put(t, folder, "00:A0:50:00:00:01/00:11:22:33:44:66/info", fixture(t, "bluez-legacy.info"))
	put(t, folder, "00:A0:50:00:00:01/00:11:22:33:44:77/info", fixture(t, "bluez-classic.info"))
	put(t, folder, "00:A0:50:00:00:01/C0:11:22:33:44:55/info", fixture(t, "bluez-sc.info"))
	want := &bondfile.Set{
		Identities: []bond.LocalIdentity{{Address: local, IRK: ptr(sampleIRK)}},
		Bonds:      []bond.Bond{legacy(), secure()},
	}
	skipped := filepath.Join(folder, "00:A0:50:00:00:01", "00:11:22:33:44:77", "info") + ": no LE keys"
	for _, test := range []struct {
		path string
		want *bondfile.Set
	}{
		{".", &bondfile.Set{Identities: want.Identities, Bonds: want.Bonds, Skipped: []string{skipped}}},
		{"00:A0:50:00:00:01", &bondfile.Set{Identities: want.Identities, Bonds: want.Bonds, Skipped: []string{skipped}}},
		{"00:A0:50:00:00:01/C0:11:22:33:44:55", &bondfile.Set{Bonds: want.Bonds[1:]}},
		{"00:A0:50:00:00:01/C0:11:22:33:44:55/info", &bondfile.Set{Bonds: want.Bonds[1:]}},
	} {
		got, err := bondfile.Read(filepath.Join(folder, test.path), bondfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.path, diff)
		}
	}

	files, err := bondfile.Files(bondfile.BlueZ, want)
	if err != nil {
		t.Fatal(err)
	}
	exported := t.TempDir()
	if err := bondfile.Write(exported, files, false); err != nil {
		t.Fatal(err)
	}
	got, err := bondfile.Read(exported, bondfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("exported and read again (-want +got):\n%s", diff)
	}
}
