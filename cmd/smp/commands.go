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
	}
}
