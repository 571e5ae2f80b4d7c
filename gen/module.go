package gen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
)

// Module is the Go module that specifications and generated code belong to.
type Module struct {
	Path string // import path
	Root string // folder of go.mod
}

// FindModule finds the module of a folder: that of the nearest go.mod in it or
// above it.
func FindModule(dir string) (*Module, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for {
		source, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			name := modulePath(source)
			if name == "" {
				return nil, fmt.Errorf("%s: no module line", filepath.Join(at, "go.mod"))
			}
			return &Module{Path: name, Root: at}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		parent := filepath.Dir(at)
		if parent == at {
			return nil, fmt.Errorf("%s: no go.mod here or above", dir)
		}
		at = parent
	}
}

// modulePath reads the module line of a go.mod.
func modulePath(source []byte) string {
	for line := range bytes.Lines(source) {
		line, _, _ = bytes.Cut(line, []byte("//"))
		words := bytes.Fields(line)
		if len(words) != 2 || string(words[0]) != "module" {
			continue
		}
		name := string(words[1])
		if unquoted, err := strconv.Unquote(name); err == nil {
			return unquoted
		}
		return name
	}
	return ""
}

// Specs finds the specifications of the module: the YAML files in its folder
// spec. They come sorted by name.
func (m *Module) Specs() ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(m.Root, "spec", "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: no specification, want spec/*.yaml", m.Root)
	}
	return paths, nil
}

// relative gives a path from the module's root, with slashes.
func (m *Module) relative(file string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(m.Root, abs)
	if err != nil {
		return "", err
	}
	return filepath.ToSlash(rel), nil
}

// importPath gives the import path of a folder of the module.
func (m *Module) importPath(dir string) (string, error) {
	rel, err := m.relative(dir)
	if err != nil {
		return "", err
	}
	return path.Join(m.Path, rel), nil
}
