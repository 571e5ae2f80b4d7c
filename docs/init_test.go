package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// beside makes a module beside this one, which requires it.
func beside(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	text := "module example.com/mine\n\ngo 1.26.0\n\nrequire blesmp v0.0.0\n\nreplace blesmp => " + filepath.ToSlash(root) + "\n"
	if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestInit writes the protocol to start from into another module and tests it
// there.
func TestInit(t *testing.T) {
	folder := beside(t)
	if out, err := run(t, folder, "smpgen", "init", "door"); err != nil {
		t.Fatalf("smpgen init: %v\n%s", err, out)
	}
	command := exec.Command("go", "test", "./...")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go test: %v\n%s", err, out)
	}
	for _, args := range [][]string{{"check"}, {"fmt", "-l"}, {"diff"}, {"diagram", "-o", "pictures"}, {"schema"}} {
		if out, err := run(t, folder, "smpgen", args...); err != nil || out != "" {
			t.Errorf("smpgen %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	if out, err := run(t, folder, "smpgen", "init", "door"); err == nil || !strings.Contains(out, "there already") {
		t.Errorf("a second smpgen init: %v\n%s", err, out)
	}
	if out, err := run(t, folder, "smpgen", "init", "Door"); err == nil || !strings.Contains(out, "lower-case") {
		t.Errorf("smpgen init Door: %v\n%s", err, out)
	}
}
