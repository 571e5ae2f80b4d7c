package conformance

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

const (
	checkStep  = "send Pairing DHKey Check"
	firstRound = ", round 0"
)

// thrice is a round of three pairings on one link with three different randoms
// of our device.
func thrice(name string, c course) []round {
	return named(name, func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		seen := map[[16]byte]bool{}
		for range 3 {
			if err := s.succeed(c); err != nil {
				return err
			}
			seen[s.peer.Exchange().Nonce[c.role]] = true
		}
		if len(seen) != 3 {
			return errors.New("our device has used a random twice")
		}
		return nil
	})
}

// everyPair are rounds for all IO capabilities that do not give Passkey Entry:
// all of them without MITM protection, and the four pairs that can compare.
func everyPair(role bt.Role) []round {
	var rounds []round
	pair := func(model smp.AssociationModel, initiator, responder smp.IOCapability) {
		io := [2]smp.IOCapability{initiator, responder}
		c := newCourse(role, true, model)
		c.features.IOCapability, c.plan.Features.IOCapability = io[role], io[1-role]
		rounds = append(rounds, thrice(fmt.Sprintf("%v, %v and %v", model, initiator, responder), c)...)
	}
	for i := smp.DisplayOnly; i <= smp.KeyboardDisplay; i++ {
		for r := smp.DisplayOnly; r <= smp.KeyboardDisplay; r++ {
			pair(smp.JustWorks, i, r)
		}
	}
	compares := []smp.IOCapability{smp.DisplayYesNo, smp.KeyboardDisplay}
	for _, i := range compares {
		for _, r := range compares {
			pair(smp.NumericComparison, i, r)
		}
	}
	return rounds
}

// refusals are what a peer may answer a Pairing Request with.
var refusals = []smp.Reason{
	smp.AuthenticationRequirements, smp.UnspecifiedReason, smp.PairingNotSupported, smp.RepeatedAttempts,
}

// refusedThen are rounds in which the peer refuses our request, and one in
// which it fails in phase 2. As responder the first of them comes in place of
// the peer's public key.
func refusedThen(c course, step string, reason smp.Reason) []round {
	first := "send Pairing Response"
	if c.role == bt.Peripheral {
		first = publicKeyStep
	}
	return all(aborts(c, first, refusals...), aborts(c, step, reason))
}

func secureNumericCases() []Scenario {
	central := newCourse(bt.Central, true, smp.JustWorks)
	peripheral := newCourse(bt.Peripheral, true, smp.JustWorks)
	return []Scenario{
		{
			ID:     "SM/CEN/SCJW/BV-01-C",
			About:  "success for every pair of IO capabilities that does not give Passkey Entry; three pairings, three randoms",
			rounds: everyPair(bt.Central),
		},
		{
			ID:     "SM/PER/SCJW/BV-02-C",
			About:  "the same as responder",
			rounds: everyPair(bt.Peripheral),
		},
		{
			ID: "SM/PER/SCJW/BV-03-C", Foreign: true,
			About:  "reserved bits of AuthReq: ignored, yet part of the DHKey Check as received",
			rounds: reservedBits(peripheral),
		},
		{
			ID: "SM/CEN/SCJW/BV-04-C", Foreign: true,
			About:  "the same as initiator",
			rounds: reservedBits(central),
		},
		{
			ID:     "SM/CEN/SCJW/BI-01-C",
			About:  "Pairing Failed with 0x03, 0x08, 0x05 or 0x09 for a response, then 0x0C in phase 2: we stop and report it",
			rounds: refusedThen(newCourse(bt.Central, true, smp.NumericComparison), checkStep, smp.NumericComparisonFailed),
		},
		{
			ID: "SM/PER/SCJW/BI-02-C", Foreign: true,
			About:  "Pairing Failed 0x04 in phase 2: we stop and report it",
			rounds: aborts(peripheral, checkStep, smp.ConfirmValueFailed),
		},
	}
}

// keypresses has our device type slowly, with notifications agreed or not.
func keypresses(role bt.Role, agreed bool) []round {
	model := [2]smp.AssociationModel{smp.InitiatorTypes, smp.ResponderTypes}[role]
	c := newCourse(role, true, model)
	c.slow, c.features.Keypress = true, true
	name := "keypresses not agreed"
	if agreed {
		c, name = c.authReq(smp.AuthReq(0).WithKeypress(true)), "keypresses"
	}
	notify := smptest.Do("receive Keypress Notifications", func(p *smptest.Peer) error {
		for _, want := range []smp.KeypressType{smp.PasskeyEntryStarted, smp.PasskeyDigitEntered, smp.PasskeyEntryCompleted} {
			var pdu smp.KeypressNotification
			if err := p.Receive(&pdu); err != nil {
				return err
			}
			if pdu.Type != want {
				return fmt.Errorf("got %v, want %v", pdu.Type, want)
			}
		}
		return nil
	})
	return named(name, func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		typing := smptest.Do("type", func(*smptest.Peer) error {
			s.settle()
			defer s.device.answer()
			return s.type3(agreed)
		})
		err := s.play(c, func(script smptest.Script) smptest.Script {
			steps := []smptest.Step{typing}
			if agreed {
				steps = append(steps, notify)
			}
			i := script.Index("learn the passkey") + 1
			return append(append(append(smptest.Script{}, script[:i]...), steps...), script[i:]...)
		})
		if err != nil {
			return err
		}
		return s.succeeded(c)
	})
}

// type3 notifies the peer of three keypresses.
func (s *Stage) type3(agreed bool) error {
	session, err := s.device.session()
	if err != nil {
		return err
	}
	for _, t := range []smp.KeypressType{smp.PasskeyEntryStarted, smp.PasskeyDigitEntered, smp.PasskeyEntryCompleted} {
		err := session.NotifyKeypress(t)
		if agreed && err != nil {
			return err
		}
		if !agreed && !errors.Is(err, smp.ErrKeypressNotAgreed) {
			return fmt.Errorf("a call of NotifyKeypress returned %w, want ErrKeypressNotAgreed", errOrNone(err))
		}
	}
	return nil
}

// wrongPasskeyAt is a course in which the passkeys differ in one bit: our device
// has to stop in that round.
func wrongPasskeyAt(role bt.Role, bit int) []round {
	c := newCourse(role, true, [2]smp.AssociationModel{smp.InitiatorTypes, smp.ResponderTypes}[role]).wrongPasskey(bit)
	return named(fmt.Sprintf("bit %d", bit), refuses(c, through(randomStep+smptest.RoundSuffix(bit)), smp.ConfirmValueFailed)[0].play)
}

func securePasskeyCases() []Scenario {
	central := newCourse(bt.Central, true, smp.InitiatorTypes)
	peripheral := newCourse(bt.Peripheral, true, smp.ResponderTypes)
	wrongFirst := wrong(confirmStep+firstRound, randomStep+firstRound)
	return []Scenario{
		{
			ID:     "SM/CEN/SCPK/BV-01-C",
			About:  "success; keypress notifications where both support them, never otherwise",
			rounds: all(passkeys(bt.Central, true), keypresses(bt.Central, true), keypresses(bt.Central, false)),
		},
		{
			ID:     "SM/PER/SCPK/BV-02-C",
			About:  "the same as responder",
			rounds: all(passkeys(bt.Peripheral, true), keypresses(bt.Peripheral, true), keypresses(bt.Peripheral, false)),
		},
		{ID: "SM/PER/SCPK/BV-03-C", About: "reserved bits of AuthReq", rounds: reservedBits(peripheral)},
		{ID: "SM/CEN/SCPK/BV-04-C", About: "reserved bits of AuthReq as initiator", rounds: reservedBits(central)},
		{
			ID:     "SM/CEN/SCPK/BI-01-C",
			About:  "Pairing Failed with 0x03, 0x08, 0x05 or 0x09 for a response, then 0x01 in phase 2: we stop and report it",
			rounds: refusedThen(central, confirmStep+firstRound, smp.PasskeyEntryFailed),
		},
		{
			ID:     "SM/PER/SCPK/BI-04-C",
			About:  "the same as responder",
			rounds: refusedThen(peripheral, confirmStep+firstRound, smp.PasskeyEntryFailed),
		},
		{
			ID:     "SM/CEN/SCPK/BI-02-C",
			About:  "wrong confirm value of the responder: 0x04",
			rounds: refuses(central, wrongFirst, smp.ConfirmValueFailed),
		},
		{
			ID:     "SM/PER/SCPK/BI-03-C",
			About:  "wrong confirm value of the initiator: 0x04",
			rounds: refuses(peripheral, wrongFirst, smp.ConfirmValueFailed),
		},
		{
			ID: "SM/CEN/SCPK/BV-05-C", Versions: "Core 6.2 and later",
			About:  "three pairings have three different passkeys",
			rounds: differentPasskeys(newCourse(bt.Central, true, smp.ResponderTypes)),
		},
		{
			ID: "SM/CEN/SCPK/BI-03-C", Versions: "Core 6.3 and later",
			About:  "the peer's user typed another passkey: 0x04 in the first round that differs",
			rounds: all(wrongPasskeyAt(bt.Central, 0), wrongPasskeyAt(bt.Central, 5), wrongPasskeyAt(bt.Central, 19)),
		},
		{
			ID: "SM/PER/SCPK/BI-05-C", Versions: "Core 6.3 and later",
			About:  "the same as responder",
			rounds: all(wrongPasskeyAt(bt.Peripheral, 0), wrongPasskeyAt(bt.Peripheral, 5), wrongPasskeyAt(bt.Peripheral, 19)),
		},
	}
}

// oobFlags are rounds for the three combinations of flags.
func oobFlags(role bt.Role) []round {
	c := newCourse(role, true, smp.OutOfBand)
	return all(
		named("both have data", c.succeed),
		named("only we have data", c.holders(true, false).succeed),
		named("only the peer has data", c.holders(false, true).succeed),
	)
}

// wrongOOB gives our device a confirm value that is not of the peer's key.
func wrongOOB(role bt.Role, last string) []round {
	c := newCourse(role, true, smp.OutOfBand).holders(true, false)
	var confirm, random [16]byte
	confirm[0], random[0] = 0x5a, 0xa5
	c.features.PeerOOB = &smp.PeerOOB{Address: peerAddress, Confirm: &confirm, Random: &random}
	return refuses(c, through(last), smp.ConfirmValueFailed)
}

func secureOOBCases() []Scenario {
	central := newCourse(bt.Central, true, smp.OutOfBand)
	peripheral := newCourse(bt.Peripheral, true, smp.OutOfBand)
	return []Scenario{
		{ID: "SM/CEN/SCOB/BV-01-C", About: "success whoever has data of the other", rounds: oobFlags(bt.Central)},
		{ID: "SM/PER/SCOB/BV-02-C", About: "the same as responder", rounds: oobFlags(bt.Peripheral)},
		{ID: "SM/PER/SCOB/BV-03-C", About: "reserved bits of AuthReq", rounds: reservedBits(peripheral)},
		{ID: "SM/CEN/SCOB/BV-04-C", About: "reserved bits of AuthReq as initiator", rounds: reservedBits(central)},
		{
			ID:     "SM/CEN/SCOB/BI-01-C",
			About:  "Pairing Failed with 0x03, 0x08, 0x05 or 0x09 for a response, then 0x02 in phase 2: we stop and report it",
			rounds: refusedThen(central, randomStep, smp.OOBNotAvailable),
		},
		{
			ID:     "SM/PER/SCOB/BI-02-C",
			About:  "the same as responder",
			rounds: refusedThen(peripheral, randomStep, smp.OOBNotAvailable),
		},
		{
			ID:     "SM/PER/SCOB/BI-03-C",
			About:  "wrong out-of-band confirm value: 0x04 after the initiator's random",
			rounds: wrongOOB(bt.Peripheral, randomStep),
		},
		{
			ID:     "SM/CEN/SCOB/BI-04-C",
			About:  "wrong out-of-band confirm value: 0x04 at once",
			rounds: wrongOOB(bt.Central, publicKeyStep),
		},
	}
}
