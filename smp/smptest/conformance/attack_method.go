package conformance

import (
	"errors"
	"fmt"
	"slices"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// questions are what our user is asked in a model.
func questions(role bt.Role, model smp.AssociationModel) []string {
	switch {
	case model == smp.NumericComparison:
		return []string{"CompareNumber"}
	case model == smp.BothType,
		model == smp.InitiatorTypes && role == bt.Central,
		model == smp.ResponderTypes && role == bt.Peripheral:
		return []string{"EnterPasskey"}
	case model == smp.InitiatorTypes, model == smp.ResponderTypes:
		return []string{"DisplayPasskey"}
	}
	return nil
}

// confusion checks that comparing is never taken for typing, and that a policy
// can do without one of them.
func confusion(role bt.Role) []round {
	var rounds []round
	for _, m := range []smp.AssociationModel{smp.InitiatorTypes, smp.ResponderTypes, smp.BothType, smp.NumericComparison} {
		c := newCourse(role, true, m)
		asks := named("asks once for "+m.String(), func(s *Stage) error {
			if err := c.succeed(s); err != nil {
				return err
			}
			var got []string
			s.device.note(func() { got = slices.Clone(s.device.asked) })
			if want := questions(role, m); !slices.Equal(got, want) {
				return fmt.Errorf("our user was asked %v, want %v", got, want)
			}
			return nil
		})
		without := c.secured(smp.Policy{RefuseAsInitiator: smp.Models(m), RefuseAsResponder: smp.Models(m)})
		rounds = all(rounds, asks,
			named("refuses "+m.String(), refuses(without, through(c.featuresStep()), smp.AuthenticationRequirements)[0].play))
	}
	return rounds
}

// modeConfusion checks that a legacy pairing says that it is one.
func modeConfusion(role bt.Role) []round {
	c := newCourse(role, false, smp.InitiatorTypes)
	c.features.SC = true
	only := c.secured(smp.Policy{SCOnly: true})
	return all(
		named("the event says legacy", c.succeed),
		named("the event says SC", newCourse(role, true, smp.InitiatorTypes).succeed),
		named("SC only", refuses(only, through(c.featuresStep()), smp.AuthenticationRequirements)[0].play),
	)
}

// noInputNoOutput claims to have neither, where we need protection.
func noInputNoOutput(role bt.Role) []round {
	c := newCourse(role, true, smp.JustWorks)
	c.features.IOCapability, c.features.MITM = smp.DisplayYesNo, true
	rounds := named("no input, no output", refuses(c, through(c.featuresStep()), smp.AuthenticationRequirements)[0].play)
	for i, field := range []string{"IO capability", "OOB data flag", "AuthReq"} {
		changed := newCourse(role, true, smp.NumericComparison)
		changed.plan.Trusting = true
		rounds = all(rounds, named(field+" changed on the way", refuses(changed, func(s smptest.Script) smptest.Script {
			at := s.Index("compute the keys")
			tamper := smptest.Do("take the "+field+" for another", func(p *smptest.Peer) error {
				p.Exchange().AsSent[1-role][i+1] ^= 0x01
				return nil
			})
			s = append(append(append(smptest.Script{}, s[:at]...), tamper), s[at:]...)
			return s.Through(checkStep)
		}, smp.DHKeyCheckFailed)[0].play))
	}
	return rounds
}

// downgrade clears the SC bit.
func downgrade(role bt.Role) []round {
	c := newCourse(role, false, smp.JustWorks)
	c.features.SC = true
	only := c.secured(smp.Policy{SCOnly: true})
	return all(
		named("SC only", refuses(only, through(c.featuresStep()), smp.AuthenticationRequirements)[0].play),
		named("bonded with SC", weaker(newCourse(role, true, smp.NumericComparison), newCourse(role, false, smp.InitiatorTypes))),
	)
}

// sizes are the key sizes that a peer may claim.
func sizes(role bt.Role) []round {
	c := newCourse(role, true, smp.JustWorks)
	var rounds []round
	for _, size := range []int{0, 1, 6, 17, 255} {
		for _, least := range []int{7, 16} {
			rounds = all(rounds, named(fmt.Sprintf("%d, minimum %d", size, least),
				refuses(c.keySize(size, least), through(c.featuresStep()), smp.EncryptionKeySize, smp.InvalidParameters)[0].play))
		}
	}
	for size := 7; size <= 15; size++ {
		rounds = all(rounds,
			named(fmt.Sprintf("%d, default policy", size), refuses(c.keySize(size, 0), through(c.featuresStep()), smp.EncryptionKeySize)[0].play))
	}
	only := c.keySize(15, 0)
	only.policy.SCOnly = true
	rounds = all(rounds, named("15, SC only", refuses(only, through(c.featuresStep()), smp.EncryptionKeySize)[0].play))
	for _, size := range []int{7, 15} {
		for _, sc := range []bool{false, true} {
			c := newCourse(role, sc, smp.JustWorks).bonding(encKey|idKey, encKey|idKey).keySize(size, 7)
			rounds = all(rounds, named(fmt.Sprintf("%d allowed, %v", size, c), func(s *Stage) error {
				if err := c.succeed(s); err != nil {
					return err
				}
				return s.reencrypt(c)
			}))
		}
	}
	return rounds
}

// linkKeys offers keys for BR/EDR.
func linkKeys(role bt.Role) []round {
	c := newCourse(role, true, smp.JustWorks).bonding(idKey, idKey)
	c.plan.Features.InitiatorKeyDistribution |= linkKey
	c.plan.Features.ResponderKeyDistribution |= linkKey
	if role == bt.Central {
		return one(func(s *Stage) error {
			if err := s.prepare(c); err != nil {
				return err
			}
			if err := s.refuse(c, through(c.featuresStep()), smp.InvalidParameters); err != nil {
				return err
			}
			return s.noLinkKey(c)
		})
	}
	return one(func(s *Stage) error {
		if err := c.succeed(s); err != nil {
			return err
		}
		return s.noLinkKey(c)
	})
}

// noLinkKey checks that our features have no LinkKey bit.
func (s *Stage) noLinkKey(c course) error {
	ours := s.peer.Exchange().AsSent[c.role]
	if (ours[5]|ours[6])&byte(linkKey) != 0 {
		return errors.New("our device asks for a link key or offers one")
	}
	return nil
}

func methodAttacks() []Scenario {
	return []Scenario{
		{
			ID:     "A09/CVE-2020-10134",
			About:  "method confusion: comparing and typing are different questions, and the policy can refuse either",
			rounds: bothRoles(confusion),
		},
		{
			ID:     "A10/CVE-2022-25836",
			About:  "pairing mode confusion: what is reported says SC or legacy, and SC-only refuses legacy",
			rounds: bothRoles(modeConfusion),
		},
		{
			ID:     "A11/NiNo-2007",
			About:  "no input and no output where we need MITM protection: 0x03; features changed on the way: 0x0B",
			rounds: bothRoles(noInputNoOutput),
		},
		{
			ID:     "A12/USENIX-2020-Zhang",
			About:  "SC bit cleared: SC-only refuses with 0x03, and so does a bond with SC",
			rounds: bothRoles(downgrade),
		},
		{
			ID:     "A13/CVE-2019-9506",
			About:  "key negotiation: sizes that are none or below our minimum fail, the reported and stored size is the true one",
			rounds: bothRoles(sizes),
		},
		{
			ID:     "A14/CVE-2020-15802",
			About:  "cross-transport keys: the LinkKey bit is neither set nor accepted",
			rounds: bothRoles(linkKeys),
		},
	}
}
