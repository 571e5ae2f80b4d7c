package emit_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/gen/emit"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden files")

// generate gives the code for a specification as text.
func generate(t *testing.T, source []byte) []byte {
	t.Helper()
	f, err := spec.Parse("in.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	var data *table.Table
	if f.Machine != nil {
		data = m.Table()
	}
	code, err := emit.Go(m, data, emit.Options{Source: "spec/in.yaml", Import: "example.org/" + f.Go.Package.Text})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files) != 2 || archive.Files[0].Name != "in.yaml" || archive.Files[1].Name != "out.go" {
				t.Fatal("want the files in.yaml and out.go")
			}
			got := generate(t, archive.Files[0].Data)
			if *update {
				archive.Files[1].Data = got
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), string(got)); diff != "" {
				t.Errorf("code (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryDeclarationHasAComment holds generated code to the house style: the
// comment of a declaration starts with its name.
func TestEveryDeclarationHasAComment(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, archive.Files[1].Data, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				checkComment(t, path, d.Name.Name, d.Doc)
			case *ast.GenDecl:
				if s, ok := d.Specs[0].(*ast.TypeSpec); ok {
					checkComment(t, path, s.Name.Name, d.Doc)
				}
				if v, ok := d.Specs[0].(*ast.ValueSpec); ok && v.Names[0].Name != "_" && d.Doc == nil {
					t.Errorf("%s: %s has no comment", path, v.Names[0].Name)
				}
			}
		}
	}
}

func checkComment(t *testing.T, path, name string, doc *ast.CommentGroup) {
	t.Helper()
	text := doc.Text()
	if !strings.HasPrefix(text, name+" ") || !strings.HasSuffix(text, ".\n") {
		t.Errorf("%s: the comment of %s is %q, want a sentence that starts with the name", path, name, text)
	}
	for line := range strings.Lines(text) {
		if len(line) > 80 {
			t.Errorf("%s: the comment of %s has a line of %d columns", path, name, len(line))
		}
	}
}

// TestMethodsAreTheInterfaces holds the list that others check hand-written
// code against to what the generated code asks for.
func TestMethodsAreTheInterfaces(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/machine.txtar")
	if err != nil {
		t.Fatal(err)
	}
	f, err := spec.Parse("in.yaml", archive.Files[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	code := generate(t, archive.Files[0].Data)
	for _, method := range emit.Methods(m) {
		line := "\t" + method.Name + "(" + strings.Join(method.Params, ", ") + ")"
		if method.Result != "" {
			line += " " + method.Result
		}
		if !bytes.Contains(code, []byte(line+"\n")) {
			t.Errorf("no interface has %q", line)
		}
	}
}
