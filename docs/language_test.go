package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// read gives a file with plain line ends.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// TestLanguageExamples puts the pieces of each example together and resolves it.
// A piece that begins a protocol after the first is a file of its own.
func TestLanguageExamples(t *testing.T) {
	var first string
	whole := 0
	for i, match := range yamlBlock.FindAllStringSubmatch(read(t, "spec-language.md"), -1) {
		if i > 0 && strings.HasPrefix(match[1], "protocol:") {
			whole++
			resolve(t, match[1])
			continue
		}
		first += match[1] + "\n"
	}
	m := resolve(t, first)
	if m != nil && (len(m.States) < 20 || whole != 1) {
		t.Errorf("%d states, %d other files", len(m.States), whole)
	}
}

func resolve(t *testing.T, source string) *machine.Machine {
	t.Helper()
	f, err := spec.Parse("spec-language.md", []byte(source))
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Errorf("%v", err)
	}
	return m
}

// TestLanguageIsWhole looks for every key of the loader on the page, in its text and
// in an example.
func TestLanguageIsWhole(t *testing.T) {
	page := read(t, "spec-language.md")
	var examples string
	for _, match := range yamlBlock.FindAllStringSubmatch(page, -1) {
		examples += match[1]
	}
	sources, err := filepath.Glob("../gen/spec/*.go")
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, path := range sources {
		for _, match := range regexp.MustCompile(`(?:required|optional)\("(\w+)"`).FindAllStringSubmatch(read(t, path), -1) {
			keys++
			if !regexp.MustCompile("`" + match[1] + "[`:]").MatchString(page) {
				t.Errorf("%s reads the key %s, of which the page says nothing", path, match[1])
			}
			if !regexp.MustCompile(`(?m)(^|[ {])` + match[1] + `:`).MatchString(examples) {
				t.Errorf("%s reads the key %s, of which the page has no example", path, match[1])
			}
		}
	}
	if keys < 80 {
		t.Errorf("only %d keys found in the loader", keys)
	}
}
