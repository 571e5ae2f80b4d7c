package main

import "flag"

// commands are all that smp can do, in the order of help.
func commands() []command {
	return []command{
		{
			name:    "sim",
			summary: "pair two virtual devices and draw what they say",
			usage:   "[flags]",
			about: `Makes two hosts on two virtual controllers, pairs them, disconnects, connects
again and encrypts with the bond. It draws every PDU and every HCI step of it as
a ladder, and tells the association model, the level and the bond.

It exits with 0 only if the devices paired by the model that was asked for and
the link was encrypted again.`,
			examples: []string{
				"smp sim",
				"smp sim --model numeric --interactive",
				"smp sim --legacy --model passkey-initiator --trace",
				"smp sim --model oob --snoop oob.btsnoop",
				"smp sim --json | jq .level",
			},
			run:   runSim,
			flags: func() *flag.FlagSet { flags, _ := simFlags(); return flags },
		},
		{
			name:    "replay",
			summary: "play recorded pairings and compare every octet",
			usage:   "[flags] FILE...",
			about: `Plays recorded pairings (format smp-transcript/1) with this Security Manager
on one side: what the other side did is fed in, and every PDU, every command to
the controller and every key is held against the record. A legacy pairing that
succeeds is played on both sides, LE Secure Connections on the sides whose
private key is known, everything else on the side that the record is about.

One line is printed for each file, "ok ID" or "FAIL ID: step N: want ..., got
...", and then how many passed and failed. A folder stands for its .json files.`,
			examples: []string{
				"smp replay smp/testdata/transcripts",
				"smp replay -v --show-keys pairing.json",
			},
			run:   runReplay,
			flags: func() *flag.FlagSet { flags, _ := replayFlags(); return flags },
		},
		controllerCommand(),
	}
}
