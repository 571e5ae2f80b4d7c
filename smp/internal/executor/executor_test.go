package executor_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/internal/executor"
)

// TestTable compares every cell of the table in use with what the executor's
// own reader makes of the file.
func TestTable(t *testing.T) {
	spec, err := executor.Load("../../../spec/smp_states.yaml")
	if err != nil {
		t.Fatal(err)
	}
	table := smp.Table()
	compared := 0
	for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
		for state, s := range table.States {
			for event, name := range table.Events {
				var got []string
				cell := table.Cell(uint8(role), uint8(state), uint8(event))
				for _, rule := range table.Rules[cell.First : cell.First+cell.Len] {
					to := s.Name
					if rule.Next != 0xff {
						to = table.States[rule.Next].Name
					}
					got = append(got, fmt.Sprintf("%d %q %s", rule.Line, rule.If, to))
				}
				var want []string
				for _, one := range spec.Cell(role, s.Name, name) {
					want = append(want, fmt.Sprintf("%d %q %s", one.Line, one.If, one.To))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%v: %s on %s (-want +got):\n%s", role, s.Name, name, diff)
				}
				compared += len(want)
			}
		}
	}
	if compared < 1000 {
		t.Errorf("compared %d rules, want more than a thousand", compared)
	}
}

// TestTake refuses rules that the state does not have.
func TestTake(t *testing.T) {
	spec, err := executor.Load("../../../spec/smp_states.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var traces []smp.Trace
	p, err := smp.NewProcedure(smp.Config{
		Role: bt.Central, Peer: bt.TypedAddress{Address: bt.Address{1}},
		Trace: func(tr smp.Trace) { traces = append(traces, tr) },
	})
	if err != nil {
		t.Fatal(err)
	}
	features := smp.DefaultFeatures()
	p.Step(nil, smp.Input{Event: smp.EventCancel})                                        // stays in Idle
	p.Step(nil, smp.Input{Event: smp.EventPair, Features: &features})                     // leaves it
	p.Step(nil, smp.Input{Event: smp.EventDisconnected, Status: bt.RemoteUserTerminated}) // and the link
	m := spec.New(bt.Central)
	for _, tr := range traces {
		if err := m.Take(tr); err != nil {
			t.Error(err)
		}
	}
	if m.State() != smp.StateClosed.String() {
		t.Errorf("the machine is in %s", m.State())
	}
	if err := m.Take(traces[0]); err == nil {
		t.Error("a rule of Idle was taken in Closed")
	}
	m.Restart()
	if err := m.Take(traces[2]); err == nil {
		t.Error("a rule of AwaitResponse was taken in Idle")
	}
	other := spec.New(bt.Peripheral)
	if err := other.Take(traces[1]); err == nil {
		t.Error("a rule of the initiator was taken at the responder")
	}
}
