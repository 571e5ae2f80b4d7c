package docs_test

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"

	"blesmp/gen"
	"blesmp/gen/diagram"
	"blesmp/gen/machine"
)

// TestDrawn draws every specification and compares the pages and pictures with those
// that are there, octet for octet. None may be left over from an earlier form.
func TestDrawn(t *testing.T) {
	folders := map[string]map[string]string{}
	for _, d := range []struct{ spec, folder, source string }{
		{"../spec/smp_states.yaml", "diagrams", "../../spec/smp_states.yaml"},
		{"../spec/hci_packets.yaml", "diagrams", "../../spec/hci_packets.yaml"},
		{"../examples/arq/arq.yaml", "../examples/arq/diagrams", "../arq.yaml"},
		{"../examples/dhcp/dhcp.yaml", "../examples/dhcp/diagrams", "../dhcp.yaml"},
	} {
		m, err := gen.Load(d.spec)
		if err != nil {
			t.Fatal(err)
		}
		if folders[d.folder] == nil {
			folders[d.folder] = map[string]string{}
		}
		for name, content := range drawn(t, m, d.source) {
			folders[d.folder][name] = content
			if read(t, filepath.Join(d.folder, filepath.FromSlash(name))) != content {
				t.Errorf("%s is not what %s draws: run go generate ./...", path.Join(d.folder, name), d.spec)
			}
		}
	}
	for folder, want := range folders {
		err := fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
			if _, ok := want[name]; err == nil && !entry.IsDir() && !ok {
				t.Errorf("nothing draws %s", path.Join(folder, name))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// drawn gives the pages and pictures of a machine by their names.
func drawn(t *testing.T, m *machine.Machine, source string) map[string]string {
	t.Helper()
	files, err := diagram.Files(context.Background(), m, diagram.Options{Source: source})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		all[f.Path] = string(f.Content)
	}
	return all
}
