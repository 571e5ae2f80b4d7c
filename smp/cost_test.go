package smp

import (
	"testing"
	"unsafe"

	"blesmp/bt"
)

// TestSize keeps an idle Procedure small, so that one process can hold very
// many links.
func TestSize(t *testing.T) {
	if size := unsafe.Sizeof(Procedure{}); size >= 1024 {
		t.Errorf("a Procedure has %d octets, want less than 1024", size)
	}
}

// TestDispatchAllocs steps through events, guards and codecs without
// cryptography: nothing may be allocated.
func TestDispatchAllocs(t *testing.T) {
	features := DefaultFeatures()
	request := PairingRequest{IOCapability: NoInputNoOutput, AuthReq: AuthReqSC, MaxKeySize: 16}
	tests := []struct {
		name  string
		role  bt.Role
		start []Input
		step  Input
		state State
	}{
		{"a PDU out of place", bt.Central, nil, Input{PDU: []byte{byte(CodePairingRandom), 16: 0}}, StateIdle},
		{"a refused command", bt.Central, nil, Input{Event: EventEncrypt}, StateIdle},
		{"an acknowledgement", bt.Peripheral, nil, Input{Event: EventDelivered}, StateIdle},
		{
			"a guard and an answer", bt.Peripheral, []Input{{PDU: request.AppendTo(nil)}},
			Input{Event: EventLTKRequest, EDIV: 1}, StateAwaitConsent,
		},
		{
			"a Security Request that crosses", bt.Central, []Input{{Event: EventPair, Features: &features}},
			Input{PDU: []byte{byte(CodeSecurityRequest), 1}}, StateAwaitResponse,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := NewProcedure(Config{Role: test.role, Local: ourselves, Peer: public})
			if err != nil {
				t.Fatal(err)
			}
			effects, scratch := make([]Effect, 0, 16), new(Scratch)
			for _, in := range test.start {
				in.Scratch = scratch
				p.Step(effects, in)
			}
			in := test.step
			in.Scratch = scratch
			if allocs := testing.AllocsPerRun(100, func() { p.Step(effects, in) }); allocs != 0 {
				t.Errorf("%v allocations, want none", allocs)
			}
			if p.State() != test.state {
				t.Errorf("state %v, want %v", p.State(), test.state)
			}
		})
	}
}

// TestCodecAllocs encodes and decodes in memory that is there.
func TestCodecAllocs(t *testing.T) {
	buffer := make([]byte, 0, 65)
	key := PublicKey{X: [32]byte{1}, Y: [32]byte{2}}
	octets := key.AppendTo(nil)
	request := PairingRequest{MaxKeySize: 16}
	requestOctets := request.AppendTo(nil)
	if allocs := testing.AllocsPerRun(100, func() {
		buffer = key.AppendTo(buffer[:0])
		if err := key.Unmarshal(octets); err != nil {
			t.Fatal(err)
		}
		buffer = request.AppendTo(buffer[:0])
		if err := request.Unmarshal(requestOctets); err != nil {
			t.Fatal(err)
		}
	}); allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}
