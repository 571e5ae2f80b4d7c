package bt_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"blesmp/bt"
)

// TestKeyHides prints a key in every way there is but Reveal.
func TestKeyHides(t *testing.T) {
	const secret = "000102030405060708090a0b0c0d0eff"
	key, err := bt.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	if key.Reveal() != secret {
		t.Errorf("Reveal gives %s", key.Reveal())
	}
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
		fmt.Fprintf(&all, verb+" ", key)
		fmt.Fprintf(&all, verb+" ", struct{ Key bt.Key }{key})
	}
	slog.New(slog.NewTextHandler(&all, nil)).Info("text", "key", key)
	slog.New(slog.NewJSONHandler(&all, nil)).Info("JSON", "key", key)
	if err := json.NewEncoder(&all).Encode(map[string]bt.Key{"key": key}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"0e", "0E", "ff", "FF", "14", "255"} {
		for _, line := range strings.Split(all.String(), "\n") {
			if _, rest, ok := strings.Cut(line, " level="); ok {
				line = rest // behind the time
			}
			if _, rest, ok := strings.Cut(line, `"level"`); ok {
				line = rest
			}
			if strings.Contains(line, part) {
				t.Errorf("an octet of the key shows: %s", line)
			}
		}
	}
}

// TestParseKey refuses without repeating what it was given.
func TestParseKey(t *testing.T) {
	for text, want := range map[string]string{
		"0011":                              "bt: key: 4 characters, want 32 hexadecimal digits",
		"zz0102030405060708090a0b0c0d0e0f":  "bt: key: not hexadecimal",
		"000102030405060708090a0b0c0d0e0f0": "bt: key: 33 characters, want 32 hexadecimal digits",
	} {
		if _, err := bt.ParseKey(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestKeyEqual tells keys apart by every octet.
func TestKeyEqual(t *testing.T) {
	if !(bt.Key{}).IsZero() || !(bt.Key{15: 1}).Equal(bt.Key{15: 1}) {
		t.Error("equal keys are told apart")
	}
	for i := range (bt.Key{}) {
		var other bt.Key
		other[i] = 0x80
		if other.IsZero() || other.Equal(bt.Key{}) {
			t.Errorf("octet %d is not looked at", i)
		}
	}
}
