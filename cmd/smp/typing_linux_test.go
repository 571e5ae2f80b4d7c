package main

import (
	"io"
	"testing"

	"blesmp/cmd/smp/internal/terminaltest"
)

// TestTyping has a person type the passkey at a real terminal, and the other
// device show every key.
func TestTyping(t *testing.T) {
	t.Setenv("TERM", "xterm")
	w := newWorld(t)
	peripheral := w.run(thePeripheral, "peripheral", "--once", "--unsafe-fixed-passkey", "314159")
	peripheral.expect("advertising")
	person, program := terminaltest.Open(t)
	shown := terminaltest.NewScreen()
	go func() { _, _ = io.Copy(shown, person) }()
	status := make(chan int, 1)
	go func() {
		status <- run(t.Context(), streams{program, program, program}, []string{
			"pair", "--transport", w.addresses[theCentral], "--bonds", w.bonds[theCentral], w.address(thePeripheral),
		})
	}()
	shown.See(t, "s left] Type the passkey that the other device shows: ")
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
	shown.See(t, "Type the passkey that the other device shows: 314159")
	shown.See(t, "paired")
	peripheral.exit(exitOK)
	if got := <-status; got != exitOK {
		t.Errorf("exit status %d", got)
	}
}
