package main

import (
	"regexp"
	"strings"
	"testing"

	"blesmp/bond/boltstore"
	"blesmp/bt"
)

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// carry types at one terminal the passkey that the other shows.
func carry(from, to *process) {
	from.t.Helper()
	passkey := sixDigits.FindString(from.expect("Passkey: "))
	to.expect("Type the passkey")
	to.say(passkey)
}

// forget removes all bonds from a file.
func (w *world) forget(side int) {
	w.t.Helper()
	store, err := boltstore.Open(w.bonds[side])
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	for b, err := range store.All() {
		if err != nil {
			w.t.Fatal(err)
		}
		if err := store.Delete(b.Local, b.Peer); err != nil {
			w.t.Error(err)
		}
	}
}

// TestShow is the whole story of two devices: they pair, meet again, and one of
// them loses its key.
func TestShow(t *testing.T) {
	for _, test := range []struct {
		name  string
		flags []string
	}{
		{"public addresses", nil},
		{"private addresses", []string{"--privacy", "--rotate", "1s"}},
		{"legacy", []string{"--legacy"}},
		{"static addresses", []string{"--identity", "static"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			private := strings.HasPrefix(test.name, "private")
			var seen []string
			// meet starts a peripheral and a central; to is whom the central
			// calls, where it is not the address that is advertised.
			meet := func(to string) (peripheral, central *process) {
				peripheral = w.run(thePeripheral, "peripheral", append(test.flags, "--once")...)
				onAir := strings.Fields(peripheral.expect("advertising"))[3]
				if private {
					line := peripheral.out.String()
					onAir = line[strings.Index(line, "on the air as ")+len("on the air as "):][:17] + "/random"
					if a, err := bt.ParseTypedAddress(onAir); err != nil || !a.IsResolvable() {
						t.Errorf("advertises %s, which is not private", onAir)
					}
				}
				seen = append(seen, onAir)
				if to == "" {
					to = onAir
				}
				return peripheral, w.run(theCentral, "pair", append(test.flags, to)...)
			}

			peripheral, central := meet("")
			carry(peripheral, central)
			central.expect("paired with")
			central.expect("passkey")
			central.expect("stored")
			peripheral.expect("paired with")
			central.exit(exitOK)
			peripheral.exit(exitOK)
			identity := strings.Fields(central.out.String()[strings.Index(central.out.String(), "paired with "):])[2]

			peripheral, central = meet(identity)
			central.expect(", bonded")
			central.expect("encrypted: ")
			peripheral.expect("encrypted: ")
			central.exit(exitOK)
			peripheral.exit(exitOK)
			central.quiet("paired", "Type", "?")
			peripheral.quiet("paired", "Passkey", "?")
			if private && (seen[0] == seen[1] || identity == seen[1]) {
				t.Errorf("the peripheral was %s, then %s, and is %s", seen[0], seen[1], identity)
			}

			w.forget(thePeripheral)
			peripheral, central = meet(identity)
			central.expect("key lost")
			central.expect("again?")
			peripheral.expect("a key that is not here")
			central.say("n")
			central.exit(exitFailure)
			peripheral.exit(exitFailure)
			central.quiet("Type the passkey")

			peripheral, central = meet(identity)
			central.expect("key lost")
			central.expect("again?")
			central.say("y")
			carry(peripheral, central)
			central.expect("paired with")
			central.exit(exitOK)
			peripheral.exit(exitOK)

			// Now it is the central that has forgotten: it asks for a pairing,
			// and the peripheral does not take it for its bonded peer unasked.
			w.forget(theCentral)
			peripheral, central = meet("")
			peripheral.expect("Pair again?")
			peripheral.say("n")
			central.expect("pairing failed")
			central.exit(exitFailure)
			peripheral.exit(exitFailure)
		})
	}
}
