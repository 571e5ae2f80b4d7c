package smp_test

import (
	"fmt"
	"sync"
	"testing"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/internal/executor"
	"blesmp/smp/smptest"
)

// protectable reports whether two input and output capabilities give
// protection against a device in the middle (Core Vol 3, Part H, 2.3.5.1,
// tables 2.8 and 2.9).
func protectable(initiator, responder smp.IOCapability, sc bool) bool {
	keyboard := func(io smp.IOCapability) bool { return io == smp.KeyboardOnly || io == smp.KeyboardDisplay }
	compares := func(io smp.IOCapability) bool { return io == smp.DisplayYesNo || io == smp.KeyboardDisplay }
	switch {
	case initiator == smp.NoInputNoOutput || responder == smp.NoInputNoOutput:
		return false
	case keyboard(initiator) || keyboard(responder):
		return true
	}
	return sc && compares(initiator) && compares(responder)
}

func TestModels(t *testing.T) {
	fed[t.Name()] = true
	for _, sc := range []bool{true, false} {
		for i := range smp.KeyboardDisplay + 1 {
			for j := range smp.KeyboardDisplay + 1 {
				for _, mitm := range []bool{true, false} {
					if mitm && !protectable(i, j, sc) {
						continue
					}
					t.Run(fmt.Sprintf("sc=%v/mitm=%v/%v/%v", sc, mitm, i, j), func(t *testing.T) {
						rig := newRig(t, side{io: i, sc: sc, mitm: mitm}.party(), side{io: j, sc: sc}.party())
						rig.Pair()
						run(t, rig)
						for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
							if len(d.Results) != 1 || len(d.Failures) != 0 || len(d.Bonds) != 1 {
								t.Fatalf("%v: %d results, failures %v, %d bonds", d.Role, len(d.Results), d.Failures, len(d.Bonds))
							}
							level := d.Results[0].Level
							if level.MITM != mitm || level.SC != sc || level.KeySize != 16 {
								t.Errorf("%v: %v", d.Role, level)
							}
						}
					})
				}
			}
		}
	}
}

// TestOrders pairs in every model, with users that are faster than the link or
// than each other.
func TestOrders(t *testing.T) {
	fed[t.Name()] = true
	for _, sc := range []bool{false, true} {
		for model := range byModel {
			if model == smp.NumericComparison && !sc {
				continue
			}
			for _, usersFirst := range []bool{false, true} {
				for _, first := range []bt.Role{bt.Central, bt.Peripheral} {
					t.Run(fmt.Sprintf("sc=%v/%v/users first %v, %v first", sc, model, usersFirst, first), func(t *testing.T) {
						both := parties(model, sc)
						rig := newRig(t, both[0], both[1])
						rig.UsersFirst, rig.FirstUser = usersFirst, first
						rig.Pair()
						run(t, rig)
						for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
							if len(d.Results) != 1 || len(d.Failures) != 0 || d.Results[0].Level.Model != model {
								t.Errorf("%v: %d results, %v", d.Role, len(d.Results), d.Failures)
							}
						}
					})
				}
			}
		}
	}
}

// side is what tests vary of a party.
type side struct {
	io   smp.IOCapability
	sc   bool
	mitm bool
}

func (s side) party() smptest.Party {
	f := smp.DefaultFeatures()
	f.IOCapability, f.SC, f.MITM = s.io, s.sc, s.mitm
	f.InitiatorKeys |= smp.KeyDistributionSignKey
	f.ResponderKeys |= smp.KeyDistributionSignKey
	return smptest.Party{Features: &f}
}

// newRig links two parties, and fails the test at its end where they broke a
// rule.
func newRig(t *testing.T, initiator, responder smptest.Party) *smptest.Rig {
	t.Helper()
	if mutant != nil {
		initiator.Config.Table, responder.Config.Table = mutant, mutant
	}
	rig, err := smptest.New(1, initiator, responder)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := loadSpec()
	if err != nil {
		t.Fatal(err)
	}
	follower := spec.Follow()
	rig.OnStep = func(m smptest.Moment) {
		for _, tr := range m.Traces {
			take(tr)
		}
		if mutant != nil {
			return // the executor follows the specification as it is
		}
		if err := follower.Step(m); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() {
		for _, broken := range rig.Broken {
			t.Errorf("broken rule: %s", broken)
		}
		if t.Failed() {
			logTraces(t, rig)
		}
	})
	return rig
}

// loadSpec reads the specification for the executor, once.
var loadSpec = sync.OnceValues(func() (*executor.Spec, error) { return executor.Load("../spec/smp_states.yaml") })

func logTraces(t *testing.T, rig *smptest.Rig) {
	t.Helper()
	for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
		for _, tr := range d.Traces {
			t.Log(tr)
		}
	}
}

func run(t *testing.T, rig *smptest.Rig) {
	t.Helper()
	if err := rig.Run(); err != nil {
		t.Fatal(err)
	}
}

// addresses that tests use beside those of the rig.
var strangerAddress = bt.TypedAddress{Type: bt.PublicAddress, Address: bt.Address{0x00, 0x1b, 0xdc, 0x00, 0x00, 0x99}}
