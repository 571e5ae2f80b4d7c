package smp_test

import (
	"testing"

	"blesmp/bt"
	"blesmp/smp"
)

// TestEmptyPDU sends a payload without a code octet in every role: it is
// malformed, and nothing that the specification answers.
func TestEmptyPDU(t *testing.T) {
	for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
		p, err := smp.NewProcedure(smp.Config{Role: role, Local: bt.TypedAddress{Address: bt.Address{1}}, Peer: bt.TypedAddress{Address: bt.Address{2}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Step(nil, smp.Input{PDU: []byte{}}); len(got) != 0 || p.State() != smp.StateIdle {
			t.Errorf("%v: %d effects, state %v; want none in Idle", role, len(got), p.State())
		}
	}
}

// TestAcceptUnauthenticated pairs a device that wants MITM protection with one
// that has no way to give it: refused, unless the policy takes what there is.
func TestAcceptUnauthenticated(t *testing.T) {
	tests := []struct {
		name   string
		policy smp.Policy
		want   smp.State
	}{
		{"default", smp.Policy{}, smp.StateIdle},
		{"accepted", smp.Policy{AcceptUnauthenticated: true}, smp.StateConfirmFeatures},
		{"required all the same", smp.Policy{AcceptUnauthenticated: true, RequireMITM: true}, smp.StateIdle},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := smp.NewProcedure(smp.Config{
				Local: bt.TypedAddress{Address: bt.Address{1}}, Peer: bt.TypedAddress{Address: bt.Address{2}}, Policy: test.policy,
			})
			if err != nil {
				t.Fatal(err)
			}
			features := smp.DefaultFeatures()
			features.IOCapability, features.MITM = smp.KeyboardDisplay, true
			p.Step(nil, smp.Input{Event: smp.EventPair, Features: &features})
			p.Step(nil, smp.Input{PDU: []byte{2, 3, 0, 9, 16, 0, 0}})
			if p.State() != test.want {
				t.Errorf("state %v, want %v", p.State(), test.want)
			}
		})
	}
}
