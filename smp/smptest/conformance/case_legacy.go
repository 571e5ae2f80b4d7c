package conformance

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
)

const (
	confirmStep = "send Pairing Confirm"
	randomStep  = "send Pairing Random"
)

func legacyJustWorksCases() []Scenario {
	central := newCourse(bt.Central, false, smp.JustWorks)
	peripheral := newCourse(bt.Peripheral, false, smp.JustWorks)
	return []Scenario{
		{
			ID: "SM/CEN/JW/BV-01-C", Foreign: true,
			About:  "success without bonding and without MITM protection",
			rounds: succeeds(central),
		},
		{
			ID: "SM/PER/JW/BV-02-C", Foreign: true,
			About:  "success as responder",
			rounds: succeeds(peripheral),
		},
		{
			ID: "SM/PER/JW/BI-03-C", Foreign: true,
			About:  "the peer sets reserved bits of AuthReq: they are ignored, ours are zero, pairing works",
			rounds: reservedBits(peripheral),
		},
		{
			ID: "SM/CEN/JW/BI-04-C", Foreign: true,
			About:  "the same as initiator",
			rounds: reservedBits(central),
		},
		{
			ID: "SM/CEN/JW/BV-05-C", Foreign: true,
			About: "Pairing Failed with 0x08, 0x05, 0x09 or 0x10 in place of a response: we stop and report it",
			rounds: aborts(central, "send Pairing Response",
				smp.UnspecifiedReason, smp.PairingNotSupported, smp.RepeatedAttempts, smp.Busy),
		},
		{
			ID: "SM/CEN/JW/BI-01-C", Foreign: true,
			About:  "wrong confirm value of the responder: 0x04 after its random",
			rounds: refuses(central, wrong(confirmStep, randomStep), smp.ConfirmValueFailed),
		},
		{
			ID: "SM/PER/JW/BI-02-C", Foreign: true,
			About:  "wrong confirm value of the initiator: 0x04 after its random, and no random of ours",
			rounds: refuses(peripheral, wrong(confirmStep, randomStep), smp.ConfirmValueFailed),
		},
		{
			ID: "SM/CEN/JW/BI-06-C", Foreign: true, Versions: "Core 6.2 and later",
			About:  "the responder sends our own confirm value back: 0x04",
			rounds: refuses(central, instead(confirmStep, "our own Confirm", reflected(bt.Central)), smp.ConfirmValueFailed),
		},
	}
}

// passkeyModels are the three ways to enter a passkey.
var passkeyModels = []smp.AssociationModel{smp.InitiatorTypes, smp.ResponderTypes, smp.BothType}

// passkeys are rounds in which Passkey Entry succeeds, one for each way.
func passkeys(role bt.Role, sc bool) []round {
	var rounds []round
	for _, m := range passkeyModels {
		rounds = append(rounds, round{m.String(), newCourse(role, sc, m).succeed})
	}
	return rounds
}

// noInput is a course that would be Passkey Entry, were it not for a peer
// without input and output.
func noInput(role bt.Role, mitm bool) course {
	c := newCourse(role, false, smp.JustWorks)
	c.features.IOCapability, c.features.MITM = smp.KeyboardDisplay, mitm
	c.options = func(o *smp.Options) { o.Prompter.CompareNumber = nil }
	return c
}

// wrongPasskey has the peer use another passkey than our device.
func (c course) wrongPasskey(bit int) course {
	c.plan.Passkey = func() (uint32, error) { return c.types ^ 1<<bit, nil }
	c.plan.Trusting = true
	return c
}

func legacyPasskeyCases() []Scenario {
	central := newCourse(bt.Central, false, smp.InitiatorTypes)
	peripheral := newCourse(bt.Peripheral, false, smp.ResponderTypes)
	return []Scenario{
		{
			ID:     "SM/CEN/PKE/BV-01-C",
			About:  "success",
			rounds: passkeys(bt.Central, false),
		},
		{
			ID:     "SM/PER/PKE/BV-02-C",
			About:  "success as responder",
			rounds: passkeys(bt.Peripheral, false),
		},
		{
			ID:     "SM/CEN/PKE/BV-04-C",
			About:  "the peer has no input and no output: Just Works, unauthenticated, where we do not ask for MITM protection",
			rounds: succeeds(noInput(bt.Central, false)),
		},
		{
			ID: "SM/PER/PKE/BV-05-C", Versions: "Core 6.1 and earlier",
			About:  "the same as responder where we ask for MITM protection: we take the allowed way to refuse, with 0x03",
			rounds: refuses(noInput(bt.Peripheral, true), through("send Pairing Request"), smp.AuthenticationRequirements),
		},
		{
			ID: "SM/PER/PKE/BV-06-C", Versions: "Core 6.2 and later",
			About:  "the same as responder where we do not ask for MITM protection: Just Works",
			rounds: succeeds(noInput(bt.Peripheral, false)),
		},
		{
			ID:     "SM/CEN/PKE/BI-01-C",
			About:  "the peer used another passkey: we send Pairing Failed",
			rounds: refuses(central.wrongPasskey(0), through(randomStep), smp.ConfirmValueFailed),
		},
		{
			ID:     "SM/CEN/PKE/BI-02-C",
			About:  "the peer sends Pairing Failed 0x01 in the middle: we stop, report it and send nothing",
			rounds: aborts(central, confirmStep, smp.PasskeyEntryFailed),
		},
		{
			ID:     "SM/PER/PKE/BI-03-C",
			About:  "the initiator used another passkey: we send Pairing Failed",
			rounds: refuses(peripheral.wrongPasskey(0), through(randomStep), smp.ConfirmValueFailed),
		},
		{
			ID: "SM/CEN/PKE/BV-05-C", Versions: "Core 6.2 and later",
			About:  "three pairings have three different passkeys",
			rounds: differentPasskeys(newCourse(bt.Central, false, smp.ResponderTypes)),
		},
		{
			ID: "SM/CEN/PKE/BI-03-C", Versions: "Core 6.2 and later",
			About:  "the responder sends our own confirm value back: 0x04",
			rounds: refuses(central, instead(confirmStep, "our own Confirm", reflected(bt.Central)), smp.ConfirmValueFailed),
		},
	}
}

// holders says who has out-of-band data of the other.
func (c course) holders(device, peer bool) course {
	c.deviceHolds, c.peerHolds = device, peer
	return c
}

// fiveTimes plays an out-of-band pairing five times with fresh data.
func fiveTimes(c course) []round {
	return one(func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		seen := map[[16]byte]bool{}
		for range 5 {
			if err := s.succeed(c); err != nil {
				return err
			}
			seen[s.peer.Exchange().TK] = true
		}
		if len(seen) != 5 {
			return fmt.Errorf("five pairings had %d different TKs", len(seen))
		}
		return nil
	})
}

// otherTK gives our device other data than the peer has.
func (c course) otherTK() course {
	tk := smp.NewIRK() // any random key
	c.features.PeerOOB = &smp.PeerOOB{Address: peerAddress, TK: &tk}
	c.plan.Trusting = true
	return c
}

func legacyOOBCases() []Scenario {
	both := func(role bt.Role) course { return newCourse(role, false, smp.OutOfBand) }
	passkey := func(role bt.Role, device, peer bool) course {
		return newCourse(role, false, smp.InitiatorTypes).holders(device, peer)
	}
	justWorks := func(role bt.Role, device, peer bool) course {
		return newCourse(role, false, smp.JustWorks).holders(device, peer)
	}
	const refusable = "; the responder may refuse, we do not"
	return []Scenario{
		{
			ID: "SM/CEN/OOB/BV-01-C", Versions: "Core 6.2 and earlier",
			About: "both have the data: success", rounds: succeeds(both(bt.Central)),
		},
		{
			ID: "SM/PER/OOB/BV-02-C", Versions: "Core 6.2 and earlier",
			About: "both have the data: success as responder", rounds: succeeds(both(bt.Peripheral)),
		},
		{
			ID: "SM/CEN/OOB/BV-10-C", Versions: "Core 6.3 and later",
			About: "both have the data: success five times, no TK twice", rounds: fiveTimes(both(bt.Central)),
		},
		{
			ID: "SM/PER/OOB/BV-11-C", Versions: "Core 6.3 and later",
			About: "the same as responder", rounds: fiveTimes(both(bt.Peripheral)),
		},
		{ID: "SM/CEN/OOB/BV-03-C", About: "only we have data: Passkey Entry", rounds: succeeds(passkey(bt.Central, true, false))},
		{ID: "SM/PER/OOB/BV-04-C", About: "only we have data: Passkey Entry as responder", rounds: succeeds(passkey(bt.Peripheral, true, false))},
		{ID: "SM/CEN/OOB/BV-05-C", About: "only the peer has data: Passkey Entry", rounds: succeeds(passkey(bt.Central, false, true))},
		{ID: "SM/PER/OOB/BV-06-C", About: "only the peer has data: Passkey Entry as responder" + refusable, rounds: succeeds(passkey(bt.Peripheral, false, true))},
		{ID: "SM/CEN/OOB/BV-07-C", About: "only the peer has data, no MITM protection: Just Works", rounds: succeeds(justWorks(bt.Central, false, true))},
		{ID: "SM/PER/OOB/BV-08-C", About: "only the peer has data, no MITM protection: Just Works as responder" + refusable, rounds: succeeds(justWorks(bt.Peripheral, false, true))},
		{ID: "SM/CEN/OOB/BV-09-C", About: "only we have data, no MITM protection: Just Works", rounds: succeeds(justWorks(bt.Central, true, false))},
		{ID: "SM/PER/OOB/BV-10-C", About: "only we have data, no MITM protection: Just Works as responder" + refusable, rounds: succeeds(justWorks(bt.Peripheral, true, false))},
		{ID: "SM/CEN/OOB/BI-01-C", About: "different data: the confirm value does not fit, 0x04, reported", rounds: refuses(both(bt.Central).otherTK(), through(randomStep), smp.ConfirmValueFailed)},
		{ID: "SM/PER/OOB/BI-02-C", About: "the same as responder", rounds: refuses(both(bt.Peripheral).otherTK(), through(randomStep), smp.ConfirmValueFailed)},
	}
}
