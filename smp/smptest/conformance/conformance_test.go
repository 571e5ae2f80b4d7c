package conformance

import (
	"blesmp/bt"
	"blesmp/smp"
	"testing"
	"testing/synctest"
)

func TestTmp(t *testing.T) {
	for _, wall := range []bool{true, false} {
		for role := range bt.Role(2) {
			for _, sc := range []bool{false, true} {
				for m := smp.JustWorks; m <= smp.OutOfBand; m++ {
					if m == smp.NumericComparison && !sc {
						continue
					}
					for _, keys := range []bool{false, true} {
						c := newCourse(role, sc, m)
						if keys {
							c = c.bonding(7, 7)
						}
						t.Run(role.String()+"/"+m.String(), func(t *testing.T) {
							r := round{"", func(s *Stage) error {
								if err := s.prepare(c); err != nil {
									return err
								}
								return s.succeed(c)
							}}
							run := func(t *testing.T) {
								rows, err := r.run(t.Context(), Options{WallClock: wall})
								if err != nil {
									t.Error(err)
									for _, row := range rows {
										t.Log(row)
									}
								}
							}
							if wall {
								synctest.Test(t, run)
							} else {
								run(t)
							}
						})
					}
				}
			}
		}
	}
}
