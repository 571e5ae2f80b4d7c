package main

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
)

// pairingOptions are the flags that say what this device can do in a pairing,
// what it wants and what it insists on.
type pairingOptions struct {
	io         string
	mitm       bool
	legacy     bool
	scOnly     bool
	keySize    int
	minKeySize int
	noBond     bool
	keypress   bool
	signKey    bool
	oob        string
	giveOOB    bool
	fixed      string
	repairing  string
	debugKeys  bool

	peerOOB      *smp.PeerOOB
	fixedPasskey *smp.Passkey
}

// ioNames are what --io takes.
var ioNames = []struct {
	name string
	io   smp.IOCapability
}{
	{"display", smp.DisplayOnly},
	{"yesno", smp.DisplayYesNo},
	{"keyboard", smp.KeyboardOnly},
	{"none", smp.NoInputNoOutput},
	{"both", smp.KeyboardDisplay},
}

// repairingNames are what --repairing takes.
var repairingNames = []struct {
	name      string
	repairing smp.Repairing
}{
	{"stronger", smp.RepairStrongerOrEqual},
	{"never", smp.RepairNever},
	{"ask", smp.RepairAsk},
	{"always", smp.RepairAlways},
}

// add declares the flags; io is what the command can do where nothing is said.
func (o *pairingOptions) add(flags *flag.FlagSet, io string) {
	flags.StringVar(&o.io, "io", io, "what the user has, as a `capability`: display, yesno (display and two keys), keyboard, none, or both")
	flags.BoolVar(&o.mitm, "mitm", false, "insist on protection against a device in the middle; otherwise it is asked for and given up where the peer has no way to give it")
	flags.BoolVar(&o.legacy, "legacy", false, "do not offer LE Secure Connections")
	flags.BoolVar(&o.scOnly, "sc-only", false, "refuse legacy pairing and keys of less than 16 octets")
	flags.IntVar(&o.keySize, "key-size", 16, "offer keys of up to this many `octets`, 7 to 16")
	flags.IntVar(&o.minKeySize, "min-key-size", 16, "refuse keys of less than this many `octets`, 7 to 16")
	flags.BoolVar(&o.noBond, "no-bond", false, "keep no keys")
	flags.BoolVar(&o.keypress, "keypress", true, "tell the peer of the keys while a passkey is typed, and show the peer's")
	flags.BoolVar(&o.signKey, "sign-key", false, "distribute and ask for a CSRK, to sign data with")
	flags.StringVar(&o.oob, "oob", "", "the peer's out-of-band `data`, as its --give-oob shows it: ADDR,C,R, or ADDR,TK for legacy pairing")
	flags.BoolVar(&o.giveOOB, "give-oob", false, "show out-of-band data of ours, for the peer's --oob; it serves one pairing")
	flags.StringVar(&o.fixed, "unsafe-fixed-passkey", "", "always show this `passkey`: whoever watches some pairings finds it")
	flags.StringVar(&o.repairing, "repairing", "stronger", "the `policy` for pairings that would replace a bond: stronger (or equal), never, ask or always")
	flags.BoolVar(&o.debugKeys, "debug-keys", false, "accept the published debug keys, with which everybody can listen")
}

// check reports what is wrong with the flags.
func (o *pairingOptions) check() error {
	if _, ok := o.capability(); !ok {
		return fmt.Errorf("--io %q: want display, yesno, keyboard, none or both", o.io)
	}
	if _, ok := o.mayReplace(); !ok {
		return fmt.Errorf("--repairing %q: want stronger, never, ask or always", o.repairing)
	}
	for _, size := range []struct {
		flag   string
		octets int
	}{{"--key-size", o.keySize}, {"--min-key-size", o.minKeySize}} {
		if size.octets < 7 || size.octets > 16 {
			return fmt.Errorf("%s %d: want 7 to 16 octets", size.flag, size.octets)
		}
	}
	switch {
	case o.keySize < o.minKeySize:
		return fmt.Errorf("--key-size %d is below --min-key-size %d; lower that too", o.keySize, o.minKeySize)
	case o.legacy && o.scOnly:
		return errors.New("--legacy and --sc-only exclude each other")
	case o.scOnly && (o.keySize < 16 || o.minKeySize < 16):
		return errors.New("--sc-only has keys of 16 octets; leave --key-size and --min-key-size out")
	case o.mitm && o.io == "none" && o.oob == "" && !o.giveOOB:
		return errors.New("--mitm needs a user who sees or types something, or out-of-band data; --io none has neither")
	case o.giveOOB && o.legacy:
		return errors.New("--give-oob is for LE Secure Connections; legacy pairing takes a TK of 16 octets that both sides get by --oob")
	}
	if o.fixed != "" {
		passkey, err := smp.ParsePasskey(o.fixed)
		if err != nil {
			return fmt.Errorf("--unsafe-fixed-passkey: %s", strings.TrimPrefix(err.Error(), "smp: "))
		}
		o.fixedPasskey = &passkey
	}
	return o.parseOOB()
}

// parseOOB reads --oob. Its errors do not repeat the data.
func (o *pairingOptions) parseOOB() error {
	if o.oob == "" {
		return nil
	}
	form := errors.New("--oob: want ADDR,C,R or ADDR,TK, where C, R and TK are 32 hexadecimal digits each, as --give-oob shows them")
	parts := strings.Split(o.oob, ",")
	if len(parts) != 2 && len(parts) != 3 {
		return form
	}
	address, err := bt.ParseTypedAddress(parts[0])
	if err != nil {
		return form
	}
	var values [][16]byte
	for _, part := range parts[1:] {
		octets, err := hex.DecodeString(part)
		if err != nil || len(octets) != 16 {
			return form
		}
		values = append(values, [16]byte(octets))
	}
	o.peerOOB = &smp.PeerOOB{Address: address}
	if len(values) == 1 {
		tk := bt.Key(values[0])
		o.peerOOB.TK = &tk
		return nil
	}
	o.peerOOB.Confirm, o.peerOOB.Random = &values[0], &values[1]
	return nil
}

// formatOOB gives our data as parseOOB reads it.
func formatOOB(o *smp.LocalOOB) string {
	return fmt.Sprintf("%v,%x,%x", o.Address, o.Confirm, o.Random)
}

func (o *pairingOptions) capability() (smp.IOCapability, bool) {
	for _, n := range ioNames {
		if n.name == o.io {
			return n.io, true
		}
	}
	return 0, false
}

func (o *pairingOptions) mayReplace() (smp.Repairing, bool) {
	for _, n := range repairingNames {
		if n.name == o.repairing {
			return n.repairing, true
		}
	}
	return 0, false
}

// features gives what this device offers.
func (o *pairingOptions) features() smp.Features {
	f := smp.DefaultFeatures()
	f.IOCapability, _ = o.capability()
	f.MITM = o.mitm || f.IOCapability != smp.NoInputNoOutput || o.peerOOB != nil || o.giveOOB
	f.SC = !o.legacy
	f.Bonding = !o.noBond
	f.Keypress = o.keypress && slices.Contains([]smp.IOCapability{smp.DisplayOnly, smp.KeyboardOnly, smp.KeyboardDisplay, smp.DisplayYesNo}, f.IOCapability)
	f.MaxKeySize = o.keySize
	f.PeerOOB = o.peerOOB
	if o.noBond {
		f.InitiatorKeys, f.ResponderKeys = 0, 0
	} else if o.signKey {
		f.InitiatorKeys = f.InitiatorKeys.WithSignKey(true)
		f.ResponderKeys = f.ResponderKeys.WithSignKey(true)
	}
	return f
}

// policy gives what this device insists on.
func (o *pairingOptions) policy() smp.Policy {
	repairing, _ := o.mayReplace()
	return smp.Policy{
		MinKeySize:            o.minKeySize,
		SCOnly:                o.scOnly,
		RequireMITM:           o.mitm,
		AcceptUnauthenticated: true,
		Repairing:             repairing,
		DebugKeys:             o.debugKeys,
	}
}

// wanted is the level that a link has to have for the flags to be kept.
func (o *pairingOptions) wanted() smp.Level {
	return smp.Level{MITM: o.mitm, SC: o.scOnly, KeySize: o.minKeySize}
}
