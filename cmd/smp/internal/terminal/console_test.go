package terminal

import "testing"

// TestPrintable keeps what the air says from steering a terminal.
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Lampe über Tür 灯":   "Lampe über Tür 灯",
		"\x1b[2Jgone\nb\x00": "\uFFFD[2Jgone\uFFFDb\uFFFD",
		"\u202Eevil":         "\uFFFDevil",
		string([]byte{0xff}): "\uFFFD",
	} {
		if got := Printable(text); got != want {
			t.Errorf("Printable(%q) = %q, want %q", text, got, want)
		}
	}
}
