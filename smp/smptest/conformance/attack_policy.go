package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// leftOut has the initiator leave MITM out where our responder needs it.
func leftOut() []round {
	kept := newCourse(bt.Peripheral, true, smp.NumericComparison)
	kept.plan.Features.AuthReq = kept.plan.Features.AuthReq.WithMITM(false)
	weak := newCourse(bt.Peripheral, true, smp.JustWorks)
	weak.features.IOCapability, weak.features.MITM = smp.DisplayYesNo, true
	required := newCourse(bt.Peripheral, true, smp.JustWorks).secured(smp.Policy{RequireMITM: true})
	required.features.IOCapability = smp.DisplayYesNo
	return all(
		named("the response has MITM", func(s *Stage) error {
			if err := kept.succeed(s); err != nil {
				return err
			}
			if !smp.AuthReq(s.peer.Exchange().AsSent[bt.Peripheral][3]).MITM() {
				return errors.New("the response has no MITM")
			}
			return nil
		}),
		named("Just Works by our features", refuses(weak, through("send Pairing Request"), smp.AuthenticationRequirements)[0].play),
		named("Just Works by our policy", refuses(required, through("send Pairing Request"), smp.AuthenticationRequirements)[0].play),
	)
}

// wantedHigh asks for MITM protection and gets Just Works.
func wantedHigh() []round {
	peripheral := newCourse(bt.Peripheral, false, smp.JustWorks).bonded()
	central := newCourse(bt.Central, false, smp.JustWorks).bonded().answers()
	mitm := smp.AuthReq(0).WithBonding(1).WithMITM(true)
	return all(
		named("peripheral", func(s *Stage) error {
			if err := s.prepare(peripheral); err != nil {
				return err
			}
			if err := s.requestSecurity(smp.SecurityRequirements{Bonding: true, MITM: true}, mitm); err != nil {
				return err
			}
			return s.succeed(peripheral)
		}),
		named("central", func(s *Stage) error {
			if err := s.prepare(central); err != nil {
				return err
			}
			if err := s.play(central, asksFirst(mitm, false)); err != nil {
				return err
			}
			return s.succeeded(central)
		}),
	)
}

// oobData holds the OOB flags against what is there.
func oobData(role bt.Role) []round {
	c := newCourse(role, true, smp.OutOfBand)
	none := newCourse(role, true, smp.JustWorks)
	claims := none
	claims.plan.Features.OOBDataFlag = smp.OOBDataPresent
	key := smp.NewIRK() // any random key
	onlyTK := newCourse(role, true, smp.OutOfBand).holders(false, false)
	onlyTK.features.PeerOOB = &smp.PeerOOB{Address: peerAddress, TK: &key}
	last := publicKeyStep
	if role == bt.Peripheral {
		last = randomStep
	}
	return all(
		named("both", c.succeed),
		named("only ours", c.holders(true, false).succeed),
		named("only the peer's", c.holders(false, true).succeed),
		named("neither", none.succeed),
		named("wrong confirm value", wrongOOB(role, last)[0].play),
		named("the peer claims data that nobody gave", refuses(claims, through(c.featuresStep()), smp.OOBNotAvailable)[0].play),
		named("our data is of legacy pairing", refuses(onlyTK, through(c.featuresStep()), smp.OOBNotAvailable)[0].play),
	)
}

// uninvited pairs where nobody may, or where our user does not want to.
func uninvited() []round {
	closed := func(role bt.Role, ask smptest.Step) []round {
		c := newCourse(role, true, smp.JustWorks).secured(smp.Policy{NotPairable: true})
		return named("not pairable, "+role.String(), func(s *Stage) error {
			if err := s.prepare(c); err != nil {
				return err
			}
			if err := s.peer.Continue(smptest.Script{ask, failedStep(smp.PairingNotSupported)}); err != nil {
				return err
			}
			return s.rejected(smp.PairingNotSupported)
		})
	}
	consent := func(role bt.Role, sc, agrees bool) []round {
		c := newCourse(role, sc, smp.JustWorks)
		var asked atomic.Int32
		c.options = func(o *smp.Options) {
			o.Prompter.Consent = func(context.Context, *smp.Question) error {
				asked.Add(1)
				if !agrees {
					return errors.New("the user does not want to pair")
				}
				return nil
			}
		}
		return named(fmt.Sprintf("consent to %v, %v: %t", c, role, agrees), func(s *Stage) error {
			asked.Store(0)
			if err := s.prepare(c); err != nil {
				return err
			}
			var err error
			if agrees {
				err = s.succeed(c)
			} else {
				err = s.refuse(c, through(c.featuresStep()), smp.AuthenticationRequirements)
			}
			if n := asked.Load(); err == nil && n != 1 {
				err = fmt.Errorf("our user was asked %d times, want once", n)
			}
			return err
		})
	}
	request := newCourse(bt.Peripheral, true, smp.JustWorks).plan.Features
	rounds := all(
		closed(bt.Central, sendSecurityRequest(0x01)),
		closed(bt.Peripheral, smptest.SendOctets("Pairing Request", request.AppendTo(nil))),
	)
	for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
		for _, sc := range []bool{false, true} {
			rounds = all(rounds, consent(role, sc, true), consent(role, sc, false))
		}
	}
	return rounds
}

func policyAttacks() []Scenario {
	return []Scenario{
		{
			ID:     "A30/CVE-2026-43334",
			About:  "the initiator leaves MITM out where we need it: our response has it, or 0x03",
			rounds: leftOut(),
		},
		{
			ID:     "A31/CVE-2026-31773",
			About:  "MITM protection was wanted and Just Works ran: it is reported as unauthenticated",
			rounds: wantedHigh(),
		},
		{
			ID:     "A32/CVE-2025-26438",
			About:  "out-of-band data of SC: flags have to match what is there; wrong and missing data fail",
			rounds: bothRoles(oobData),
		},
	}
}
