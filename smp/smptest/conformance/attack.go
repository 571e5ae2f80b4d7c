package conformance

import (
	"blesmp/bt"
	"blesmp/smp"
)

// Attacks gives the published attacks and bugs, by number.
func Attacks() []Scenario {
	var attacks []Scenario
	for _, group := range []struct {
		name      string
		scenarios []Scenario
	}{
		{"Attacks: cryptography and protocol", append(keyAttacks(), append(methodAttacks(), append(bondAttacks(), valueAttacks()...)...)...)},
		{"Attacks: errors of state", append(stateAttacks(), append(replacementAttacks(), policyAttacks()...)...)},
		{"Attacks: order and fuzzing", orderAttacks()},
	} {
		for _, s := range group.scenarios {
			s.Kind, s.Group = Attack, group.name
			attacks = append(attacks, s)
		}
	}
	return attacks
}

// courses are the ways to pair that attacks go through, all of which bond.
func courses(role bt.Role) []course {
	var list []course
	for _, sc := range []bool{false, true} {
		for m := smp.JustWorks; m <= smp.OutOfBand; m++ {
			if m == smp.NumericComparison && !sc {
				continue
			}
			list = append(list, newCourse(role, sc, m).bonding(encKey|idKey|signKey, encKey|idKey|signKey))
		}
	}
	return list
}

// String names a course.
func (c course) String() string {
	kind := "legacy"
	if c.plan.SC {
		kind = "SC"
	}
	return kind + " " + c.plan.Model.String()
}

// fixedKeyPair has our device use one key pair again and again, so that a peer
// that begins can know it.
func (c course) fixedKeyPair() (course, smp.KeyPair) {
	pair := newKeyPair()
	c.options = func(o *smp.Options) { o.NewKeyPair = func() smp.KeyPair { return pair } }
	return c, pair
}
