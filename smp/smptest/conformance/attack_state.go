package conformance

import (
	"errors"
	"fmt"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// encrypts has the central start encryption where no key is due: it is refused.
func encrypts(c course, at string) func(*Stage) error {
	return func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		if err := s.play(c, through(at)); err != nil {
			return err
		}
		s.settle()
		if _, err := s.peer.Pending(); err != nil { // it may be the device's turn
			return err
		}
		if err := s.peer.Continue(smptest.Script{
			smptest.Do("LE Enable Encryption with a key of zeros", func(p *smptest.Peer) error { return p.Encrypt(bt.Key{}, 0, 0) }),
			encryptionStep(bt.PINOrKeyMissing),
		}); err != nil {
			return err
		}
		if s.device == nil {
			return nil
		}
		if _, _, refused := s.device.happened(s.since); refused != 1 {
			return fmt.Errorf("our device has refused %d requests for a key, want 1", refused)
		}
		return errors.Join(s.keyless(), s.unchanged())
	}
}

// early are rounds of encryption in every state in which no key is due: before
// the last PDU of authentication.
func early(c course, from string) []round {
	var rounds []round
	script := c.plan.Script()
	first, sent := script.Index(from), sends(script, c.encryptionBegins())
	for i, step := range script[:sent[len(sent)-1]] {
		if i >= first && isPDU(step.Name) && !middleRound(step.Name) {
			rounds = append(rounds, round{fmt.Sprintf("%v after %s", c, step.Name), encrypts(c, step.Name)})
		}
	}
	return rounds
}

// isPDU says that a step sends or receives one.
func isPDU(name string) bool {
	return strings.HasPrefix(name, "send ") || strings.HasPrefix(name, "receive Pairing ")
}

// middleRound says that a step belongs to a round of Passkey Entry that is like
// others: neither the first two nor the last.
func middleRound(name string) bool {
	_, number, ok := strings.Cut(name, ", round ")
	return ok && number != "0" && number != "1" && number != "19"
}

// publicKeyInLegacy sends a PDU that legacy pairing does not have.
func publicKeyInLegacy(role bt.Role) []round {
	c := newCourse(role, false, smp.JustWorks)
	return one(func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		pair := newKeyPair()
		at := "receive Pairing Response"
		if role == bt.Central {
			at = "receive Pairing Confirm"
		}
		if err := s.refuse(c, func(script smptest.Script) smptest.Script {
			key := smp.PublicKey(pair.Public())
			return script.Through(at).Then(smptest.SendOctets("Pairing Public Key", key.AppendTo(nil)))
		}, smp.UnspecifiedReason); err != nil {
			return err
		}
		return s.recoverOurs(c)
	})
}

// oneRoundMore sends a 21st confirm value.
func oneRoundMore(role bt.Role) []round {
	var rounds []round
	for _, m := range passkeyModels {
		c := newCourse(role, true, m)
		last := "receive Pairing DHKey Check"
		if role == bt.Peripheral {
			last = "receive Pairing Random" + smptest.RoundSuffix(19)
		}
		rounds = all(rounds, named(m.String(), refuses(c, func(s smptest.Script) smptest.Script {
			return s.Through(last).Then(smptest.SendOctets("a 21st Pairing Confirm", late(smp.CodePairingConfirm)))
		}, smp.UnspecifiedReason)[0].play))
	}
	return rounds
}

// zeroKey has a peripheral without a bond ask for security.
func zeroKey() []round {
	c := newCourse(bt.Central, true, smp.JustWorks)
	asks := func(s *Stage) error {
		if err := s.mark(); err != nil {
			return err
		}
		answered := c.answers()
		if err := s.play(answered, asksFirst(smp.AuthReq(0).WithSC(true), false)); err != nil {
			return err
		}
		return s.succeeded(answered)
	}
	return all(
		named("on the same link", func(s *Stage) error {
			if err := c.succeed(s); err != nil {
				return err
			}
			return asks(s)
		}),
		named("on a new link", func(s *Stage) error {
			if err := c.succeed(s); err != nil {
				return err
			}
			if err := s.reconnect(c.role); err != nil {
				return err
			}
			return asks(s)
		}),
	)
}

func stateAttacks() []Scenario {
	secure := func(m smp.AssociationModel) course { return newCourse(bt.Peripheral, true, m) }
	legacy := newCourse(bt.Peripheral, false, smp.JustWorks)
	return []Scenario{
		{
			ID: "A20/CVE-2019-19194", Foreign: true,
			About:  "encryption in the middle of a pairing: a negative reply in every state before the key is due",
			rounds: all(early(secure(smp.JustWorks), "send Pairing Request"), early(legacy, "send Pairing Request")),
		},
		{
			ID:     "A21/CVE-2020-13593",
			About:  "encryption without DHKey Check: a negative reply after the Random",
			rounds: all(early(secure(smp.JustWorks), "receive Pairing Random"), early(secure(smp.NumericComparison), "receive Pairing Random"), early(secure(smp.InitiatorTypes), "receive Pairing Random"+smptest.RoundSuffix(19))),
		},
		{
			ID: "A22/CVE-2019-19196", Foreign: true,
			About: "key sizes of 17 and 255 octets: Pairing Failed",
			rounds: bothRoles(func(role bt.Role) []round {
				c := newCourse(role, true, smp.JustWorks)
				return all(
					named("17", refuses(c.keySize(17, 7), through(c.featuresStep()), smp.InvalidParameters, smp.EncryptionKeySize)[0].play),
					named("255", refuses(c.keySize(255, 7), through(c.featuresStep()), smp.InvalidParameters, smp.EncryptionKeySize)[0].play),
				)
			}),
		},
		{
			ID: "A23/CVE-2019-17520", Foreign: true,
			About:  "a public key in legacy pairing: 0x08, and alive after it",
			rounds: bothRoles(publicKeyInLegacy),
		},
		{
			ID:     "A24/zephyr-114792",
			About:  "a 21st confirm value in Passkey Entry: 0x08",
			rounds: bothRoles(oneRoundMore),
		},
		{
			ID: "A25/zephyr-80218", Foreign: true,
			About:  "a bad public key: no confirm value after it",
			rounds: bothRoles(func(role bt.Role) []round { return invalidKeys(role, smp.DHKeyCheckFailed) }),
		},
		{
			ID:     "A26/zephyr-3221",
			About:  "a Security Request after a pairing without bonding: a new pairing, never encryption with a key of zeros",
			rounds: zeroKey(),
		},
	}
}
