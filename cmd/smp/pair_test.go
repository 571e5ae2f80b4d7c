package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"blesmp/cmd/smp/internal/terminaltest"
	"blesmp/hci/snoop"

	"github.com/google/go-cmp/cmp"
)

// TestInterrupt ends one side while the other one's user is asked.
func TestInterrupt(t *testing.T) {
	t.Run("pair", func(t *testing.T) {
		w := newWorld(t)
		peripheral := w.run(thePeripheral, "peripheral", "--once")
		peripheral.expect("advertising")
		central := w.run(theCentral, "pair", w.address(thePeripheral))
		peripheral.expect("Passkey: ")
		central.expect("Type the passkey")
		central.cancel()
		central.expect("the user of this side cancelled it")
		central.exit(exitInterrupted)
		line := peripheral.expect("pairing failed")
		if !strings.Contains(line, "the other device ended the pairing: unspecified reason (0x08)") {
			t.Errorf("the peripheral said %q", line)
		}
		peripheral.expect("disconnected: the other device ended the link")
		peripheral.exit(exitFailure)
	})
	t.Run("peripheral", func(t *testing.T) {
		w := newWorld(t)
		peripheral := w.run(thePeripheral, "peripheral")
		peripheral.expect("advertising")
		central := w.run(theCentral, "pair", w.address(thePeripheral))
		central.expect("Type the passkey")
		peripheral.cancel()
		peripheral.expect("the user of this side cancelled it")
		peripheral.exit(exitInterrupted)
		line := central.expect("pairing failed")
		if !strings.Contains(line, "the other device ended the pairing: unspecified reason (0x08)") {
			t.Errorf("the central said %q", line)
		}
		central.exit(exitFailure)
	})
	t.Run("peripheral that waits", func(t *testing.T) {
		w := newWorld(t)
		peripheral := w.run(thePeripheral, "peripheral")
		peripheral.expect("advertising")
		peripheral.cancel()
		peripheral.exit(exitInterrupted)
	})
	t.Run("pair that looks for its device", func(t *testing.T) {
		w := newWorld(t)
		central := w.run(theCentral, "pair", "C0:11:22:33:44:55")
		central.cancel()
		central.exit(exitInterrupted)
	})
	t.Run("pair that stays", func(t *testing.T) {
		w := newWorld(t)
		peripheral := w.run(thePeripheral, "peripheral", "--once", "--io", "none")
		peripheral.expect("advertising")
		central := w.run(theCentral, "pair", "--keep", w.address(thePeripheral))
		central.expect("staying connected")
		central.cancel()
		central.exit(exitInterrupted)
		peripheral.expect("disconnected: the other device ended the link")
		peripheral.exit(exitOK)
	})
}

// TestPairing runs a peripheral and a central with flags and answers, and
// compares what they come to.
func TestPairing(t *testing.T) {
	const oob = ",b5c1c1bbb5c1c1bbb5c1c1bbb5c1c1bb"
	for _, test := range []struct {
		name                string
		peripheral, central string // flags
		answers             [2]string
		says                [2]string // what each is asked before it answers
		want                [2]string // told by each
		fails               bool
	}{
		{
			name:       "just works",
			peripheral: "--io none", central: "--io none",
			want: [2]string{"LE Secure Connections, just works, no MITM protection, 16 octets, unauthenticated", "unauthenticated"},
		},
		{
			name:       "just works with a user's consent",
			peripheral: "--io display", central: "--io none",
			says:    [2]string{"", "without protection against a device in the middle? [y/N]"},
			answers: [2]string{"", "y"},
			want:    [2]string{"stored LTK, peer's IRK", "stored LTK, peer's IRK"},
		},
		{
			name:       "just works that a user refuses",
			peripheral: "--io display", central: "--io none",
			says:    [2]string{"", "without protection"},
			answers: [2]string{"", "maybe\nno"},
			want:    [2]string{"wants more protection than this pairing gives, or its user said no", "the user of this side said no"},
			fails:   true,
		},
		{
			name:       "just works with --yes",
			peripheral: "--io display --yes", central: "--io none",
			want: [2]string{"paired with", "paired with"},
		},
		{
			name:       "no answer",
			peripheral: "--io keyboard", central: "--io display",
			says:    [2]string{"", "Type the passkey"},
			answers: [2]string{"", "EOF"},
			want:    [2]string{"the user of the other device typed no passkey; try: pair again and type there the six digits that are shown here", "this side had nobody to ask"},
			fails:   true,
		},
		{
			name:       "numbers taken for equal",
			peripheral: "--io yesno --accept", central: "--io yesno --accept",
			want: [2]string{"numeric comparison, MITM protection, 16 octets, authenticated", "numeric comparison"},
		},
		{
			name:       "numbers that differ",
			peripheral: "--io yesno --accept", central: "--io yesno",
			says:    [2]string{"Does the other device show", ""},
			answers: [2]string{"n", ""},
			want:    [2]string{"the user of this side said that the numbers differ; try: if they do, somebody is between the devices", "the user of the other device said that the numbers differ"},
			fails:   true,
		},
		{
			name:       "scripted passkey",
			peripheral: "--io keyboard --passkey 2468", central: "--io display --unsafe-fixed-passkey 002468",
			want: [2]string{"paired with", "paired with"},
		},
		{
			name:       "wrong passkey",
			peripheral: "--io keyboard --passkey 2469", central: "--io display --unsafe-fixed-passkey 002468",
			want:  [2]string{"confirm value failed (0x04)", "the passkeys of the two devices differ: a typing error, or somebody between them; try: pair again and compare digit by digit"},
			fails: true,
		},
		{
			name:       "both type",
			peripheral: "--io keyboard --passkey 11", central: "--io keyboard",
			says:    [2]string{"Type the same passkey", ""},
			answers: [2]string{"1234567\n11", ""},
			want:    [2]string{"a passkey has one to six digits", "passkey, both type"},
		},
		{
			name:       "legacy with short keys",
			peripheral: "--legacy --min-key-size 7 --key-size 7 --io none", central: "--min-key-size 7 --io none",
			want: [2]string{"legacy pairing, just works, no MITM protection, 7 octets", "stored our LTK, peer's LTK, peer's IRK"},
		},
		{
			name:       "keys that are too short",
			peripheral: "--min-key-size 7 --key-size 7 --io none", central: "--io none",
			want:  [2]string{"a key of 7 octets, want at least 16; the other device has shorter keys than --min-key-size allows", "the other device wants longer keys than --key-size offers; try: raise --key-size"},
			fails: true,
		},
		{
			name:       "Secure Connections only",
			peripheral: "--legacy --io none", central: "--sc-only --io none",
			want:  [2]string{"refused by Policy.SCOnly: legacy pairing", "authentication requirements not met (0x03)"},
			fails: true,
		},
		{
			name:       "protection that cannot be had",
			peripheral: "--io none", central: "--mitm",
			want:  [2]string{"refused by Policy.RequireMITM", "the other device wants more protection than this pairing gives"},
			fails: true,
		},
		{
			name:       "no bond",
			peripheral: "--io none --no-bond", central: "--io none",
			want: [2]string{"nothing was stored", "nothing was stored"},
		},
		{
			name:       "signing keys",
			peripheral: "--io none --sign-key", central: "--io none --sign-key",
			want: [2]string{"our CSRK, peer's CSRK", "our CSRK, peer's CSRK"},
		},
		{
			name:       "asked for by the peripheral",
			peripheral: "--io none --request", central: "--io none",
			want: [2]string{"paired with", "paired with"},
		},
		{
			name:       "out-of-band data for legacy pairing",
			peripheral: "--legacy --io none --oob C" + oob, central: "--legacy --io none --oob P" + oob,
			want: [2]string{"out of band", "out of band"},
		},
		{
			name:       "traced",
			peripheral: "--io none --trace", central: "--io none --trace",
			want: [2]string{"smp_states.yaml:", "smp_states.yaml:"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			fill := strings.NewReplacer("C,", w.address(theCentral)+",", "P,", w.address(thePeripheral)+",")
			flags := func(side string) []string { return strings.Fields(fill.Replace(side)) }
			peripheral := w.run(thePeripheral, "peripheral", append(flags(test.peripheral), "--once")...)
			peripheral.expect("advertising")
			central := w.run(theCentral, "pair", append(flags(test.central), w.address(thePeripheral))...)
			for i, x := range []*process{central, peripheral} {
				if test.says[i] != "" {
					x.expect(test.says[i])
				}
				if test.answers[i] == "EOF" {
					_ = x.in.Close()
				} else if test.answers[i] != "" {
					x.say(test.answers[i])
				}
			}
			status := exitOK
			if test.fails {
				status = exitFailure
			}
			central.exit(status)
			peripheral.exit(status)
			for i, x := range []*process{central, peripheral} {
				if all := x.out.String() + x.err.String(); !strings.Contains(all, test.want[i]) {
					t.Errorf("%s did not say %q", x.name, test.want[i])
				}
			}
		})
	}
}

// TestGivenOOB carries out-of-band data from the peripheral to the central.
func TestGivenOOB(t *testing.T) {
	w := newWorld(t)
	peripheral := w.run(thePeripheral, "peripheral", "--once", "--io", "none", "--give-oob")
	data := strings.TrimPrefix(strings.TrimSpace(peripheral.expect("--oob ")), "--oob ")
	peripheral.expect("advertising")
	central := w.run(theCentral, "pair", "--io", "none", "--oob", data, w.address(thePeripheral))
	central.expect("out of band, MITM protection")
	central.exit(exitOK)
	peripheral.exit(exitOK)

	other := strings.Replace(data, w.address(thePeripheral), "00:00:5E:00:53:77", 1)
	central = w.run(theCentral, "pair", "--io", "none", "--oob", other, "--bonds", "memory", w.address(thePeripheral))
	peripheral = w.run(thePeripheral, "peripheral", "--once", "--io", "none", "--bonds", "memory")
	central.exit(exitFailure)
	if _, ok := central.err.Find("is of 00:00:5E:00:53:77/public, but the link is to " + w.address(thePeripheral)); !ok {
		t.Error("data of another device was used")
	}
	peripheral.exit(exitFailure)
}

// TestUpgrade has a peripheral, and then a central, ask for more than the bond
// gives.
func TestUpgrade(t *testing.T) {
	w := newWorld(t)
	serve := func(flags ...string) *process {
		p := w.run(thePeripheral, "peripheral", append([]string{"--once"}, flags...)...)
		p.expect("advertising")
		return p
	}
	peripheral := serve("--io", "none")
	central := w.run(theCentral, "pair", "--io", "none", w.address(thePeripheral))
	central.exit(exitOK)
	peripheral.exit(exitOK)

	peripheral = serve("--io", "display", "--unsafe-fixed-passkey", "123456", "--replace")
	central = w.run(theCentral, "pair", "--mitm", "--passkey", "123456", w.address(thePeripheral))
	central.expect("the bond is not what the flags ask for: pairing again")
	central.expect("paired with")
	central.exit(exitOK)
	peripheral.exit(exitOK)

	peripheral = serve("--io", "display", "--request")
	central = w.run(theCentral, "pair", "--mitm", w.address(thePeripheral))
	central.expect("encrypted: LE Secure Connections, passkey")
	central.exit(exitOK)
	peripheral.exit(exitOK)
	central.quiet("paired")
}

// TestAskedFirst has the peripheral ask for more than the bond gives, or for
// what it gives, before the central has begun with anything.
func TestAskedFirst(t *testing.T) {
	for _, test := range []struct {
		name       string
		peripheral []string
		says       string // by the central
		paired     bool
	}{
		{"more", []string{"--io", "display", "--request", "--replace", "--unsafe-fixed-passkey", "123456"}, "asks for more than the bond gives", true},
		{"the same", []string{"--io", "none", "--request"}, "encrypted: LE Secure Connections, just works", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			peripheral := w.run(thePeripheral, "peripheral", "--once", "--io", "none")
			peripheral.expect("advertising")
			w.run(theCentral, "pair", "--io", "none", w.address(thePeripheral)).exit(exitOK)
			peripheral.exit(exitOK)

			peripheral = w.run(thePeripheral, "peripheral", append(test.peripheral, "--once")...)
			peripheral.expect("advertising")
			flags, o := pairFlags()
			args := []string{"--transport", w.addresses[theCentral], "--bonds", w.bonds[theCentral], "--passkey", "123456", w.address(thePeripheral)}
			if err := parse(flags, args); err != nil {
				t.Fatal(err)
			}
			peers, err := o.check(flags)
			if err != nil {
				t.Fatal(err)
			}
			out := terminaltest.NewScreen()
			c, err := o.newCentral(t.Context(), streams{strings.NewReader(""), out, out})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.close() }()
			conn, err := c.connect(t.Context(), peers)
			if err != nil {
				t.Fatal(err)
			}
			session := c.manager.Session(conn)
			if test.paired {
				<-c.asked
				c.asked <- struct{}{}
			} else {
				e := <-c.events
				c.events <- e // the link is encrypted already
			}
			if err := c.secure(t.Context(), session); err != nil {
				t.Error(err)
			}
			c.leave(session)
			peripheral.exit(exitOK)
			all := out.String()
			if !strings.Contains(all, test.says) || strings.Contains(all, "paired with") != test.paired {
				t.Errorf("printed:\n%s", all)
			}
		})
	}
}

// TestBondedOnly lets only the bonded central in.
func TestBondedOnly(t *testing.T) {
	w := newWorld(t)
	for _, flags := range [][]string{{"--io", "none"}, {"--io", "none", "--bonded-only"}} {
		peripheral := w.run(thePeripheral, "peripheral", append(flags, "--once")...)
		peripheral.expect("advertising")
		if slices.Contains(flags, "--bonded-only") {
			stranger := w.run(theCentral, "pair", "--identity", "C0:11:22:33:44:55", "--timeout", "200ms", w.address(thePeripheral))
			stranger.exit(exitFailure)
		}
		central := w.run(theCentral, "pair", "--io", "none", w.address(thePeripheral))
		central.exit(exitOK)
		peripheral.exit(exitOK)
	}
}

// TestPeripheralGoesOn serves two centrals in turn.
func TestPeripheralGoesOn(t *testing.T) {
	w := newWorld(t)
	peripheral := w.run(thePeripheral, "peripheral", "--io", "none", "--privacy")
	for range 2 {
		peripheral.expect("advertising")
		line := peripheral.out.String()
		i := strings.LastIndex(line, "on the air as ") + len("on the air as ")
		central := w.run(theCentral, "pair", "--io", "none", "--bonds", "memory", "--replace", line[i:i+17])
		central.exit(exitOK)
		peripheral.expect("disconnected")
		w.forget(thePeripheral)
	}
	peripheral.cancel()
	peripheral.exit(exitInterrupted)
}

// TestJSON reads the lines of both sides.
func TestJSON(t *testing.T) {
	w := newWorld(t)
	recording := filepath.Join(t.TempDir(), "pairing.btsnoop")
	peripheral := w.run(thePeripheral, "peripheral", "--once", "--json", "--unsafe-fixed-passkey", "7")
	peripheral.expect(`"advertising"`)
	central := w.run(theCentral, "pair", "--json", "--snoop", recording, w.address(thePeripheral))
	if _, ok := central.err.Find("Type the passkey"); !ok {
		t.Fatal("no question on standard error")
	}
	central.say("000007")
	central.exit(exitOK)
	peripheral.exit(exitOK)
	want := map[*process][]string{
		central:    {"connected", "pairing", "encryption", "paired", "disconnected"},
		peripheral: {"advertising", "connected", "pairing", "keypress", "keypress", "encryption", "paired", "disconnected"},
	}
	for x, want := range want {
		var got []string
		lines := bufio.NewScanner(strings.NewReader(x.out.String()))
		for lines.Scan() {
			var e entry
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatalf("%s: %v", lines.Text(), err)
			}
			got = append(got, e.Event)
			if e.Event != "paired" {
				continue
			}
			level := &levelRecord{Model: "passkey, initiator types", SC: true, MITM: true, KeySize: 16, Authenticated: true}
			if diff := cmp.Diff(level, e.Level); diff != "" || !*e.Bonded {
				t.Errorf("paired: bonded %t, level (-want +got):\n%s", *e.Bonded, diff)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", x.name, diff)
		}
	}
	file, err := os.Open(recording)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	reader, err := snoop.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Next(); err != nil {
		t.Errorf("the recording is empty: %v", err)
	}
}
