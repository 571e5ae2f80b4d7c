package mutate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"blesmp/internal/mutate"
)

// builds has this program be the go tool, and the tests that it has built.
const builds = "MUTATE_TEST_GO"

// What comes of a build.
const (
	passes   = "passes"
	fails    = "fails"
	panics   = "panics"
	hangs    = "hangs"
	misfits  = "misfits" // does not compile
	isBroken = "broken"  // the go tool itself
)

// pretend is the go tool, or the tests.
func pretend() int {
	how := os.Getenv(builds)
	if os.Args[1] == "test" {
		return pretendToBuild(how)
	}
	if !slices.Contains(os.Args, "-test.skip") {
		fmt.Println("--- FAIL: the tests that compare generated code are not skipped")
		return 1
	}
	switch how {
	case fails:
		fmt.Println("--- FAIL: TestOne (0.00s)\n    --- FAIL: TestOne/inner (0.00s)\nFAIL")
		return 1
	case panics:
		fmt.Println("--- FAIL: TestTwo (0.00s)\npanic: two [recovered]")
		return 2
	case hangs:
		time.Sleep(time.Hour) // the builder ends it
	}
	return 0
}

func pretendToBuild(how string) int {
	switch how {
	case misfits:
		fmt.Fprintln(os.Stderr, "# blesmp/smp\nsmp/guards.go:15:2: undefined: x")
		return 1
	case isBroken:
		fmt.Fprintln(os.Stderr, "go: no such tool")
		return 1
	}
	if err := copyTo(os.Args[slices.Index(os.Args, "-o")+1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if i := slices.Index(os.Args, "-overlay"); i >= 0 {
		if err := changesGenerated(os.Args[i+1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

// changesGenerated demands that an overlay has other generated code.
func changesGenerated(overlay string) error {
	var list struct{ Replace map[string]string }
	text, err := os.ReadFile(overlay)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		return err
	}
	for path, by := range list.Replace {
		if by == "" {
			continue
		}
		was, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		is, err := os.ReadFile(by)
		if err != nil {
			return err
		}
		if filepath.Base(path) == "zz_generated.go" && string(was) != string(is) {
			return nil
		}
	}
	return fmt.Errorf("%v changes no generated code", list.Replace)
}

// copyTo puts this program at a path.
func copyTo(path string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o700)
}

func TestBuilder(t *testing.T) {
	tools := t.TempDir()
	tool := "go"
	if runtime.GOOS == "windows" {
		tool += ".exe"
	}
	if err := copyTo(filepath.Join(tools, tool)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools)
	j := judge(t)
	j.Builder = &mutate.Builder{Project: "../..", Spec: "spec/smp_states.yaml", Limit: time.Minute}
	if err := j.Builder.Ready(); err != nil {
		t.Error(err)
	}
	id := slices.IndexFunc(mutants(t, j.Source), func(m mutate.Mutant) bool { return m.Change == "numbers of ByPeer and ByUser swapped" })
	for _, test := range []struct{ how, by, saw, err string }{
		{passes, "", "", ""},
		{fails, mutate.Tests, "TestOne/inner", ""},
		{panics, mutate.Crash, "TestTwo", ""},
		{hangs, mutate.Hang, "within 1s", ""},
		{misfits, mutate.Compile, "smp/guards.go:15:2: undefined: x", ""},
		{isBroken, "", "", "go: no such tool"},
	} {
		t.Setenv(builds, test.how)
		if test.how == hangs {
			j.Builder.Limit = time.Second
		}
		v, err := j.Judge(t.Context(), id)
		if v.By != test.by || !strings.Contains(v.Saw, test.saw) || (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("a build that %s: %+v, %v, want %+v", test.how, v, err, test)
		}
	}
	t.Setenv(builds, passes)
	binary := filepath.Join(t.TempDir(), "smp.test")
	if err := j.Builder.Tests(t.Context(), binary); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Error(err)
	}
}

// TestBuilder_notReady has no go tool, and no source.
func TestBuilder_notReady(t *testing.T) {
	if err := (&mutate.Builder{Project: t.TempDir()}).Ready(); !errors.Is(err, mutate.ErrNoBuild) {
		t.Errorf("without source: %v", err)
	}
	t.Setenv("PATH", "")
	if err := (&mutate.Builder{Project: "../.."}).Ready(); !errors.Is(err, mutate.ErrNoBuild) {
		t.Errorf("without the go tool: %v", err)
	}
}
