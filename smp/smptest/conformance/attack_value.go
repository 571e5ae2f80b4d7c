package conformance

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// sampleLTK is the key of the specification's sample data (Core Vol 6, Part C,
// 1).
var sampleLTK = bt.Key{0x4c, 0x68, 0x38, 0x41, 0x39, 0xf5, 0x74, 0xd8, 0x36, 0xbc, 0xf3, 0x4e, 0x9d, 0xfb, 0x01, 0xbf}

// knownLTKs has the peer distribute a key that everybody knows.
func knownLTKs(role bt.Role) []round {
	c := newCourse(role, false, smp.JustWorks).bonding(encKey, encKey)
	var rounds []round
	for name, key := range map[string]bt.Key{"the sample": sampleLTK, "zero": {}} {
		rounds = append(rounds, round{name, func(s *Stage) error {
			if err := s.prepare(c); err != nil {
				return err
			}
			pdu := smp.EncryptionInformation{LTK: key}
			if err := s.play(c, instead("send Encryption Information", name+" LTK", func(*smptest.Peer) []byte {
				return pdu.AppendTo(nil)
			})); err != nil {
				return err
			}
			if err := s.peer.ReceiveFailed(smp.KeyRejected); err != nil {
				return err
			}
			return s.failed(false, smp.KeyRejected)
		}})
	}
	return rounds
}

// addresses are rounds with the kinds of addresses that enter c1, f5 and f6.
func addresses(role bt.Role) []round {
	kinds := []struct {
		name    string
		address bt.Address
	}{
		{"public", bt.Address{}},
		{"static", bt.Address{0xc3, 0x11, 0x22, 0x33, 0x44, 0x55}},
		{"resolvable", bt.Address{0x4a, 0x11, 0x22, 0x33, 0x44, 0x55}},
	}
	var rounds []round
	for _, sc := range []bool{false, true} {
		c := newCourse(role, sc, smp.JustWorks)
		for _, peer := range kinds {
			for _, own := range kinds[:2] {
				c := c
				c.address = own.address
				if c.address != (bt.Address{}) {
					c.address[5] = 0x66
				}
				rounds = append(rounds, round{fmt.Sprintf("%v, %s and %s peer", c, own.name, peer.name), func(s *Stage) error {
					if err := s.prepareFrom(c, peer.address); err != nil {
						return err
					}
					return s.succeed(c)
				}})
			}
		}
	}
	return rounds
}

func valueAttacks() []Scenario {
	return []Scenario{
		{
			ID:     "A17/CVE-2019-2102",
			About:  "the LTK of the specification's sample data, or zero: 0x0F",
			rounds: bothRoles(knownLTKs),
		},
		{
			ID:    "A18/debug-key",
			About: "the published key pair: 0x0B, but in debug mode, where the bond says so",
			rounds: bothRoles(func(role bt.Role) []round {
				return all(named("normal", debugKey(role, false)[0].play), named("debug mode", debugKey(role, true)[0].play))
			}),
		},
		{
			ID:     "A19/addresses",
			About:  "c1, f5 and f6 take the addresses of the connection, with their types",
			rounds: bothRoles(addresses),
		},
	}
}
