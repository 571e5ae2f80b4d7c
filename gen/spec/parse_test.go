package spec_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"blesmp/gen/diag"
	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the tests got into testdata")

// goldens runs f over every archive of a folder. It gives the archive's first
// file to f and compares the second with the result.
func goldens(t *testing.T, folder string, f func(t *testing.T, name string, input []byte) string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives in %s: %v", folder, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
			if len(archive.Files) == 0 || len(archive.Files) > 2 {
				t.Fatalf("%s has %d files", path, len(archive.Files))
			}
			input := archive.Files[0]
			got := f(t, input.Name, input.Data)
			if *update {
				archive.Files = []txtar.File{input, {Name: "want", Data: []byte(got)}}
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(archive.Files) != 2 {
				t.Fatalf("%s has no result: run with -update", path)
			}
			if d := cmp.Diff(string(archive.Files[1].Data), got); d != "" {
				t.Errorf("%s (-want +got)\n%s", path, d)
			}
		})
	}
}

// TestMistakes holds every message about a mistake of form against its golden.
func TestMistakes(t *testing.T) {
	goldens(t, "errors", func(t *testing.T, name string, input []byte) string {
		f, err := spec.Parse(name, input)
		if f == nil {
			t.Error("no tree")
		}
		if err == nil {
			t.Fatal("no mistake was found")
		}
		return err.Error() + "\n"
	})
}

// TestTree compares the trees of valid files, positions and all.
func TestTree(t *testing.T) {
	for _, name := range []string{"lamp", "wire"} {
		t.Run(name, func(t *testing.T) {
			f, err := spec.Load(filepath.Join("testdata", "valid", name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			f.Source, f.Path = nil, ""
			var got strings.Builder
			dump(&got, "", "", reflect.ValueOf(f))
			golden := filepath.Join("testdata", "valid", name+".tree")
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got.String()); d != "" {
				t.Errorf("tree (-want +got)\n%s", d)
			}
		})
	}
}

// dump writes a tree, one line a value, and leaves out what is zero.
func dump(b *strings.Builder, indent, label string, v reflect.Value) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.IsZero() {
		return
	}
	switch x := v.Interface().(type) {
	case spec.Name:
		fmt.Fprintf(b, "%s%s: %s @%d:%d\n", indent, label, x.Text, x.Pos.Line, x.Pos.Col)
		return
	case spec.Pos:
		fmt.Fprintf(b, "%s%s: @%d:%d\n", indent, label, x.Line, x.Col)
		return
	case spec.Expr:
		fmt.Fprintf(b, "%s%s: %s\n", indent, label, lisp(&x))
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			dump(b, indent, fmt.Sprintf("%s[%d]", label, i), v.Index(i))
		}
	case reflect.Struct:
		fmt.Fprintf(b, "%s%s:\n", indent, label)
		for i := range v.NumField() {
			dump(b, indent+"  ", v.Type().Field(i).Name, v.Field(i))
		}
	default:
		fmt.Fprintf(b, "%s%s: %v\n", indent, label, v)
	}
}

// lisp writes an expression with the places of its parts.
func lisp(e *spec.Expr) string {
	if e == nil {
		return "-"
	}
	place := fmt.Sprintf("@%d:%d", e.Pos.Line, e.Pos.Col)
	switch e.Op {
	case "name":
		return e.Name + place
	case "field":
		return "event." + e.Name + place
	case "number":
		return fmt.Sprint(e.Num) + place
	case "not":
		return fmt.Sprintf("(not%s %s)", place, lisp(e.X))
	}
	return fmt.Sprintf("(%s%s %s %s)", e.Op, place, lisp(e.X), lisp(e.Y))
}

// TestEveryPartOfTheTreeIsRead sees to it that the valid fixtures leave out no
// key: each field of the tree's types is set somewhere.
func TestEveryPartOfTheTreeIsRead(t *testing.T) {
	set := make(map[string]bool)
	for _, name := range []string{"lamp", "wire"} {
		f, err := spec.Load(filepath.Join("testdata", "valid", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		mark(set, reflect.ValueOf(f))
	}
	delete(set, "Rule.BadIf") // of a broken file alone
	if len(set) < 100 {
		t.Errorf("only %d fields were looked at", len(set))
	}
	for field, seen := range set {
		if !seen {
			t.Errorf("%s is set by no fixture", field)
		}
	}
}

func mark(set map[string]bool, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			mark(set, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			mark(set, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Name() + "." + v.Type().Field(i).Name
			set[name] = set[name] || !v.Field(i).IsZero()
			mark(set, v.Field(i))
		}
	}
}

func TestLoadOfNoFile(t *testing.T) {
	if _, err := spec.Load(filepath.Join("testdata", "none.yaml")); !os.IsNotExist(err) {
		t.Errorf("Load of no file: %v", err)
	}
}

// FuzzParse looks for input that makes the parser panic, or that leaves it
// without a tree or with a place outside the file.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"errors/*.txtar", "valid/*.yaml"} {
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
				data = archive.Files[0].Data
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		tree, err := spec.Parse("fuzz.yaml", source)
		if tree == nil {
			t.Fatal("no tree")
		}
		if err == nil {
			return
		}
		list, ok := errors.AsType[*diag.List](err)
		if !ok {
			t.Fatalf("error of type %T", err)
		}
		lines := bytes.Count(source, []byte("\n")) + 1
		for _, d := range list.All() {
			if d.Line < 1 || d.Line > lines || d.Col < 1 || d.Message == "" {
				t.Errorf("%s: the file has %d lines", d, lines)
			}
		}
		if list.Error() == "" {
			t.Error("the list renders as nothing")
		}
	})
}
