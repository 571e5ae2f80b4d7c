package diag_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"blesmp/gen/diag"

	"github.com/google/go-cmp/cmp"
)

const source = "doors:\n\t- {if: openNow, goto: Hall}\n  日本: x\n\n" // line 4 is empty

func TestListRendersSortedAndOnce(t *testing.T) {
	var l diag.List
	l.Source("door.yaml", []byte(source))
	l.Errorf("door.yaml", 2, 8, "unknown guard %q", "openNow")
	l.Add(diag.Diagnostic{Path: "door.yaml", Line: 2, Col: 23, Message: `unknown state "Hall"`, Hint: "did you mean Hell?"})
	l.Errorf("door.yaml", 1, 1, "no doors")
	l.Errorf("door.yaml", 2, 8, "unknown guard %q", "openNow")
	l.Errorf("door.yaml", 3, 5, "wide")
	l.Errorf("door.yaml", 3, 99, "after the end")
	l.Errorf("door.yaml", 4, 1, "empty line")
	l.Errorf("door.yaml", 99, 1, "no such line")
	l.Add(diag.Diagnostic{Path: "door.yaml", Message: "the whole file", Note: true})
	l.Errorf("annex.yaml", 1, 1, "no source known")

	want := `annex.yaml:1:1: no source known
door.yaml: note: the whole file
door.yaml:1:1: no doors
    doors:
    ^
door.yaml:2:8: unknown guard "openNow"
    - {if: openNow, goto: Hall}
          ^
door.yaml:2:23: unknown state "Hall" (did you mean Hell?)
    - {if: openNow, goto: Hall}
                         ^
door.yaml:3:5: wide
    日本: x
        ^
door.yaml:3:99: after the end
    日本: x
           ^
door.yaml:4:1: empty line
door.yaml:99:1: no such line`
	if d := cmp.Diff(want, l.Error()); d != "" {
		t.Errorf("rendering (-want +got)\n%s", d)
	}
	if got, want := l.Len(), 9; got != want {
		t.Errorf("Len = %d, want %d", got, want)
	}
	if all := l.All(); all[0].Path != "annex.yaml" || len(all) != 9 {
		t.Errorf("All = %v", all)
	}
}

func TestLongLinesAreCut(t *testing.T) {
	line := strings.Repeat("abcdefghi ", 40)
	for _, test := range []struct {
		col  int
		want string
	}{
		{1, "    " + line[:99] + "...\n    ^"},
		{200, "    ..." + strings.TrimRight(line[139:239], " ") + "...\n    ..." + strings.Repeat(" ", 60) + "^"},
		{400, "    ..." + line[300:399] + "\n    ..." + strings.Repeat(" ", 99) + "^"},
	} {
		var l diag.List
		l.Source("long.yaml", []byte(line))
		l.Errorf("long.yaml", 1, test.col, "here")
		_, got, _ := strings.Cut(l.Error(), "\n")
		// The dots under the dots are for this test's eyes alone.
		want := strings.Replace(test.want, "\n    ...", "\n       ", 1)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("column %d (-want +got)\n%s", test.col, d)
		}
	}
}

func TestErrLeavesNotesAlone(t *testing.T) {
	var l diag.List
	if err := l.Err(); err != nil {
		t.Errorf("empty list: %v", err)
	}
	l.Add(diag.Diagnostic{Path: "a", Message: "by the way", Note: true})
	if err := l.Err(); err != nil {
		t.Errorf("notes alone: %v", err)
	}
	l.Errorf("a", 1, 1, "wrong")
	if err := l.Err(); err == nil {
		t.Error("an error is no error")
	}
}

func TestJoin(t *testing.T) {
	var inner diag.List
	inner.Source("a", []byte("text"))
	inner.Errorf("a", 1, 1, "wrong")

	var l diag.List
	l.Join("a", nil)
	l.Join("a", fmt.Errorf("while reading: %w", inner.Err()))
	l.Join("b", errors.New("no such file"))
	want := "a:1:1: wrong\n    text\n    ^\nb: no such file"
	if d := cmp.Diff(want, l.Error()); d != "" {
		t.Errorf("Join (-want +got)\n%s", d)
	}
}

func TestSuggest(t *testing.T) {
	words := []string{"confirmMatches", "lastRound", "send", "set", "do", "Idle"}
	for word, want := range map[string]string{
		"confirmMatch":    "confirmMatches",
		"comfirmMatches":  "confirmMatches",
		"lastround":       "lastRound",
		"lsatRound":       "lastRound",
		"sned":            "send",
		"sets":            "set",
		"IDLE":            "Idle",
		"ignore":          "",
		"zz":              "",
		"":                "",
		"send":            "", // at most itself, which is no help; set is two off
		"completelyOther": "",
	} {
		if got := diag.Suggest(word, words); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", word, got, want)
		}
	}
	if got, want := diag.DidYouMean("sned", words), "did you mean send?"; got != want {
		t.Errorf("DidYouMean = %q, want %q", got, want)
	}
	if got := diag.DidYouMean("ignore", words); got != "" {
		t.Errorf("DidYouMean of a strange word = %q", got)
	}
}
