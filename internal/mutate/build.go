package mutate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"blesmp/gen/emit"
	"blesmp/gen/machine"
	"blesmp/smp"
)

// Builder compiles package smp with the generated code of a changed
// specification, which an overlay puts in the place of the file on disk, and runs
// all of the package's tests. It needs the go tool and the project's folder.
type Builder struct {
	Project string        // the folder of go.mod
	Spec    string        // the specification's path from there, with slashes
	Limit   time.Duration // for the tests of one mutant; building takes as long as it takes
}

// packageFolder is where package smp is, from the project's folder.
const packageFolder = "smp"

// ErrNoBuild says that there is nothing to build with.
var ErrNoBuild = errors.New("mutate: nothing can be built here")

// Ready reports what the builder lacks, as an ErrNoBuild.
func (b *Builder) Ready() error {
	if _, err := exec.LookPath("go"); err != nil {
		return fmt.Errorf("%w: %w", ErrNoBuild, err)
	}
	for _, name := range []string{"go.mod", filepath.Join(packageFolder, emit.FileName)} {
		if _, err := os.Stat(filepath.Join(b.Project, name)); err != nil {
			return fmt.Errorf("%w: %w", ErrNoBuild, err)
		}
	}
	return nil
}

// Tests builds the tests of package smp as they are.
func (b *Builder) Tests(ctx context.Context, binary string) error {
	if out, err := b.build(ctx, binary); err != nil {
		return fmt.Errorf("mutate: go test -c ./%s: %w: %s", packageFolder, err, firstLine(string(out)))
	}
	return nil
}

// codecTests are the test files of package smp that hold codecs against numbers
// written by hand. They build without the others, in a fifth of the time.
var codecTests = []string{emit.TestFileName, "codec_test.go"}

// Try builds package smp with the generated code of a machine, and runs its
// tests: those of codecs first, and, where these find nothing, all. The error
// says that the go tool itself failed, or that the ctx ended.
func (b *Builder) Try(ctx context.Context, m *machine.Machine) (Verdict, error) {
	options := emit.Options{Source: b.Spec, Import: reflect.TypeFor[smp.Procedure]().PkgPath()}
	code, err := emit.Go(m, m.Table(), options)
	if err != nil {
		return Verdict{Static, firstLine(err.Error())}, nil
	}
	tests, err := emit.Tests(m, options)
	if err != nil {
		return Verdict{Static, firstLine(err.Error())}, nil
	}
	folder, err := os.MkdirTemp("", "smp-mutant-")
	if err != nil {
		return Verdict{}, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	project, err := filepath.Abs(b.Project)
	if err != nil {
		return Verdict{}, err
	}
	files := map[string]string{} // by what they replace; "" for a file that is to be missing
	for name, content := range map[string][]byte{emit.FileName: code, emit.TestFileName: tests} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return Verdict{}, err
		}
		files[filepath.Join(project, packageFolder, name)] = path
	}
	few := maps.Clone(files)
	others, err := filepath.Glob(filepath.Join(project, packageFolder, "*_test.go"))
	if err != nil {
		return Verdict{}, err
	}
	for _, path := range others {
		if !slices.Contains(codecTests, filepath.Base(path)) {
			few[path] = ""
		}
	}
	for _, replace := range []map[string]string{few, files} {
		if v, err := b.try(ctx, folder, replace); v.By != "" || err != nil {
			return v, err
		}
	}
	return Verdict{}, nil
}

// try builds and runs the tests with some files in the place of others.
func (b *Builder) try(ctx context.Context, folder string, replace map[string]string) (Verdict, error) {
	text, err := json.Marshal(struct{ Replace map[string]string }{replace})
	if err != nil {
		return Verdict{}, err
	}
	overlay := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return Verdict{}, err
	}
	binary := filepath.Join(folder, "smp.test")
	out, err := b.build(ctx, binary, "-overlay", overlay)
	switch {
	case ctx.Err() != nil:
		return Verdict{}, ctx.Err()
	case err != nil && bytes.Contains(out, []byte(".go:")):
		return Verdict{Compile, firstLine(problem(out))}, nil
	case err != nil:
		return Verdict{}, fmt.Errorf("mutate: go test -c: %w: %s", err, firstLine(string(out)))
	}
	return b.test(ctx, binary)
}

func (b *Builder) build(ctx context.Context, binary string, flags ...string) ([]byte, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	args := append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+packageFolder)...)
	cmd.Dir = b.Project
	cmd.WaitDelay = time.Second
	return cmd.CombinedOutput()
}

// comparesGenerated are the tests that hold the generated code against the
// specification on the disk: they would find every mutant, for no reason.
const comparesGenerated = "^(TestTable|TestGenerated)$"

func (b *Builder) test(ctx context.Context, binary string) (Verdict, error) {
	limited, cancel := context.WithTimeout(ctx, b.Limit)
	defer cancel()
	cmd := exec.CommandContext(limited, binary, "-test.failfast", "-test.skip", comparesGenerated)
	cmd.Dir = filepath.Join(b.Project, packageFolder)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	failed := (*exec.ExitError)(nil)
	switch {
	case ctx.Err() != nil:
		return Verdict{}, ctx.Err()
	case limited.Err() != nil:
		return Verdict{Hang, fmt.Sprintf("the tests do not end within %v", b.Limit)}, nil
	case err == nil:
		return Verdict{}, nil
	case !errors.As(err, &failed):
		return Verdict{}, err
	case bytes.Contains(out, []byte("\npanic: ")) || bytes.HasPrefix(out, []byte("panic: ")):
		return Verdict{Crash, failedTest(out)}, nil
	}
	return Verdict{Tests, failedTest(out)}, nil
}

// problem gives the first complaint of the compiler.
func problem(out []byte) string {
	for line := range bytes.Lines(out) {
		if line = bytes.TrimSpace(line); bytes.Contains(line, []byte(".go:")) {
			return string(line)
		}
	}
	return "it does not compile"
}

// failedTest gives the name of the innermost test that failed first.
func failedTest(out []byte) string {
	name := "the tests failed"
	for line := range bytes.Lines(out) {
		failed, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("--- FAIL: "))
		if !ok {
			continue
		}
		name = string(failed)
		if bytes.Contains(failed, []byte("/")) {
			break
		}
	}
	return firstLine(name)
}
