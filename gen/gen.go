package gen

import (
	"path/filepath"

	"blesmp/gen/emit"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// Load reads and resolves the specification at path. What is wrong with it
// comes back as one *diag.List.
func Load(path string) (*machine.Machine, error) {
	f, err := spec.Load(path)
	if err != nil {
		return nil, err
	}
	return machine.Resolve(f)
}

// File is one generated file.
type File struct {
	Path    string // beside the specification's own path, so relative if that is
	Content []byte
}

// Generate writes the code of the specification at path. It reads nothing of
// the package that the code is for, so that a missing or broken file there is
// no hindrance. It does not touch the disk.
func Generate(path string) ([]File, error) {
	m, err := Load(path)
	if err != nil {
		return nil, err
	}
	return generate(path, m)
}

func generate(path string, m *machine.Machine) ([]File, error) {
	module, err := FindModule(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	source, err := module.relative(path)
	if err != nil {
		return nil, err
	}
	dir := goDir(path, m.File)
	importPath, err := module.importPath(dir)
	if err != nil {
		return nil, err
	}
	var t *table.Table
	if m.File.Machine != nil {
		t = m.Table()
	}
	code, err := emit.Go(m, t, emit.Options{Source: source, Import: importPath})
	if err != nil {
		return nil, err
	}
	return []File{{Path: filepath.Join(dir, emit.FileName), Content: code}}, nil
}

// goDir is the folder of the Go package that a specification is for.
func goDir(path string, f *spec.File) string {
	return filepath.Join(filepath.Dir(path), filepath.FromSlash(f.Go.Dir))
}
