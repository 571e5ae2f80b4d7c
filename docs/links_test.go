package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pages gives every Markdown file of the docs and of the top folder.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"../*.md", "*.md", "*/*.md", "../examples/*.md", "../examples/*/*.md", "../examples/*/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	if len(all) < 10 {
		t.Fatalf("only %d pages", len(all))
	}
	return all
}

var (
	linkPattern  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fencePattern = regexp.MustCompile("(?ms)^```.*?^```$")
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
)

// TestLinks follows every link that stays in this repository: to a file, to a
// line in it, or to a heading.
func TestLinks(t *testing.T) {
	lines := map[string]int{}
	for _, path := range pages(t) {
		text := prose(t, path)
		for _, match := range linkPattern.FindAllStringSubmatch(text, -1) {
			if link := match[1]; !strings.Contains(link, "://") && !strings.HasPrefix(link, "mailto:") {
				follow(t, path, link, lines)
			}
		}
	}
}

// prose gives a page without its code.
func prose(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fencePattern.ReplaceAllString(strings.ReplaceAll(string(text), "\r\n", "\n"), "")
}

func follow(t *testing.T, page, link string, lines map[string]int) {
	t.Helper()
	file, anchor, _ := strings.Cut(link, "#")
	target := page
	if file != "" {
		target = filepath.Join(filepath.Dir(page), filepath.FromSlash(file))
	}
	if _, err := os.Stat(target); err != nil {
		t.Errorf("%s: %s leads nowhere", page, link)
		return
	}
	if anchor == "" {
		return
	}
	if number, ok := strings.CutPrefix(anchor, "L"); ok {
		if n, err := strconv.Atoi(number); err == nil {
			if lines[target] == 0 {
				text, err := os.ReadFile(target)
				if err != nil {
					t.Fatal(err)
				}
				lines[target] = strings.Count(string(text), "\n")
			}
			if n > lines[target] {
				t.Errorf("%s: %s has %d lines, and %s is none of them", page, target, lines[target], link)
			}
			return
		}
	}
	for line := range strings.Lines(prose(t, target)) {
		if title := strings.TrimLeft(line, "#"); title != line && anchorOf(title) == anchor {
			return
		}
	}
	t.Errorf("%s: %s has no heading for %s", page, target, link)
}

// anchorOf gives a heading's name in links.
func anchorOf(title string) string {
	title = strings.ToLower(strings.TrimSpace(title))
	return strings.ReplaceAll(notInAnchor.ReplaceAllString(title, ""), " ", "-")
}
