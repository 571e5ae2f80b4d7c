package conformance

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// one is a scenario of a single round.
func one(play func(*Stage) error) []round { return []round{{"1", play}} }

// named is one of several rounds.
func named(name string, play func(*Stage) error) []round { return []round{{name, play}} }

// all joins rounds.
func all(parts ...[]round) []round {
	var rounds []round
	for _, p := range parts {
		rounds = append(rounds, p...)
	}
	return rounds
}

// bothRoles makes rounds for our device in either role.
func bothRoles(rounds func(role bt.Role) []round) []round {
	var both []round
	for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
		for _, r := range rounds(role) {
			name := role.String()
			if r.name != "1" {
				name += ", " + r.name
			}
			both = append(both, round{name, r.play})
		}
	}
	return both
}

// succeeds is a round in which a course succeeds.
func succeeds(c course) []round { return one(c.succeed) }

func (c course) succeed(s *Stage) error {
	if err := s.prepare(c); err != nil {
		return err
	}
	return s.succeed(c)
}

// refuses is a round in which our device ends a changed course.
func refuses(c course, change edit, reasons ...smp.Reason) []round {
	return one(func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		return s.refuse(c, change, reasons...)
	})
}

// aborts is a round for each reason in which the peer sends Pairing Failed in
// place of a step.
func aborts(c course, before string, reasons ...smp.Reason) []round {
	var rounds []round
	for _, reason := range reasons {
		rounds = append(rounds, round{fmt.Sprintf("0x%02x for %s", uint8(reason), before), func(s *Stage) error {
			if err := s.prepare(c); err != nil {
				return err
			}
			return s.abort(c, before, reason)
		}})
	}
	return rounds
}

// through cuts a script behind a step.
func through(name string) edit {
	return func(s smptest.Script) smptest.Script { return s.Through(name) }
}

// wrong flips a bit of what a step sends, and cuts the script behind another.
func wrong(name, last string) edit {
	return func(s smptest.Script) smptest.Script {
		return s.Tamper(name, func(_ *smptest.Peer, pdu []byte) []byte {
			pdu[len(pdu)-1] ^= 0x01
			return pdu
		}).Through(last)
	}
}

// instead sends these octets in place of a step and ends the script there.
func instead(name string, what string, pdu func(p *smptest.Peer) []byte) edit {
	return func(s smptest.Script) smptest.Script {
		return s.Before(name).Then(smptest.Step{Name: "send " + what, PDU: func(p *smptest.Peer) ([]byte, error) {
			return pdu(p), nil
		}})
	}
}

// featuresStep is where the peer sends its features.
func (c course) featuresStep() string {
	if c.role == bt.Central {
		return "send Pairing Response"
	}
	return "send Pairing Request"
}

// reservedBits are rounds for the reserved bits of AuthReq: they are kept for
// the check values and otherwise ignored, and ours are zero.
func reservedBits(c course) []round {
	var rounds []round
	for _, bits := range []smp.AuthReq{0x40, 0x80, 0xc0} {
		c := c.authReq(bits)
		rounds = append(rounds, round{fmt.Sprintf("0x%02x", uint8(bits)), func(s *Stage) error {
			if err := c.succeed(s); err != nil {
				return err
			}
			if ours := s.peer.Exchange().AsSent[c.role][3]; ours&0xc0 != 0 {
				return fmt.Errorf("our device has set reserved bits: AuthReq is 0x%02x", ours)
			}
			return nil
		}})
	}
	return rounds
}

// differentPasskeys plays until our device has shown three different passkeys.
// Of random ones, two of four are the same once in 166,000 times, but then
// three are different all the same.
func differentPasskeys(c course) []round {
	return one(func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		seen := map[uint32]bool{}
		for range 4 {
			if err := s.succeed(c); err != nil {
				return err
			}
			seen[s.peer.Exchange().Passkey] = true
			if len(seen) == 3 {
				return nil
			}
		}
		return fmt.Errorf("four pairings had %d different passkeys, want at least 3", len(seen))
	})
}
