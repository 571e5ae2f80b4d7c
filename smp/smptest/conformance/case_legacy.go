package conformance

import (
	"blesmp/bt"
	"blesmp/smp"
)

// Cases gives the test cases for LE, in the order of their groups.
func Cases() []Scenario {
	return legacyJustWorks()
}

func legacyJustWorks() []Scenario {
	return []Scenario{
		{ID: "SM/CEN/JW/BV-01-C", rounds: []round{{"", func(s *Stage) error {
			c := newCourse(bt.Central, false, smp.JustWorks)
			if err := s.prepare(c); err != nil {
				return err
			}
			return s.succeed(c)
		}}}},
	}
}

// Attacks ...
func Attacks() []Scenario { return nil }
