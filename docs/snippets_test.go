package docs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	consoleBlock = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")
	shBlock      = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	goBlock      = regexp.MustCompile("(?ms)^(<!-- from ([^ ]+) -->\n)?```go\n(.*?)^```$(\n\nprints\n\n```text\n(.*?)^```$)?")
)

// guides are the pages whose code is run.
func guides(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("*.md")
	if err != nil || len(all) < 8 {
		t.Fatalf("%d guides, %v", len(all), err)
	}
	return append(all, "../examples/README.md")
}

// TestConsole runs the commands of each page, one after the other, in a module
// of its own, and compares what they print where the page shows it. A line of
// three dots stands for any number of lines.
func TestConsole(t *testing.T) {
	commands := 0
	for _, path := range guides(t) {
		folder := beside(t)
		for _, block := range consoleBlock.FindAllStringSubmatch(read(t, path), -1) {
			for part := range strings.SplitSeq("\n"+block[1], "\n$ ") {
				line, want, _ := strings.Cut(part, "\n")
				words := strings.Fields(line)
				if len(words) == 0 {
					continue
				}
				commands++
				out, err := call(t, folder, words)
				if err != nil {
					t.Errorf("%s: %s: %v\n%s", path, line, err, out)
				} else if want = strings.TrimSpace(want); want != "" && !shown(want).MatchString(strings.TrimSpace(out)) {
					t.Errorf("%s: %s prints\n%s\nwhich is not\n%s", path, line, out, want)
				}
			}
		}
	}
	if commands < 15 {
		t.Errorf("only %d commands", commands)
	}
}

// call runs a command line: smp, smpgen or go.
func call(t *testing.T, folder string, words []string) (string, error) {
	t.Helper()
	if words[0] != "go" {
		return run(t, folder, words[0], words[1:]...)
	}
	command := exec.Command("go", words[1:]...)
	command.Dir = folder
	out, err := command.CombinedOutput()
	return string(out), err
}

// shown makes a pattern of what a page shows.
func shown(want string) *regexp.Regexp {
	var all []string
	for line := range strings.SplitSeq(want, "\n") {
		if strings.TrimSpace(line) == "..." {
			all = append(all, "(?s:.*)")
		} else {
			all = append(all, regexp.QuoteMeta(strings.TrimRight(line, " "))+" *")
		}
	}
	return regexp.MustCompile("^" + strings.Join(all, "\n") + "$")
}

// TestShell looks whether the flags exist of the commands that need hardware.
func TestShell(t *testing.T) {
	for _, path := range guides(t) {
		for _, block := range shBlock.FindAllStringSubmatch(read(t, path), -1) {
			for line := range strings.SplitSeq(block[1], "\n") {
				words := strings.Fields(strings.TrimPrefix(line, "sudo "))
				if len(words) < 2 || words[0] != "smp" {
					continue
				}
				help, err := run(t, ".", "smp", "help", words[1])
				if err != nil {
					t.Errorf("%s: %s: %v", path, line, err)
				}
				for _, word := range words[2:] {
					if flag, _, _ := strings.Cut(word, "="); strings.HasPrefix(flag, "--") && !regexp.MustCompile(`(?m)^\s+`+flag+`\b`).MatchString(help) {
						t.Errorf("%s: %s: there is no %s", path, line, flag)
					}
				}
			}
		}
	}
}

// TestPrograms runs every whole program of the pages, and compares what it
// prints. A fragment stands somewhere in the file that is named before it.
func TestPrograms(t *testing.T) {
	programs := 0
	for _, path := range guides(t) {
		for i, block := range goBlock.FindAllStringSubmatch(read(t, path), -1) {
			from, source, want := block[2], block[3], block[5]
			switch {
			case strings.HasPrefix(source, "package main\n"):
				programs++
				name := strings.TrimSuffix(filepath.Base(path), ".md") + string(rune('a'+i))
				if got := program(t, name, source); got != want {
					t.Errorf("program %d of %s (-want +got)\n%s", i+1, path, cmp.Diff(want, got))
				}
			case from == "":
				t.Errorf("block %d of %s is no program, and names no file that it is from", i+1, path)
			case !strings.Contains(squeezed(read(t, filepath.Join("..", filepath.FromSlash(from)))), squeezed(source)):
				t.Errorf("block %d of %s does not stand in %s", i+1, path, from)
			}
		}
	}
	if programs < 4 {
		t.Errorf("only %d programs", programs)
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }

// program runs a program as a command of this module, so that it needs no
// go.mod.
func program(t *testing.T, name, source string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "main.go")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "docs", name, "main.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(folder, name)
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.Command("go", "build", "-overlay", list, "-o", binary, "./docs/"+name)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
		return ""
	}
	command := exec.Command(binary)
	command.Dir = folder
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
	return strings.ReplaceAll(string(out), "\r\n", "\n")
}
