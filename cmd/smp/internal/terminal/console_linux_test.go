package terminal

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"blesmp/cmd/smp/internal/terminaltest"
)

// atTerminal gives a console on a terminal, what it shows, and the keys.
func atTerminal(t *testing.T) (c *Console, shown *terminaltest.Screen, keys io.Writer, program *os.File) {
	t.Helper()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	person, program := terminaltest.Open(t)
	shown = terminaltest.NewScreen()
	go func() {
		_, _ = io.Copy(shown, person)
		shown.End()
	}()
	return NewConsole(program, program, program, false), shown, person, program
}

// TestKeys types an answer at a terminal, with all the keys that edit it.
func TestKeys(t *testing.T) {
	c, shown, keys, program := atTerminal(t)
	before, err := unix.IoctlGetTermios(int(program.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	var told []Edit
	answer := make(chan string, 1)
	go func() {
		text, err := c.Ask(t.Context(), Question{
			Text: "Passkey?", Limit: 6, Takes: Digits, Told: func(e Edit) { told = append(told, e) },
			Until: func() (time.Time, bool) { return time.Now().Add(20 * time.Second), true },
		})
		if err != nil {
			t.Error(err)
		}
		answer <- text
	}()
	shown.See(t, "[20 s left] Passkey? ")
	for _, step := range []struct{ keys, shows string }{
		{"12", "Passkey? 12"},
		{"x3", "Passkey? 123"},
		{"\x7f", "Passkey? 12"},
		{"\x1b[A\x1bOB9", "Passkey? 129"},
		{"\x15", "Passkey? "},
		{"\x7f4", "Passkey? 4"},
		{"567890", "Passkey? 456789"},
	} {
		if _, err := io.WriteString(keys, step.keys); err != nil {
			t.Fatal(err)
		}
		shown.See(t, step.shows)
	}
	_, _ = io.WriteString(keys, "\n")
	if got := <-answer; got != "456789" {
		t.Errorf("answer %q", got)
	}
	want := []Edit{Typed, Typed, Typed, Erased, Typed, Cleared, Typed, Typed, Typed, Typed, Typed, Typed}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	after, err := unix.IoctlGetTermios(int(program.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the terminal is not as it was (-before +after):\n%s", diff)
	}
}

// TestQuestionTakenBack ends a question while its user types: nothing of it may
// answer the next one, and the terminal is as before.
func TestQuestionTakenBack(t *testing.T) {
	c, shown, keys, program := atTerminal(t)
	before, err := unix.IoctlGetTermios(int(program.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := c.AskYes(ctx, "First?", nil)
		ended <- err
	}()
	shown.See(t, "First? [y/N] ")
	_, _ = io.WriteString(keys, "ye")
	shown.See(t, "ye")
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("taken back: %v", err)
	}
	after, err := unix.IoctlGetTermios(int(program.Fd()), getTermios)
	if err != nil || cmp.Diff(before, after) != "" {
		t.Errorf("the terminal is not as it was: %v", err)
	}
	_, _ = io.WriteString(keys, "y\n") // for the first question, too late
	shown.See(t, "y\r\n")
	go func() {
		ok, err := c.AskYes(t.Context(), "Second?", nil)
		if ok {
			t.Error("an old answer was taken")
		}
		ended <- err
	}()
	shown.See(t, "Second? [y/N] ")
	_, _ = io.WriteString(keys, "n\n")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	go func() {
		_, err := c.AskYes(t.Context(), "Third?", nil)
		ended <- err
	}()
	shown.See(t, "Third? [y/N] ")
	_, _ = io.WriteString(keys, "\x04")
	if err := <-ended; !errors.Is(err, ErrNoAnswer) {
		t.Errorf("Ctrl-D: %v", err)
	}
	c.Close()
}

// TestLastLine keeps the last line below what is said, no longer than a line.
func TestLastLine(t *testing.T) {
	c, shown, _, _ := atTerminal(t)
	stop := c.Progress(func() string { return "waiting " + strings.Repeat("x", 200) })
	shown.See(t, "waiting "+strings.Repeat("x", 91))
	c.Say("news")
	shown.See(t, "\r\x1b[Knews\r\nwaiting x")
	stop()
	stop()
	shown.See(t, "\r\x1b[K")
	c.Say("%s", c.Paint(Good, "done"))
	shown.See(t, "\x1b[32mdone\x1b[0m\r\n")
	if strings.Contains(shown.String(), strings.Repeat("x", 92)) {
		t.Error("the last line is too long")
	}
}

// TestNoColour asks for colour where there should be none.
func TestNoColour(t *testing.T) {
	c, _, _, program := atTerminal(t)
	if !c.colour || c.screen == nil {
		t.Error("a terminal has neither colour nor a last line")
	}
	t.Setenv("NO_COLOR", "1")
	if NewConsole(program, program, program, false).colour {
		t.Error("colour in spite of NO_COLOR")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if c := NewConsole(program, program, program, false); c.screen != nil {
		t.Error("a last line on a dumb terminal")
	}
	if c := NewConsole(program, io.Discard, program, false); c.colour || c.screen != nil {
		t.Error("colour or a last line without a terminal")
	}
	if c := NewConsole(program, program, program, true); c.colour || c.screen != nil {
		t.Error("a last line between lines of JSON")
	}
}
