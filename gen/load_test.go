package gen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/gen"
)

// TestLoadSaysAllAtOnce plants mistakes of form and of meaning: both kinds are
// told by one call.
func TestLoadSaysAllAtOnce(t *testing.T) {
	source, err := os.ReadFile("testdata/market.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(source), "goto: ", "goto: No", 1) + "surplus: 1\n"
	path := filepath.Join(t.TempDir(), "market.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = gen.Load(path)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`unknown key "surplus"`, `unknown state "No`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing about %s in:\n%v", want, err)
		}
	}
}
