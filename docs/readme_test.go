package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	fromBlock    = regexp.MustCompile("(?ms)^<!-- from ([^ ]+) -->\n```go\n(.*?)^```$")
	printedBlock = regexp.MustCompile("(?ms)^<!-- printed by ([^>]+) -->\n```text\n(.*?)^```$")
	diffBlock    = regexp.MustCompile("(?ms)^```diff\n(.*?)^```$")
)

// TestReadme holds the README against what it shows: its program stands where the
// tests run it, its commands exist and print what it says, and its change is one of
// the tour's.
func TestReadme(t *testing.T) {
	page := read(t, "../README.md")
	programs := fromBlock.FindAllStringSubmatch(page, -1)
	for _, block := range programs {
		if !strings.Contains(squeezed(read(t, filepath.Join("..", filepath.FromSlash(block[1])))), squeezed(block[2])) {
			t.Errorf("the program does not stand in %s", block[1])
		}
	}
	printed := printedBlock.FindAllStringSubmatch(page, -1)
	for _, block := range printed {
		words := strings.Fields(block[1])
		out, err := run(t, t.TempDir(), words[0], words[1:]...)
		if err != nil || !shown(strings.TrimSpace(block[2])).MatchString(strings.TrimSpace(out)) {
			t.Errorf("%s prints, %v:\n%s", block[1], err, out)
		}
	}
	diffs := diffBlock.FindAllStringSubmatch(page, -1)
	for _, block := range diffs {
		if !strings.Contains(read(t, "tour.md"), block[1]) {
			t.Errorf("the tour does not make the change\n%s", block[1])
		}
	}
	if len(programs) != 1 || len(printed) != 1 || len(diffs) != 1 {
		t.Errorf("%d programs, %d outputs, %d changes", len(programs), len(printed), len(diffs))
	}
	for _, match := range regexp.MustCompile("(smp|smpgen) ([a-z]+)").FindAllStringSubmatch(strings.Join(code(page), "\n"), -1) {
		if out, err := run(t, t.TempDir(), match[1], "help", match[2]); err != nil {
			t.Errorf("%s: %v\n%s", match[0], err, out)
		}
	}
}

// TestReadmeFolders looks whether the folders are there that the README and the
// rules of contributing name.
func TestReadmeFolders(t *testing.T) {
	for _, path := range []string{"../README.md", "../CONTRIBUTING.md"} {
		for _, match := range regexp.MustCompile("`((?:[a-z]+/)+[a-z]*)`").FindAllStringSubmatch(read(t, path), -1) {
			if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(match[1]))); err != nil {
				t.Errorf("%s: there is no %s", path, match[1])
			}
		}
	}
}

// code gives what of a page is code in its lines, and the commands of its sh blocks.
func code(page string) []string {
	var all []string
	for _, match := range shBlock.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(match[1]) {
			all = append(all, strings.TrimPrefix(line, "go tool "))
		}
	}
	for _, match := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(fencePattern.ReplaceAllString(page, ""), -1) {
		all = append(all, match[1])
	}
	return all
}
