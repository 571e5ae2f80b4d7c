package gen

import (
	"path/filepath"

	"blesmp/gen/bind"
	"blesmp/gen/diag"
	"blesmp/gen/emit"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// Load reads and resolves the specification at path. What is wrong with it
// comes back as one *diag.List.
func Load(path string) (*machine.Machine, error) {
	f, err := spec.Load(path)
	if err == nil {
		return machine.Resolve(f)
	}
	if f == nil || len(f.PDUs) == 0 || f.Machine != nil && len(f.Machine.Phases) == 0 {
		return nil, err
	}
	// The rest of the file is looked at too, so that nobody mends it twice; not
	// where a whole section is gone that everything else names.
	found := new(diag.List)
	found.Join(path, err)
	if _, err := machine.Resolve(f); err != nil {
		found.Join(path, err)
	}
	return nil, found
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
	options := emit.Options{Source: source, Import: importPath}
	code, err := emit.Go(m, t, options)
	if err != nil {
		return nil, err
	}
	files := []File{{Path: filepath.Join(dir, emit.FileName), Content: code}}
	tests, err := emit.Tests(m, options)
	if err != nil {
		return nil, err
	}
	if tests != nil {
		files = append(files, File{Path: filepath.Join(dir, emit.TestFileName), Content: tests})
	}
	return files, nil
}

// Format lays a specification out; see spec.Format. The path is for messages.
func Format(path string, source []byte) ([]byte, error) {
	if _, err := spec.Parse(path, source); err != nil {
		return nil, err
	}
	return spec.Format(source)
}

// Check looks for everything that is wrong with the specification at path and
// with the Go code that it binds. What it finds, notes among it, comes back as
// one *diag.List; nil says that there is nothing to say.
func Check(path string) error {
	m, err := Load(path)
	if err != nil {
		return err
	}
	found := new(diag.List)
	if m.Notes != nil {
		found.Join(path, m.Notes)
	}
	files, err := generate(path, m)
	if err != nil {
		return err
	}
	overlay := map[string][]byte{}
	for _, f := range files {
		overlay[f.Path] = f.Content
	}
	found.Join(path, bind.Check(m, goDir(path, m.File), overlay))
	if found.Len() == 0 {
		return nil
	}
	return found
}

// goDir is the folder of the Go package that a specification is for.
func goDir(path string, f *spec.File) string {
	return filepath.Join(filepath.Dir(path), filepath.FromSlash(f.Go.Dir))
}
