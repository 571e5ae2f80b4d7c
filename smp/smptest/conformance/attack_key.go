package conformance

import (
	"crypto/rand"
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
	"blesmp/smp/toolbox"
)

// newKeyPair draws a pair; crypto/rand does not fail.
func newKeyPair() *toolbox.KeyPair {
	for {
		if pair, err := toolbox.NewKeyPair(rand.Reader); err == nil {
			return pair
		}
	}
}

// impersonates has the peer send our own X back, by Passkey Entry. A peer that
// begins has to know our key before: it does, where we use one twice.
func impersonates(negative bool) []round {
	central := newCourse(bt.Central, true, smp.InitiatorTypes)
	peripheral, pair := newCourse(bt.Peripheral, true, smp.ResponderTypes).fixedKeyPair()
	known := instead(publicKeyStep, "our own X", func(*smptest.Peer) []byte {
		key := smp.PublicKey(pair.Public())
		if negative {
			key.Y = negated(key.Y)
		}
		return key.AppendTo(nil)
	})
	return all(
		named("central", refuses(central, ownX(bt.Central, negative), smp.DHKeyCheckFailed)[0].play),
		named("peripheral", refuses(peripheral, known, smp.DHKeyCheckFailed)[0].play),
	)
}

// debugKey has the peer use the published key pair.
func debugKey(role bt.Role, allowed bool) []round {
	c := newCourse(role, true, smp.JustWorks).bonding(idKey, idKey).secured(smp.Policy{DebugKeys: allowed})
	return one(func(s *Stage) error {
		pair, err := toolbox.DebugKeyPair()
		if err != nil {
			return err
		}
		c.plan.KeyPair = pair
		if err := s.prepare(c); err != nil {
			return err
		}
		if !allowed {
			return s.refuse(c, through(publicKeyStep), smp.DHKeyCheckFailed)
		}
		if err := s.succeed(c); err != nil {
			return err
		}
		b, err := s.device.store.Get(s.remote, s.peer.Exchange().Sent.Identity)
		if err == nil && !b.Debug {
			err = errors.New("the bond does not say that its key is no secret")
		}
		return err
	})
}

func keyAttacks() []Scenario {
	scOnly := smp.Policy{SCOnly: true}
	legacyRefused := func(role bt.Role) []round {
		c := newCourse(role, false, smp.JustWorks).secured(scOnly)
		c.features.SC = true
		return named("SC only", refuses(c, through(c.featuresStep()), smp.AuthenticationRequirements)[0].play)
	}
	unauthenticated := func(role bt.Role) []round {
		c := newCourse(role, false, smp.InitiatorTypes)
		return named("legacy passkey", func(s *Stage) error {
			if err := c.succeed(s); err != nil {
				return err
			}
			if c.level().Authenticated(smp.Policy{}) {
				return errors.New("passkey entry of legacy pairing counts as authenticated")
			}
			return nil
		})
	}
	noLegacyPasskey := func(role bt.Role) []round {
		c := newCourse(role, false, smp.InitiatorTypes).secured(smp.Policy{LegacyPasskey: smp.LegacyPasskeyRefused})
		return named("legacy passkey refused", refuses(c, through(c.featuresStep()), smp.AuthenticationRequirements)[0].play)
	}
	legacyReflection := func(model smp.AssociationModel) []round {
		c := newCourse(bt.Central, false, model)
		return named(model.String(), refuses(c, instead(confirmStep, "our own Confirm", reflected(bt.Central)), smp.ConfirmValueFailed)[0].play)
	}
	return []Scenario{
		{
			ID: "A01/CVE-2018-5383", Foreign: true,
			About:  "invalid curve: a public key that is no point fails with 0x0B before anything else is sent",
			rounds: bothRoles(func(role bt.Role) []round { return invalidKeys(role, smp.DHKeyCheckFailed) }),
		},
		{
			ID:     "A02/CVE-2020-26558",
			About:  "passkey impersonation: a peer that sends our public key back fails with 0x0B",
			rounds: impersonates(false),
		},
		{
			ID:     "A03/CVE-2021-37577",
			About:  "the same with the other Y: only X counts",
			rounds: impersonates(true),
		},
		{
			ID:     "A04/VU-799380.5",
			About:  "legacy confirm value sent back: 0x04; the initiator alone can be told its own",
			rounds: all(legacyReflection(smp.JustWorks), legacyReflection(smp.InitiatorTypes), legacyReflection(smp.ResponderTypes)),
		},
		{
			ID:     "A05/CVE-2020-26555",
			About:  "a peer with our own address is refused with 0x05",
			rounds: ownAddress(),
		},
		{
			ID:     "A06/crackle",
			About:  "passive listener of legacy pairing: SC-only refuses it with 0x03, its passkey is never authenticated",
			rounds: bothRoles(func(role bt.Role) []round { return all(legacyRefused(role), unauthenticated(role)) }),
		},
		{
			ID:    "A07/ePrint-2013-309",
			About: "passkey of legacy pairing inverted: the same, and the policy can refuse it",
			rounds: bothRoles(func(role bt.Role) []round {
				return all(legacyRefused(role), unauthenticated(role), noLegacyPasskey(role))
			}),
		},
		{
			ID:     "A08/Jangid-Zhang-Lin-2023",
			About:  "passkey found bit by bit: a new passkey every time, an end at the first wrong round, and a waiting interval",
			rounds: fixedPasskey(),
		},
	}
}

// ownAddress gives the peer our address.
func ownAddress() []round {
	meet := func(role bt.Role, ask smptest.Step) []round {
		c := newCourse(role, true, smp.JustWorks)
		return named(role.String(), func(s *Stage) error {
			c := c
			c.address = bt.Address{0xc1, 2, 3, 4, 5, 6}
			if err := s.prepareFrom(c, c.address); err != nil {
				return err
			}
			if err := s.peer.Continue(smptest.Script{ask, failedStep(smp.PairingNotSupported)}); err != nil {
				return err
			}
			return s.rejected(smp.PairingNotSupported)
		})
	}
	request := newCourse(bt.Peripheral, true, smp.JustWorks).plan.Features
	return all(
		meet(bt.Central, sendSecurityRequest(0x01)),
		meet(bt.Peripheral, smptest.SendOctets("Pairing Request", request.AppendTo(nil))),
	)
}

// fixedPasskey is what keeps twenty tries from telling a passkey.
func fixedPasskey() []round {
	shows := [2]smp.AssociationModel{smp.ResponderTypes, smp.InitiatorTypes}
	early := func(role bt.Role) []round {
		c := newCourse(role, true, shows[role])
		guess := c
		guess.plan.Trusting = true
		guess.plan.Passkey = nil
		return named("a guess, and the next one at once", func(s *Stage) error {
			if err := s.prepare(c); err != nil {
				return err
			}
			guess := guess
			guess.plan.Passkey = func() (uint32, error) {
				passkey, err := s.shown()
				return passkey ^ 1<<3, err
			}
			if err := s.refuse(guess, through(randomStep+smptest.RoundSuffix(3)), smp.ConfirmValueFailed); err != nil {
				return err
			}
			return s.tooEarly(c)
		})
	}
	return bothRoles(func(role bt.Role) []round {
		return all(
			named("legacy", differentPasskeys(newCourse(role, false, shows[role]))[0].play),
			named("SC", differentPasskeys(newCourse(role, true, shows[role]))[0].play),
			early(role),
			wrongPasskeyAt(role, 7),
		)
	})
}

// tooEarly begins again within the waiting interval.
func (s *Stage) tooEarly(c course) error {
	if err := s.mark(); err != nil {
		return err
	}
	if c.role == bt.Central {
		call, err := s.device.pair(s.ctx, c.features)
		if err != nil {
			return err
		}
		if err := s.returned(call); !errors.Is(err, smp.ErrBackoff) {
			return fmt.Errorf("a call of Pair right after a failure returned %w, want ErrBackoff", errOrNone(err))
		}
		return s.silent()
	}
	if err := s.play(c, through("send Pairing Request")); err != nil {
		return err
	}
	if err := s.peer.ReceiveFailed(smp.RepeatedAttempts); err != nil {
		return err
	}
	return s.rejected(smp.RepeatedAttempts)
}
