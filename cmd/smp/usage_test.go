package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// once runs a command that needs no answers.
func once(t *testing.T, args ...string) (status int, out, err string) {
	var o, e bytes.Buffer
	status = run(t.Context(), streams{strings.NewReader(""), &o, &e}, args)
	return status, o.String(), e.String()
}

func TestWrongUsage(t *testing.T) {
	const peer = "C0:11:22:33:44:55"
	for _, test := range []struct {
		args string
		want string
	}{
		{"", "Usage: smp COMMAND"},
		{"pear", `there is no command "pear"`},
		{"help pear", `there is no command "pear"`},
		{"pair", "want one address of a device, got 0; smp scan shows them"},
		{"pair " + peer + " " + peer, "got 2"},
		{"pair C0:11:22:33:44", `"C0:11:22:33:44" is no address of a device: want C0:11:22:33:44:55`},
		{"pair C0:11:22:33:44:55/static", "is no address of a device"},
		{"pair -- -x", `"-x" is no address`},
		{"pair --nosuch " + peer, "not defined: -nosuch; smp help pair shows the flags"},
		{"pair --timeout soon " + peer, "invalid value"},
		{"pair --timeout 0s " + peer, "--timeout 0s: want more than nothing"},
		{"pair --io screen " + peer, `--io "screen": want display, yesno, keyboard, none or both`},
		{"pair --repairing maybe " + peer, `--repairing "maybe": want stronger, never, ask or always`},
		{"pair --key-size 6 " + peer, "--key-size 6: want 7 to 16 octets"},
		{"pair --min-key-size 17 " + peer, "--min-key-size 17: want 7 to 16 octets"},
		{"pair --key-size 8 " + peer, "--key-size 8 is below --min-key-size 16"},
		{"pair --legacy --sc-only " + peer, "exclude each other"},
		{"pair --sc-only --min-key-size 7 " + peer, "--sc-only has keys of 16 octets"},
		{"pair --mitm --io none " + peer, "--mitm needs a user"},
		{"pair --legacy --give-oob " + peer, "--give-oob is for LE Secure Connections"},
		{"pair 80:11:22:33:44:55/random", `no device has the random address "80:11:22:33:44:55/random": its first two bits are 10, or all others are the same`},
		{"pair --passkey 1234567 " + peer, "--passkey: a passkey has one to six digits, not 7 characters"},
		{"pair --passkey abc " + peer, "--passkey: a passkey has only digits"},
		{"pair --unsafe-fixed-passkey x " + peer, "--unsafe-fixed-passkey: a passkey has only digits"},
		{"pair --oob abc " + peer, "--oob: want ADDR,C,R or ADDR,TK"},
		{"pair --oob abc,00 " + peer, "--oob: want ADDR,C,R or ADDR,TK"},
		{"pair --oob 00:11:22:33:44:55,00 " + peer, "--oob: want ADDR,C,R or ADDR,TK"},
		{"pair --identity me " + peer, `--identity "me": want auto, static or an address`},
		{"pair --identity 00:11:22:33:44:55 " + peer, "--identity 00:11:22:33:44:55: not a static random address"},
		{"pair --rotate 2h " + peer, "--rotate 2h0m0s: want whole seconds, from 1s to 1h"},
		{"pair --rotate 1500ms " + peer, "--rotate 1.5s: want whole seconds"},
		{"pair --transport bluetooth " + peer, `--transport: address "bluetooth"`},
		{"pair --transport tcp:here " + peer, "want tcp:HOST:PORT"},
		{"bench now", `takes no arguments: "now"`},
		{"bench --rounds 6", "--rounds 6: want 7 or more for a median"},
		{"bench --time 0s", "--time 0s: want more than nothing"},
		{"bench --pairing 0", "--pairing 0: want 1 or more"},
		{"bench --room 0.5", "--room 0.5: want 1 or more"},
		{"bench --links 100,none", "want numbers from 1 on, as 100,1000"},
		{"bench --bonds 0", "want numbers from 1 on"},
		{"bench --only engine", `no figure matches "engine"; the figures are engine/sc-just-works, `},
		{"peripheral now", `takes no arguments: "now"`},
		{"peripheral --name abcdefghijklmnopqrstuvwxyz1", "--name of 27 octets: want at most 26"},
		{"peripheral --interval 1ms", "--interval 1ms: want 20ms to 10.24s"},
		{"peripheral --interval 11s", "--interval 11s: want 20ms to 10.24s"},
		{"peripheral --io keys", `peripheral: --io "keys"`},
		{"scan --timeout -1s", "--timeout -1s: want 0 or more"},
		{"scan --transport tcp:here", "want tcp:HOST:PORT"},
		{"scan here", `takes no arguments: "here"`},
		{"completion", "want bash or zsh"},
		{"completion fish", `there is none for "fish"`},
	} {
		t.Run(test.args, func(t *testing.T) {
			status, out, err := once(t, strings.Fields(test.args)...)
			if status != exitUsage || out != "" {
				t.Errorf("status %d, want %d; printed %q", status, exitUsage, out)
			}
			if !strings.Contains(err, test.want) {
				t.Errorf("said %q, want %q", err, test.want)
			}
			if test.args != "" && strings.Count(err, "\n") != 1 {
				t.Errorf("not one line: %q", err)
			}
		})
	}
}

// TestNoDevice has commands fail because of what is not there.
func TestNoDevice(t *testing.T) {
	folder := t.TempDir()
	w := newWorld(t)
	if err := os.WriteFile(filepath.Join(folder, "text"), []byte("no bonds"), 0o600); err != nil {
		t.Fatal(err)
	}
	bonds := filepath.Join(folder, "bonds.db")
	for _, test := range []struct {
		name string
		args []string
		want []string // parts of the one line
	}{
		{"no socket", []string{"scan", "--transport", "unix:" + folder + "/nobody", "--bonds", bonds}, []string{"there is no such socket", "try: smp controller"}},
		{"nobody listens", []string{"pair", "--transport", "tcp:127.0.0.1:1", "--bonds", bonds, "C0:11:22:33:44:55"}, []string{"nobody listens there", "try: smp controller"}},
		{"no bonds", []string{"scan", "--transport", w.addresses[0], "--bonds", filepath.Join(folder, "text")}, []string{"text", "left as it is"}},
		{"a directory for the bonds", []string{"scan", "--transport", w.addresses[0], "--bonds", folder}, []string{"not a regular file"}},
		{"no directory", []string{"scan", "--transport", w.addresses[0], "--bonds", filepath.Join(folder, "text", "bonds.db")}, []string{"directory of the bonds"}},
		{"no room for the recording", []string{"scan", "--transport", w.addresses[0], "--bonds", bonds, "--snoop", folder}, []string{folder, "directory"}},
		{"nobody advertises", []string{"pair", "--transport", w.addresses[0], "--bonds", bonds, "--timeout", "100ms", "C0:11:22:33:44:55"}, []string{"C0:11:22:33:44:55 did not advertise within 100ms", "try: smp scan"}},
		{"a private address", []string{"pair", "--transport", w.addresses[0], "--bonds", bonds, "--timeout", "100ms", "40:11:22:33:44:55"}, []string{"another private address by now"}},
		{"no bond for bonded-only", []string{"peripheral", "--transport", w.addresses[0], "--bonds", bonds, "--bonded-only"}, []string{"there is no bond yet"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, _, err := once(t, test.args...)
			if status != exitFailure || strings.Count(err, "\n") != 1 {
				t.Errorf("status %d, want %d; said %q", status, exitFailure, err)
			}
			for _, want := range test.want {
				if !strings.Contains(err, want) {
					t.Errorf("said %q, want %q", err, want)
				}
			}
		})
	}
}

func TestHelp(t *testing.T) {
	status, all, _ := once(t, "help")
	if status != exitOK {
		t.Errorf("status %d", status)
	}
	for _, c := range commands() {
		if !strings.Contains(all, "\n  "+c.name+" ") {
			t.Errorf("smp help does not list %s", c.name)
		}
		for _, args := range [][]string{{"help", c.name}, {c.name, "--help"}} {
			status, text, err := once(t, args...)
			if status != exitOK || err != "" {
				t.Errorf("%v: status %d, %s", args, status, err)
			}
			for _, want := range append([]string{"Usage: smp " + c.name, "Examples:\n"}, c.examples...) {
				if !strings.Contains(text, want) {
					t.Errorf("%v does not say %q", args, want)
				}
			}
			for _, line := range strings.Split(c.about, "\n") {
				if len(line) > 80 {
					t.Errorf("%s: a line of %d columns: %s", c.name, len(line), line)
				}
			}
		}
	}
}

// TestFlagsAnywhere parses flags before, between and behind arguments.
func TestFlagsAnywhere(t *testing.T) {
	for _, test := range []struct {
		args string
		want string // arguments
		io   string
	}{
		{"--io none A B", "A B", "none"},
		{"A --io none B", "A B", "none"},
		{"A B --io=none", "A B", "none"},
		{"A -- --io none", "A --io none", "both"},
		{"--io none -- A", "A", "none"},
		{"", "", "both"},
	} {
		flags, o := pairFlags()
		if err := parse(flags, strings.Fields(test.args)); err != nil {
			t.Errorf("%q: %v", test.args, err)
		}
		if got := strings.Join(flags.Args(), " "); got != test.want || o.pairing.io != test.io {
			t.Errorf("%q: arguments %q, --io %s; want %q, %s", test.args, got, o.pairing.io, test.want, test.io)
		}
	}
}
