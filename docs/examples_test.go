package docs_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// entryMethods are the methods with which programs begin to use a type: an example
// calls each, as it does every exported function.
var entryMethods = map[string][]string{
	"smp": {"Serve", "Attach", "Session", "NewOOB", "Pair", "Secure", "Encrypt", "RequestSecurity", "Cancel", "SetLTK", "Step",
		"Sign", "Verify"},
	"hci":                     {"Advertise", "Accept", "Connect", "ConnectAny", "Scan", "Channel", "ServeLinks", "Command"},
	"hci/l2cap":               {"Push", "Next", "Answer", "Send", "Receive"},
	"hci/snoop":               {"WritePacket", "Next"},
	"hci/transport":           {"ReadPacket", "WritePacket"},
	"hci/virtual":             {"NewController", "Serve", "Drop"},
	"bond":                    {"Put", "Get", "All", "PutIdentity", "ResolvePeer"},
	"bond/boltstore":          {"Put", "Get", "Check"},
	"smp/smptest":             {"Pair", "Run", "Play", "Tamper"},
	"smp/smptest/conformance": {"Run", "RunAgainst"},
	"smp/smptest/model":       {"Play"},
	"smp/smptest/replay":      {"Play", "Roles"},
	"gen/machine":             {"Explain", "Table"},
	"gen/table":               {"New", "Step", "Outcome"},
	"gen/diag":                {"Errorf", "Err"},
}

// notRun are the packages whose examples cannot run by themselves.
var notRun = map[string]string{
	"bond/bondtest": "it takes a *testing.T",
}

// TestExamples looks whether every exported function of every public package, and
// every method with which one begins, is called by an example that runs.
func TestExamples(t *testing.T) {
	packages := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return err
		case slices.Contains([]string{"internal", "testdata", "cmd", "interop", "docs", "examples", ".git", ".ci"}, d.Name()):
			return fs.SkipDir
		}
		name, _ := filepath.Rel("..", path)
		name = filepath.ToSlash(name)
		functions, called, err := entries(path, notRun[name] != "")
		if err != nil || functions == nil {
			return err
		}
		packages++
		for _, f := range append(functions, entryMethods[name]...) {
			if !called[f] {
				t.Errorf("%s: no example calls %s", name, f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if packages < 25 {
		t.Errorf("only %d packages", packages)
	}
}

// entries gives the exported functions of the package in a folder, and the names
// that its examples call, by way of the other functions of their files too.
// Functions are nil where the folder holds no package.
func entries(folder string, idle bool) (functions []string, called map[string]bool, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, nil, err
	}
	functions, called = []string{}, map[string]bool{}
	set := token.NewFileSet()
	for _, path := range files {
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, err
		}
		if strings.HasSuffix(path, "_test.go") {
			maps.Copy(called, calls(file, idle))
			continue
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
				functions = append(functions, f.Name.Name)
			}
		}
	}
	return functions, called, nil
}

// calls gives the names that the examples of a file use.
func calls(file *ast.File, idle bool) map[string]bool {
	bodies := map[string]*ast.BlockStmt{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			bodies[f.Name.Name] = f.Body
		}
	}
	used := map[string]bool{}
	var look func(body ast.Node)
	look = func(body ast.Node) {
		ast.Inspect(body, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if ok && !used[id.Name] {
				used[id.Name] = true
				if b := bodies[id.Name]; b != nil {
					look(b)
				}
			}
			return true
		})
	}
	for _, e := range doc.Examples(file) {
		if e.Output != "" || e.EmptyOutput || idle {
			look(bodies["Example"+e.Name])
		}
	}
	return used
}
