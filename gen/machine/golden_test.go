package machine_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what comes out as what is wanted")

// market is the toy specification that the tests start from.
const market = "../testdata/market.yaml"

// TestBroken breaks the toy specification in one place after the other. An
// archive in testdata/broken says in words which rule it breaks, then which
// text ("old") to replace by which ("new"), once or more, and what is said about
// it ("want").
func TestBroken(t *testing.T) {
	source, err := os.ReadFile(market)
	if err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob("testdata/broken/*.txtar")
	if err != nil || len(archives) < 30 {
		t.Fatalf("%d archives, %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := said(t, edit(t, string(source), archive))
			last := len(archive.Files) - 1
			if *update {
				archive.Files[last].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(archive.Files[last].Data), got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// edit carries out the replacements of an archive. Each old text has to be
// there once.
func edit(t *testing.T, source string, archive *txtar.Archive) string {
	t.Helper()
	files := archive.Files
	if len(files)%2 != 1 || files[len(files)-1].Name != "want" {
		t.Fatal("an archive holds pairs of old and new, and want")
	}
	for i := 0; i+1 < len(files); i += 2 {
		was, is := string(files[i].Data), string(files[i+1].Data)
		if files[i].Name != "old" || files[i+1].Name != "new" || strings.Count(source, was) != 1 {
			t.Fatalf("old text %q stands %d times in the file", was, strings.Count(source, was))
		}
		source = strings.Replace(source, was, is, 1)
	}
	return source
}

// said gives what Resolve has to say: errors, or notes where there are none.
func said(t *testing.T, source string) string {
	t.Helper()
	f, err := spec.Parse("market.yaml", []byte(source))
	if err != nil {
		t.Fatalf("the form is wrong already:\n%v", err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		return err.Error() + "\n"
	}
	if m.Notes.Len() == 0 {
		return "nothing\n"
	}
	return m.Notes.Error() + "\n"
}
