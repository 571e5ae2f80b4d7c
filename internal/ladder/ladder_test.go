package ladder_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"blesmp/internal/ladder"
)

func Example() {
	l := ladder.New(os.Stdout, "central", "peripheral")
	l.Arrow(ladder.Left, "Pairing Request", "NoInputNoOutput")
	l.Arrow(ladder.Right, "Pairing Failed", "")
	l.Note(ladder.Right, "pairing failed")
	l.Across("disconnected")
	// Output:
	// central                                                                                   peripheral
	//   | Pairing Request ---------------------------------------------------------------------------> |
	//   |   NoInputNoOutput                                                                            |
	//   | <---------------------------------------------------------------------------- Pairing Failed |
	//   |                                                                              pairing failed *|
	//   |======================================== disconnected ========================================|
}

func TestLinesFit(t *testing.T) {
	var b strings.Builder
	l := ladder.New(&b, "left", "right")
	long := strings.Repeat("word ", 60) + strings.Repeat("x", 200)
	l.Arrow(ladder.Left, "Name", long)
	l.Arrow(ladder.Right, "Name", long)
	l.Note(ladder.Left, long)
	l.Note(ladder.Right, long)
	for _, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		if len(line) > ladder.Width {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	if got := strings.Count(b.String(), "x"); got != 4*200 {
		t.Errorf("%d of 800 letters came out", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestErr(t *testing.T) {
	l := ladder.New(full{}, "left", "right")
	l.Across("gone")
	if err := l.Err(); err == nil {
		t.Error("no error of a writer that fails")
	}
}
