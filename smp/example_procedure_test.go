package smp_test

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
)

// stack is a host stack of somebody else: a channel for SMP, a controller that
// encrypts, and no goroutine. It is enough for a Procedure.
type stack struct {
	name   string
	smp    *smp.Procedure
	peer   *stack
	queue  []smp.Input // what has come, in the controller's order
	result *smp.Result
}

// runStacks steps the procedures until nothing is left to do.
func runStacks(stacks ...*stack) {
	for busy := true; busy; {
		busy = false
		for _, s := range stacks {
			for len(s.queue) > 0 {
				in := s.queue[0]
				s.queue, busy = s.queue[1:], true
				for _, e := range s.smp.Step(nil, in) {
					s.do(e)
				}
			}
		}
	}
}

func (s *stack) happens(in smp.Input) { s.queue = append(s.queue, in) }

// do carries one effect out. Timers are left out here: an EffectStartTimer that
// is not stopped or started again within its time is an EventTimeout.
func (s *stack) do(e smp.Effect) {
	switch e.Kind {
	case smp.EffectSend:
		s.peer.happens(smp.Input{PDU: e.PDU})
		s.happens(smp.Input{Event: smp.EventDelivered}) // Number Of Completed Packets
	case smp.EffectAskPairing: // which features has our answer?
		f := smp.DefaultFeatures()
		s.happens(smp.Input{Event: smp.EventConsentGiven, Question: e.Question, Features: &f})
	case smp.EffectAskFeatures: // is what they come to good enough?
		s.happens(smp.Input{Event: smp.EventFeaturesConfirmed, Question: e.Question})
	case smp.EffectStartPairingEncryption: // HCI LE Enable Encryption
		s.peer.happens(smp.Input{Event: smp.EventLTKRequest, EDIV: e.EDIV, Rand: e.Rand})
	case smp.EffectReplyPairingKey: // HCI LE Long Term Key Request Reply
		s.happens(smp.Input{Event: smp.EventEncryptionOn})
		s.peer.happens(smp.Input{Event: smp.EventEncryptionOn})
	case smp.EffectStoreBond:
		fmt.Println(s.name, "keeps a bond with", e.Bond.Peer)
	case smp.EffectReportComplete:
		s.result = e.Result
	case smp.EffectReportFailure, smp.EffectReportEnd:
		fmt.Println(s.name, "failed:", e.Err)
	}
}

// Who has a host stack of their own steps a Procedure with what happens on the
// link, and does what it says.
func ExampleProcedure() {
	phone := &stack{name: "phone"}
	watch := &stack{name: "watch", peer: phone}
	phone.peer = watch
	addresses := [2]bt.TypedAddress{
		{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}},
		{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x02}},
	}
	for i, s := range []*stack{phone, watch} {
		var err error
		s.smp, err = smp.NewProcedure(smp.Config{Role: bt.Role(i), Local: addresses[i], Peer: addresses[1-i]})
		check(err)
	}
	f := smp.DefaultFeatures()
	phone.happens(smp.Input{Event: smp.EventPair, Features: &f})
	runStacks(phone, watch)
	fmt.Println("same key:", phone.result.Initiator.LTK.Key.Equal(watch.result.Initiator.LTK.Key))
	fmt.Println(phone.smp.Level())
	// Output:
	// phone keeps a bond with 00:00:5E:00:53:02/public
	// watch keeps a bond with 00:00:5E:00:53:01/public
	// same key: true
	// LE Secure Connections, just works, no MITM protection, 16 octets true
}

// A driver asks before it goes to the trouble of a step.
func ExampleProcedure_Ignores() {
	p, err := smp.NewProcedure(smp.Config{
		Role:  bt.Central,
		Local: bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}},
		Peer:  bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x02}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Ignores(smp.EventDelivered), p.Ignores(smp.EventPair))
	// Output: true false
}
