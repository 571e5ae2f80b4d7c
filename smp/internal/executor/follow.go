package executor

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Follower follows both sides of a smptest.Rig.
type Follower struct {
	machines   [2]*Machine
	procedures [2]*smp.Procedure
}

// Follow gives a follower, to be told of every step.
func (s *Spec) Follow() *Follower {
	return &Follower{machines: [2]*Machine{s.New(bt.Central), s.New(bt.Peripheral)}}
}

// Step follows one step of a side. A side with a new link starts anew.
func (f *Follower) Step(m smptest.Moment) error {
	at := f.machines[m.Device.Role]
	if f.procedures[m.Device.Role] != m.Device.Procedure {
		f.procedures[m.Device.Role] = m.Device.Procedure
		at.Restart()
	}
	for _, t := range m.Traces {
		if err := at.Take(t); err != nil {
			return err
		}
	}
	if at.State() != m.After.String() {
		return fmt.Errorf("executor: %v: the machine is in %s", m, at.State())
	}
	return nil
}
