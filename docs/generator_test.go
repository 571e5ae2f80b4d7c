package docs_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestGeneratorKnowsNoProtocol looks into every file of the generator for a word of
// Bluetooth.
func TestGeneratorKnowsNoProtocol(t *testing.T) {
	words := regexp.MustCompile(`(?i)\b(smp|hci|ble|bluetooth|l2cap|pairing|smp_states|hci_packets)\b`)
	files := 0
	for _, root := range []string{"../gen", "../cmd/smpgen", "../examples"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path == filepath.FromSlash("../examples/README.md") {
				return err
			}
			files++
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if at := words.FindIndex(text); at != nil {
				line := bytes.Count(text[:at[0]], []byte("\n")) + 1
				t.Errorf("%s:%d: the generator has no business with %s", path, line, text[at[0]:at[1]])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 150 {
		t.Errorf("only %d files", files)
	}
}
