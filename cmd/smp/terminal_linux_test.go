package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestBashCompletes has bash complete some lines.
func TestBashCompletes(t *testing.T) {
	_, script, _ := once(t, "completion", "bash")
	for line, want := range map[string]string{
		"smp p":                    "pair peripheral",
		"smp completion ":          "bash zsh",
		"smp help sc":              "scan",
		"smp pair --pri":           "--privacy",
		"smp pair --io n":          "none",
		"smp pair --repairing ":    "stronger never ask always",
		"smp pair --passkey ":      "",
		"smp scan --bonds nothing": "",
	} {
		words := strings.Split(line, " ")
		command := fmt.Sprintf("%s\nCOMP_WORDS=(%s '%s'); COMP_CWORD=%d; _smp; echo \"${COMPREPLY[*]}\"",
			script, strings.Join(words[:len(words)-1], " "), words[len(words)-1], len(words)-1)
		out, err := exec.Command("bash", "-c", command).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		if diff := cmp.Diff(want, strings.TrimSpace(string(out))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

// openTerminal gives both ends of a pseudo-terminal: what a person has, and what
// a program has.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(person.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100})
	}
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = program.Close(), person.Close() })
	return person, program
}

// atTerminal gives a console on a terminal, what it shows, and the keys.
func atTerminal(t *testing.T) (c *console, shown *screen, keys io.Writer, program *os.File) {
	t.Helper()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	person, program := openTerminal(t)
	shown = newScreen()
	go func() {
		_, _ = io.Copy(shown, person)
		shown.end()
	}()
	return newConsole(streams{program, program, program}, false), shown, person, program
}

// see waits for a text on the screen, whether its line has ended or not.
func see(t *testing.T, s *screen, text string) {
	t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		changed, found := s.changed, strings.Contains(s.text[s.read:], text)
		if found {
			s.read += strings.Index(s.text[s.read:], text) + len(text)
		}
		s.mu.Unlock()
		if found {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no %q on the screen:\n%q", text, s)
		}
	}
}

// TestKeys types an answer at a terminal, with all the keys that edit it.
func TestKeys(t *testing.T) {
	c, shown, keys, program := atTerminal(t)
	before, err := unix.IoctlGetTermios(int(program.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	var told []edit
	answer := make(chan string, 1)
	go func() {
		text, err := c.ask(t.Context(), question{
			text: "Passkey?", limit: 6, takes: digits, told: func(e edit) { told = append(told, e) },
			until: func() (time.Time, bool) { return time.Now().Add(20 * time.Second), true },
		})
		if err != nil {
			t.Error(err)
		}
		answer <- text
	}()
	see(t, shown, "[20 s left] Passkey? ")
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
		see(t, shown, step.shows)
	}
	_, _ = io.WriteString(keys, "\n")
	if got := <-answer; got != "456789" {
		t.Errorf("answer %q", got)
	}
	want := []edit{typed, typed, typed, erased, typed, cleared, typed, typed, typed, typed, typed, typed}
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
		_, err := c.askYes(ctx, "First?", nil)
		ended <- err
	}()
	see(t, shown, "First? [y/N] ")
	_, _ = io.WriteString(keys, "ye")
	see(t, shown, "ye")
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("taken back: %v", err)
	}
	after, err := unix.IoctlGetTermios(int(program.Fd()), getTermios)
	if err != nil || cmp.Diff(before, after) != "" {
		t.Errorf("the terminal is not as it was: %v", err)
	}
	_, _ = io.WriteString(keys, "y\n") // for the first question, too late
	see(t, shown, "y\r\n")
	go func() {
		ok, err := c.askYes(t.Context(), "Second?", nil)
		if ok {
			t.Error("an old answer was taken")
		}
		ended <- err
	}()
	see(t, shown, "Second? [y/N] ")
	_, _ = io.WriteString(keys, "n\n")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	go func() {
		_, err := c.askYes(t.Context(), "Third?", nil)
		ended <- err
	}()
	see(t, shown, "Third? [y/N] ")
	_, _ = io.WriteString(keys, "\x04")
	if err := <-ended; !errors.Is(err, errNoAnswer) {
		t.Errorf("Ctrl-D: %v", err)
	}
	c.close()
}

// TestLastLine keeps the last line below what is said, no longer than a line.
func TestLastLine(t *testing.T) {
	c, shown, _, _ := atTerminal(t)
	stop := c.progress(func() string { return "waiting " + strings.Repeat("x", 200) })
	see(t, shown, "waiting "+strings.Repeat("x", 91))
	c.say("news")
	see(t, shown, "\r\x1b[Knews\r\nwaiting x")
	stop()
	stop()
	see(t, shown, "\r\x1b[K")
	c.say("%s", c.paint(good, "done"))
	see(t, shown, "\x1b[32mdone\x1b[0m\r\n")
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
	if newConsole(streams{program, program, program}, false).colour {
		t.Error("colour in spite of NO_COLOR")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if c := newConsole(streams{program, program, program}, false); c.screen != nil {
		t.Error("a last line on a dumb terminal")
	}
	if c := newConsole(streams{program, io.Discard, program}, false); c.colour || c.screen != nil {
		t.Error("colour or a last line without a terminal")
	}
	if c := newConsole(streams{program, program, program}, true); c.colour || c.screen != nil {
		t.Error("a last line between lines of JSON")
	}
}

// TestTyping has a person type the passkey at a real terminal, and the other
// device show every key.
func TestTyping(t *testing.T) {
	t.Setenv("TERM", "xterm")
	w := newWorld(t)
	peripheral := w.run(thePeripheral, "peripheral", "--once", "--unsafe-fixed-passkey", "314159")
	peripheral.expect("advertising")
	person, program := openTerminal(t)
	shown := newScreen()
	go func() { _, _ = io.Copy(shown, person) }()
	status := make(chan int, 1)
	go func() {
		status <- run(t.Context(), streams{program, program, program}, []string{
			"pair", "--transport", w.addresses[theCentral], "--bonds", w.bonds[theCentral], w.address(thePeripheral),
		})
	}()
	see(t, shown, "s left] Type the passkey that the other device shows: ")
	for _, step := range []struct{ key, told string }{
		{"3", "passkey digit entered"},
		{"2", "passkey digit entered"},
		{"\x7f", "passkey digit erased"},
		{"\x15", "passkey cleared"},
		{"3", "passkey digit entered"},
		{"14159", "passkey digit entered"},
		{"\n", "passkey entry completed"},
	} {
		_, _ = io.WriteString(person, step.key)
		peripheral.expect("the other device: " + step.told)
	}
	see(t, shown, "Type the passkey that the other device shows: 314159")
	see(t, shown, "paired")
	peripheral.exit(exitOK)
	if got := <-status; got != exitOK {
		t.Errorf("exit status %d", got)
	}
}
