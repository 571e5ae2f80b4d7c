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
		{
			name:    "conformance",
			summary: "play the SIG's LE test cases and published attacks, and tell what passed",
			usage:   "[flags]",
			about: `Plays the LE test cases of the Bluetooth SIG's suite by their ids, and 37
published attacks and bugs, with a scripted peer over HCI against this project's
host. It prints a table by group: pass or fail, and the rule of the specification
that decided. This is not a qualification, and not PTS.

With --target it plays the scenarios that need no knowledge of a device against
yours: its host attaches over H4 to a virtual controller that listens there, as
tcp:127.0.0.1:9001. What only a person can do is asked for: to let the device
advertise, or connect and pair. Time is real then.

It exits with 0 only if everything that was played passed.`,
			examples: []string{
				"smp conformance",
				"smp conformance --id 'SM/PER/*'",
				"smp conformance --id A16 --json",
				"smp conformance --markdown docs/conformance.md",
				"smp conformance --target tcp:127.0.0.1:9001 --role peripheral",
			},
			run:   runConformance,
			flags: func() *flag.FlagSet { flags, _ := conformanceFlags(); return flags },
		},
		{
			name:    "bonds",
			summary: "list, show, remove, export and import bonds",
			usage:   "list | show PEER | remove PEER | export --to TARGET [PEER...] | import PATH",
			about: `Looks after the file in which bonds and our own identities are kept. Keys are
hidden unless --show-keys asks for them.

export writes bonds WITH THEIR KEYS IN CLEAR, so it needs a target: whoever has
that file can pose as these devices and read what they say. Files get mode 0600.
The formats are json (this project's own, with our identities), bluez (the
folders of /var/lib/bluetooth) and ble-host (those of NodeBleLib-storage-dir).

import reads a file, or a folder of either host stack, as a whole before it
changes anything. It takes no bond in the place of another without --replace, and
no key below --min-key-size.`,
			examples: []string{
				"smp bonds list",
				"smp bonds show C0:11:22:33:44:55 --show-keys",
				"smp bonds remove C0:11:22:33:44:55",
				"smp bonds export --to backup.json",
				"smp bonds export --format bluez --to /tmp/bluetooth C0:11:22:33:44:55",
				"sudo smp bonds import --bonds bonds.db /var/lib/bluetooth/00:A0:50:00:00:01",
				"smp bonds import --local 00:A0:50:00:00:01 --peer C0:11:22:33:44:55/random info",
			},
			run:   runBonds,
			flags: bondsFlags,
		},
		{
			name:    "decode",
			summary: "read a recording and tell how devices paired, or why not",
			usage:   "FILE [flags]",
			about: `Reads a recording of a host or a sniffer and prints every SMP PDU, the steps of
encryption, and what they come to: the association model, the level, whether the
pairing succeeded and, if not, why and what usually is behind that.

It reads btsnoop (of Android, of btmon -w, of --snoop), and pcap and pcapng with
Bluetooth HCI or the LE link layer in them. FILE is - for the standard input. Of
the link layer it reads what is not encrypted: that is a pairing up to the
encryption with the new key. Lines that begin with > are PDUs, * encryption,
= links, and ! packets that cannot be read; the number is the packet's in the
file, as Wireshark counts.

It exits with 1 if the file cannot be read to its end; what stands before that
is printed.`,
			examples: []string{
				"smp decode btsnoop_hci.log",
				`smp decode --json sniffer.pcapng | jq 'select(.kind == "state")'`,
				"smp sim --snoop s.btsnoop && smp decode s-central.btsnoop --show-keys",
			},
			run:   runDecode,
			flags: func() *flag.FlagSet { flags, _ := decodeFlags(); return flags },
		},
	}
}
