package smp_test

import (
	"fmt"
	"testing"

	"blesmp/smp"
)

// refusalReasons are the reasons that the specification has for a refusal, by the
// state in which the user is asked (Core Vol 3, Part H, 3.5.5).
var refusalReasons = map[smp.State]smp.Reason{
	smp.StateAwaitConsent:       smp.PairingNotSupported,
	smp.StateConfirmFeatures:    smp.AuthenticationRequirements,
	smp.StateLegacyEnterPasskey: smp.PasskeyEntryFailed,
	smp.StateLegacyHoldConfirm:  smp.PasskeyEntryFailed,
	smp.StateCompare:            smp.NumericComparisonFailed,
	smp.StateCompareHoldCheck:   smp.NumericComparisonFailed,
	smp.StateEnterPasskey:       smp.PasskeyEntryFailed,
	smp.StatePasskeyHoldConfirm: smp.PasskeyEntryFailed,
}

// TestRefusals refuses every question, with and without a reason of the user's,
// and cancels with a reason.
func TestRefusals(t *testing.T) {
	tried := 0
	for role, states := range places(t) {
		for state, usual := range refusalReasons {
			at, ok := states[state]
			if !ok {
				continue
			}
			tried++
			for _, test := range []struct {
				event        smp.EventKind
				reason, want smp.Reason
			}{
				{smp.EventUserRefused, 0, usual},
				{smp.EventUserRefused, smp.CrossTransportKeyDerivationNotAllowed, smp.CrossTransportKeyDerivationNotAllowed},
				{smp.EventCancel, smp.CrossTransportKeyDerivationNotAllowed, smp.CrossTransportKeyDerivationNotAllowed},
			} {
				t.Run(fmt.Sprintf("%v/%v/%v with reason %d", role, state, test.event, test.reason), func(t *testing.T) {
					rig := at.walk(t)
					d := rig.Device(role)
					before := len(d.Failures)
					rig.Do(role, smp.Input{Event: test.event, Reason: test.reason, Question: d.Asked})
					if sent := d.LastSent(); len(sent) != 2 || sent[0] != byte(smp.CodePairingFailed) || smp.Reason(sent[1]) != test.want {
						t.Errorf("sent % x, want Pairing Failed with %v", sent, test.want)
					}
					if len(d.Failures) != before+1 || d.Failures[before].Reason != test.want {
						t.Errorf("reported %v, want %v", d.Failures[before:], test.want)
					}
				})
			}
		}
	}
	// The initiator holds nothing, so three of the states are the responder's.
	if want := 2*len(refusalReasons) - 3; tried != want {
		t.Errorf("%d places where a user can refuse, want %d", tried, want)
	}
}
