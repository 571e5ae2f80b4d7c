package spec_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"blesmp/gen/diag"
	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// noEnd stands in an archive for a last line without an end.
var noEnd = []byte("⏎\n")

// formatted formats source, and checks what holds for every source: the tree
// stays the same but for places, no comment goes, and a second turn changes
// nothing.
func formatted(t *testing.T, source []byte) string {
	t.Helper()
	before, err := spec.Parse("before.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	got, err := spec.Format(source)
	if err != nil {
		t.Fatalf("Format: %v", err)
	}
	after, err := spec.Parse("after.yaml", got)
	if err != nil {
		t.Fatalf("the result cannot be read: %v\n%s", err, got)
	}
	before.Source, before.Path = after.Source, after.Path
	anywhere := cmp.Comparer(func(_, _ spec.Pos) bool { return true })
	if d := cmp.Diff(before, after, anywhere); d != "" {
		t.Errorf("the tree is another (-before +after)\n%s\n%s", d, got)
	}
	// No scalar changes, so the signs that begin a comment can be counted.
	if was, is := bytes.Count(source, []byte("#")), bytes.Count(got, []byte("#")); was != is {
		t.Errorf("%d comments before, %d after\n%s", was, is, got)
	}
	again, err := spec.Format(got)
	if err != nil {
		t.Fatalf("second Format: %v", err)
	}
	if d := cmp.Diff(string(got), string(again)); d != "" {
		t.Errorf("formatting again changes it (-once +twice)\n%s", d)
	}
	return string(got)
}

func TestFormat(t *testing.T) {
	goldens(t, "format", func(t *testing.T, _ string, input []byte) string {
		source := bytes.TrimSuffix(input, noEnd)
		got := formatted(t, source)
		crlf := bytes.ReplaceAll(source, []byte("\n"), []byte("\r\n"))
		if d := cmp.Diff(got, formatted(t, crlf)); d != "" {
			t.Errorf("with CRLF it is another (-LF +CRLF)\n%s", d)
		}
		return got
	})
}

func TestFormatKeepsValidFiles(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "valid", "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		formatted(t, source)
	}
}

func TestFormatOfMistakes(t *testing.T) {
	got, err := spec.Format([]byte("protocol: Lamp\ngoo: {}\n"))
	if _, ok := errors.AsType[*diag.List](err); !ok || got != nil {
		t.Errorf("Format = %q, %v", got, err)
	}
}

// FuzzFormat looks for valid files that the formatter damages.
func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"format/*.txtar", "valid/*.yaml"} {
		paths, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			if archive := txtar.Parse(data); len(archive.Files) > 0 {
				data = bytes.TrimSuffix(archive.Files[0].Data, noEnd)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if _, err := spec.Parse("fuzz.yaml", source); err != nil {
			if _, err := spec.Format(source); err == nil {
				t.Error("a faulty file is formatted")
			}
			return
		}
		formatted(t, source)
	})
}
