package conformance

import (
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Cases gives the test cases for LE, in the order of their groups.
func Cases() []Scenario {
	var cases []Scenario
	for _, group := range []struct {
		name      string
		scenarios []Scenario
	}{
		{"Protocol", protocolCases()},
		{"Encryption key size", keySizeCases()},
		{"Legacy: Just Works", legacyJustWorksCases()},
		{"Legacy: Passkey Entry", legacyPasskeyCases()},
		{"Legacy: Out of Band", legacyOOBCases()},
		{"Signing", signingCases()},
		{"Key distribution and use", keyCases()},
		{"Peripheral initiated security", securityRequestCases()},
		{"SC: Just Works and Numeric Comparison", secureNumericCases()},
		{"SC: Passkey Entry", securePasskeyCases()},
		{"SC: Out of Band", secureOOBCases()},
	} {
		for _, s := range group.scenarios {
			s.Kind, s.Group = Case, group.name
			cases = append(cases, s)
		}
	}
	return cases
}

// late is a value that comes when nobody waits for it any more.
func late(code smp.PDUCode) []byte { return append([]byte{byte(code)}, make([]byte, 16)...) }

func protocolCases() []Scenario {
	central := newCourse(bt.Central, false, smp.JustWorks)
	peripheral := newCourse(bt.Peripheral, false, smp.JustWorks)
	return []Scenario{
		{
			ID: "SM/CEN/PROT/BV-01-C", Foreign: true,
			About: "no Pairing Response for 30 s: the failure is reported, and a late response is not answered",
			rounds: one(func(s *Stage) error {
				if err := s.prepare(central); err != nil {
					return err
				}
				if err := s.play(central, through("receive Pairing Request")); err != nil {
					return err
				}
				if err := s.timedOut(); err != nil {
					return err
				}
				response := smp.PairingResponse(central.plan.Features)
				return s.muted(response.AppendTo(nil))
			}),
		},
		{
			ID: "SM/PER/PROT/BV-02-C", Foreign: true,
			About: "silence for 30 s after our Pairing Response: the failure is reported, and a late Confirm is not answered",
			rounds: one(func(s *Stage) error {
				if err := s.prepare(peripheral); err != nil {
					return err
				}
				if err := s.play(peripheral, through("receive Pairing Response")); err != nil {
					return err
				}
				if err := s.timedOut(); err != nil {
					return err
				}
				return s.muted(late(smp.CodePairingConfirm))
			}),
		},
	}
}

// keySize has the peer offer a key size, and our policy ask for another.
func (c course) keySize(offered, least int) course {
	c.plan.Features.MaxKeySize = uint8(offered)
	c.policy.MinKeySize = least
	return c
}

func keySizeCases() []Scenario {
	accepts := func(role bt.Role) []round {
		var rounds []round
		for _, sc := range []bool{false, true} {
			for _, size := range []int{7, 10, 16} {
				c := newCourse(role, sc, smp.JustWorks).bonding(encKey|idKey, encKey|idKey).keySize(size, size)
				rounds = append(rounds, round{c.level().String(), func(s *Stage) error {
					if err := c.succeed(s); err != nil {
						return err
					}
					return s.reencrypt(c)
				}})
			}
		}
		return rounds
	}
	rejects := func(role bt.Role) []round {
		c := newCourse(role, false, smp.JustWorks)
		return all(
			named("9 of 10", refuses(c.keySize(9, 10), through(c.featuresStep()), smp.EncryptionKeySize)[0].play),
			named("15 of 16", refuses(c.keySize(15, 16), through(c.featuresStep()), smp.EncryptionKeySize)[0].play),
			named("6 of 7", refuses(c.keySize(6, 7), through(c.featuresStep()), smp.EncryptionKeySize, smp.InvalidParameters)[0].play),
		)
	}
	return []Scenario{
		{
			ID:     "SM/CEN/EKS/BV-01-C",
			About:  "the peer offers exactly our minimum: we pair, reconnect and encrypt again with the cut LTK",
			rounds: accepts(bt.Central),
		},
		{
			ID:     "SM/PER/EKS/BV-02-C",
			About:  "the same as responder",
			rounds: accepts(bt.Peripheral),
		},
		{
			ID:     "SM/CEN/EKS/BI-01-C",
			About:  "the response offers one octet less than our minimum: Pairing Failed 0x06, or 0x0A where our minimum is 7",
			rounds: rejects(bt.Central),
		},
		{
			ID:     "SM/PER/EKS/BI-02-C",
			About:  "the request offers one octet less than our minimum: Pairing Failed 0x06, or 0x0A where our minimum is 7",
			rounds: rejects(bt.Peripheral),
		},
	}
}

// reflected is a value of our device that the peer sends back.
func reflected(side bt.Role) func(p *smptest.Peer) []byte {
	return func(p *smptest.Peer) []byte {
		pdu := smp.PairingConfirm{Value: p.Exchange().Confirm[side]}
		return pdu.AppendTo(nil)
	}
}
