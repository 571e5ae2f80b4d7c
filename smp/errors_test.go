package smp

import (
	"errors"
	"testing"

	"blesmp/bt"
)

func TestPairingError(t *testing.T) {
	at := PairingError{State: StateLegacyAwaitRandom, Event: EventPairingRandom, Line: 159, file: "smp_states.yaml"}
	with := func(set func(*PairingError)) *PairingError {
		e := at
		set(&e)
		return &e
	}
	tests := []struct {
		err  *PairingError
		want string
		is   []error
	}{
		{
			with(func(e *PairingError) { e.Reason = ConfirmValueFailed }),
			"smp: LegacyAwaitRandom on PairingRandom (smp_states.yaml:159): confirm value failed",
			[]error{ConfirmValueFailed},
		},
		{
			with(func(e *PairingError) { e.Reason, e.Remote, e.Cause = 0x42, true, ByPeer }),
			"smp: LegacyAwaitRandom on PairingRandom (smp_states.yaml:159): the peer ended the pairing: Reason(0x42)",
			[]error{Reason(0x42)},
		},
		{
			with(func(e *PairingError) { e.Cause, e.Err = LinkLost, bt.ConnectionTimeout }),
			"smp: LegacyAwaitRandom on PairingRandom (smp_states.yaml:159): the link was lost: hci: connection timeout (0x08)",
			[]error{bt.ConnectionTimeout},
		},
		{
			with(func(e *PairingError) { e.Err = ErrTimedOut }),
			"smp: LegacyAwaitRandom on PairingRandom (smp_states.yaml:159): pairing ended: the procedure timed out, pairing needs a new link",
			[]error{ErrTimedOut},
		},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("\n%s, want\n%s", got, test.want)
		}
		for _, is := range test.is {
			if !errors.Is(test.err, is) {
				t.Errorf("%v is not %v", test.err, is)
			}
		}
		if errors.Is(test.err, KeyRejected) {
			t.Errorf("%v is Key Rejected", test.err)
		}
	}
}

func TestRefusalErr(t *testing.T) {
	want := map[Refusal]error{
		ProcedureRunning: ErrBusy, WaitingInterval: ErrBackoff, NoStoredKey: ErrNoLTK, NotPairing: ErrNotPairing,
		KeypressNotAgreed: ErrKeypressNotAgreed, PastCancelling: ErrTooLate, LinkTimedOut: ErrTimedOut, LinkClosed: ErrClosed,
	}
	for refusal, err := range want {
		if got := refusal.Err(); !errors.Is(got, err) {
			t.Errorf("%v: %v, want %v", refusal, got, err)
		}
	}
	if Refusal(99).Err() == nil {
		t.Error("an unknown refusal is no error")
	}
}
