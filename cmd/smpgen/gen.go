package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"blesmp/gen"
)

func genCommand() *command {
	return &command{
		name:    "gen",
		args:    "[FILE...]",
		summary: "writes the generated code",
		help: `Writes the code of each specification into the package that its go section
names. Nothing is written unless every file is free of mistakes. What the
package holds besides does not matter: the generated file may be missing.`,
		examples: []string{"smpgen gen", "smpgen gen spec/protocol.yaml", "//go:generate go tool smpgen"},
		run:      runGen,
	}
}

func runGen(in *invocation) error {
	files, err := generate(in.args)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := write(f); err != nil {
			return err
		}
	}
	return nil
}

// generate makes the code of all specifications; its error holds what is wrong
// with any of them.
func generate(args []string) ([]gen.File, error) {
	paths, err := specs(args)
	if err != nil {
		return nil, err
	}
	var all []gen.File
	var errs []error
	for _, path := range paths {
		files, err := gen.Generate(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, files...)
	}
	return all, errors.Join(errs...)
}

// write puts a generated file in its place, unless it is there already.
func write(f gen.File) error {
	if old, err := os.ReadFile(f.Path); err == nil && bytes.Equal(old, f.Content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(f.Path, f.Content, 0o644)
}
