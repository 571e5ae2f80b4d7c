package gen_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/gen"
	"blesmp/gen/diag"
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

// TestLoadLeavesNoTrail plants one mistake of form at a time: what names the
// thing that was meant, or stands beside it, is not reported too.
func TestLoadLeavesNoTrail(t *testing.T) {
	source, err := os.ReadFile("testdata/market.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, old, new, want string }{
		{"condition", "{if: raining, fail", "{if: raining = 1, fail", `unexpected "=" (write ==)`},
		{"number of a value too large", "TooDear: 3", "TooDear: 256", "TooDear is a number from 0 to 255, not 256"},
		{"number of a value twice", "TooDear: 3", "TooDear: 1", "has the number of"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if strings.Count(string(source), test.old) != 1 {
				t.Fatalf("%q does not stand once in the file", test.old)
			}
			path := filepath.Join(t.TempDir(), "market.yaml")
			if err := os.WriteFile(path, []byte(strings.Replace(string(source), test.old, test.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = gen.Load(path)
			var found *diag.List
			if !errors.As(err, &found) || found.Len() != 1 || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want nothing but %q, got:\n%v", test.want, err)
			}
		})
	}
}
