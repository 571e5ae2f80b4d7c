package verify

import (
	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// attackSetups put each side alone in front of the attacker.
func attackSetups(quick bool) []Setup {
	var all []Setup
	for _, sc := range []bool{false, true} {
		for _, s := range schemes {
			if !sc && !s.legacy || quick && (s.name == "both type" || s.oob[0] != s.oob[1]) {
				continue
			}
			for _, victim := range []bt.Role{bt.Central, bt.Peripheral} {
				setup := plain(s, sc, distributions[0])
				setup.Name = "attack on the " + name(victim) + ": " + setup.Name
				setup.Attack, setup.Victim, setup.Unknown = true, victim, s.mitm
				setup.Pairs, setup.Requests, setup.Faults = 1, 1, 0
				if !quick {
					setup.Pairs = 2
				}
				if !sc && s.mitm {
					// The attacker may offer SC: then the model is another one.
					setup.Sides[victim].Features.SC = false
				}
				all = append(all, setup)
			}
		}
	}
	for _, victim := range []bt.Role{bt.Central, bt.Peripheral} {
		other := plain(schemes[0], true, distributions[0]).named("bonded with another peer")
		other.Name = "attack on the " + name(victim) + ": " + other.Name
		other.Attack, other.Victim, other.Pairs, other.Requests, other.Faults = true, victim, 1, 0, 0
		other.Sides[victim].Other = &bond.Bond{
			Local: addresses[victim], Peer: attackersIdentity, SC: true, MITM: true, KeySize: 16, Model: uint8(smp.NumericComparison),
			LocalLTK: &bond.LongTermKey{Key: mix('b')}, PeerLTK: &bond.LongTermKey{Key: mix('b')},
		}
		all = append(all, other)
	}
	bonded := plain(schemes[4], true, distributions[0])
	bonded.Sides[bt.Peripheral].Bond = &bond.Bond{
		Local: addresses[1], Peer: addresses[0], SC: true, MITM: true, KeySize: 16, Model: uint8(smp.NumericComparison),
		LocalLTK: &bond.LongTermKey{Key: mix('b')}, PeerLTK: &bond.LongTermKey{Key: mix('b')},
	}
	bonded.Name = "attack on a bonded responder"
	bonded.Attack, bonded.Victim, bonded.Unknown, bonded.Requests, bonded.Faults = true, bt.Peripheral, true, 1, 0
	return append(all, bonded)
}
