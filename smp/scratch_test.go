package smp_test

import (
	"reflect"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"

	"github.com/google/go-cmp/cmp"
)

// brings pairs two Procedures that lend one Scratch, or none, to each step, and
// gives the bonds and results of both as the effects had them.
func brings(t *testing.T, scratch *smp.Scratch) (bonds []*bond.Bond, results []*smp.Result) {
	t.Helper()
	f := with(func(f *smp.Features) {
		f.SC = false
		f.InitiatorKeys |= smp.KeyDistributionSignKey
		f.ResponderKeys |= smp.KeyDistributionSignKey
	})
	addresses := [2]bt.TypedAddress{centralAddress, peripheralAddress}
	var procedures [2]*smp.Procedure
	for role := range procedures {
		p, err := smp.NewProcedure(smp.Config{
			Role: bt.Role(role), Local: addresses[role], Peer: addresses[1-role], LocalIdentity: addresses[role], LocalIRK: smp.NewIRK(),
		})
		if err != nil {
			t.Fatal(err)
		}
		procedures[role] = p
	}
	type letter struct {
		to int
		in smp.Input
	}
	mail := []letter{{0, smp.Input{Event: smp.EventPair, Features: &f}}}
	for len(mail) > 0 {
		to, in := mail[0].to, mail[0].in
		mail = mail[1:]
		in.Scratch = scratch
		for _, e := range procedures[to].Step(nil, in) {
			switch e.Kind {
			case smp.EffectSend:
				mail = append(mail, letter{1 - to, smp.Input{PDU: append([]byte(nil), e.PDU...)}}, letter{to, smp.Input{Event: smp.EventDelivered}})
			case smp.EffectAskPairing:
				mail = append(mail, letter{to, smp.Input{Event: smp.EventConsentGiven, Question: e.Question, Features: &f}})
			case smp.EffectAskFeatures:
				mail = append(mail, letter{to, smp.Input{Event: smp.EventFeaturesConfirmed, Question: e.Question}})
			case smp.EffectStartPairingEncryption:
				mail = append(mail, letter{1 - to, smp.Input{Event: smp.EventLTKRequest, EDIV: e.EDIV, Rand: e.Rand}})
			case smp.EffectReplyPairingKey:
				mail = append(mail, letter{to, smp.Input{Event: smp.EventEncryptionOn}}, letter{1 - to, smp.Input{Event: smp.EventEncryptionOn}})
			case smp.EffectStoreBond:
				bonds = append(bonds, e.Bond)
			case smp.EffectReportComplete:
				results = append(results, e.Result)
			}
		}
	}
	if len(bonds) != 2 || len(results) != 2 {
		t.Fatalf("%d bonds and %d results, want 2 of each", len(bonds), len(results))
	}
	return bonds, results
}

// TestScratch has what was lent used again, and nothing left there by Wipe.
func TestScratch(t *testing.T) {
	var scratch smp.Scratch
	bonds, results := brings(t, &scratch)
	if bonds[0] != bonds[1] || results[0] != results[1] {
		t.Error("two steps with one Scratch have bonds and results in different memory")
	}
	if results[0].Initiator.LTK == nil || bonds[0].LocalCSRK == nil {
		t.Error("there are no keys")
	}
	scratch.Wipe()
	if !reflect.ValueOf(scratch).IsZero() {
		t.Error("Wipe leaves something")
	}
}

// TestScratch_none lets the caller keep everything where nothing is lent.
func TestScratch_none(t *testing.T) {
	bonds, results := brings(t, nil)
	if diff := cmp.Diff(plainResult(results[0]), plainResult(results[1])); diff != "" {
		t.Errorf("the results of both sides differ (-first +second):\n%s", diff)
	}
	if *bonds[0].LocalLTK != *bonds[1].PeerLTK || *bonds[0].PeerCSRK != *bonds[1].LocalCSRK {
		t.Error("the two bonds do not agree")
	}
}

// TestResult_Clone changes a result after it was cloned.
func TestResult_Clone(t *testing.T) {
	var scratch smp.Scratch
	_, results := brings(t, &scratch)
	linkKey := smp.NewIRK()
	results[0].LinkKey = &linkKey
	want, got := plainResult(results[0]), results[0].Clone()
	scratch.Wipe()
	linkKey = bt.Key{}
	if diff := cmp.Diff(want, plainResult(got)); diff != "" || *got.LinkKey == (bt.Key{}) {
		t.Errorf("the clone has changed with its original (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&smp.Result{Bonded: true}, (&smp.Result{Bonded: true}).Clone()); diff != "" {
		t.Errorf("without keys (-want +got):\n%s", diff)
	}
}
