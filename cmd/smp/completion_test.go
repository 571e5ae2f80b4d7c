package main

import (
	"flag"
	"strings"
	"testing"
)

// TestCompletion looks for every command and flag in both scripts.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh"} {
		status, script, err := once(t, "completion", shell)
		if status != exitOK || err != "" {
			t.Fatalf("%s: status %d, %s", shell, status, err)
		}
		for _, c := range commands() {
			if !strings.Contains(script, c.name) {
				t.Errorf("%s: no %s", shell, c.name)
			}
			c.flags().VisitAll(func(f *flag.Flag) {
				if !strings.Contains(script, "--"+f.Name) {
					t.Errorf("%s: no --%s of %s", shell, f.Name, c.name)
				}
			})
		}
	}
}

func TestZshFlag(t *testing.T) {
	flags, _ := pairFlags()
	for name, want := range map[string]string{
		"accept": `--accept[take it that both devices show the same number, unseen]`,
		"bonds":  `--bonds[the file of the bonds and of our identity, or memory to keep nothing]:file:_files`,
		"io":     `--io[what the user has, as a capability]:capability:(display yesno keyboard none both)`,
		"oob":    `--oob[the peer'\''s out-of-band data, as its --give-oob shows it]:data:`,
	} {
		if got := zshFlag(flags.Lookup(name)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
