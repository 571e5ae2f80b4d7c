package main

import (
	"embed"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"blesmp/gen"
	"blesmp/gen/table"
)

//go:embed starter
var starter embed.FS

func initCommand() *command {
	return &command{
		name:    "init",
		args:    "NAME",
		summary: "writes a small protocol with its actions and a test, to start from",
		help: `Writes into the module of this folder a specification spec/NAME.yaml, a package
NAME with the methods that it names, and a test, and generates the code. Then
go test passes. NAME is a lower-case word. No file is overwritten.

The module has to require this one: go mod edit -require and, where it is a
checkout beside yours, -replace. go get -tool then brings what smpgen itself
needs, and makes it go tool smpgen, which the package's go generate calls.`,
		examples: []string{"smpgen init door"},
		run:      runInit,
	}
}

var starterName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

func runInit(in *invocation) error {
	if len(in.args) != 1 {
		return usageError{"want a name"}
	}
	name := in.args[0]
	if !starterName.MatchString(name) || token.IsKeyword(name) || strings.HasSuffix(name, "_test") {
		return usageError{fmt.Sprintf("%q cannot be a package; a name is a lower-case word", name)}
	}
	module, err := gen.FindModule(".")
	if err != nil {
		return err
	}
	files := []struct{ from, to string }{
		{"spec.yaml", filepath.Join(module.Root, "spec", name+".yaml")},
		{"machine.txt", filepath.Join(module.Root, name, name+".go")},
		{"test.txt", filepath.Join(module.Root, name, name+"_test.go")},
	}
	for _, f := range files {
		if _, err := os.Stat(f.to); err == nil {
			return fmt.Errorf("smpgen init: %s is there already", f.to)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	own := strings.TrimSuffix(reflect.TypeFor[table.Table]().PkgPath(), "/gen/table") // this module, whatever it is called
	fill := strings.NewReplacer("MODULE", own, "PACKAGE", name, "TITLE", strings.ToUpper(name[:1])+name[1:])
	for _, f := range files {
		text, err := starter.ReadFile("starter/" + f.from)
		if err != nil {
			return err
		}
		if err := write(gen.File{Path: f.to, Content: []byte(fill.Replace(string(text)))}); err != nil {
			return err
		}
	}
	code, err := gen.Generate(files[0].to)
	if err != nil {
		return err
	}
	for _, f := range code {
		if err := write(f); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(in.stdout, "wrote spec/%[1]s.yaml and %[1]s; now: go test ./%[1]s\n", name)
	return err
}
