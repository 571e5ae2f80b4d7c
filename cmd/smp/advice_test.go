package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/smp"
)

// TestAdviceOnReasons wants words on every Reason, from both sides.
func TestAdviceOnReasons(t *testing.T) {
	for reason := smp.PasskeyEntryFailed; reason <= smp.Busy; reason++ {
		known, ok := reasonAdvice[reason]
		if !ok {
			t.Errorf("no advice on %v", reason)
			continue
		}
		for _, remote := range []bool{false, true} {
			want := known.sent
			if remote {
				want = known.received
			}
			line := explain(&smp.PairingError{Reason: reason, Remote: remote})
			for _, part := range []string{reason.String(), fmt.Sprintf("(0x%02x)", uint8(reason)), want.fault, "try: " + want.try} {
				if part == "" || !strings.Contains(line, part) {
					t.Errorf("remote %t: %q does not say %q", remote, line, part)
				}
			}
			if strings.Contains(line, "the other device ended") != remote {
				t.Errorf("remote %t: %q", remote, line)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"timeout", &smp.PairingError{Err: smp.ErrTimedOut}, "the pairing timed out; nothing came for 30 seconds: a user did not answer, or the other device has stopped; try: connect and pair again"},
		{"lost link", &smp.PairingError{Cause: smp.LinkLost, Err: bt.ConnectionTimeout}, "the link was lost: connection timeout (0x08); the radio, or a device that went out of reach; try: bring the devices closer together and try again"},
		{"cancelled", &smp.PairingError{Reason: smp.UnspecifiedReason, Cause: smp.ByUser}, "unspecified reason (0x08); the user of this side cancelled it"},
		{"declined", &smp.PairingError{Reason: smp.UnspecifiedReason, Err: errDeclined}, "unspecified reason (0x08); the user of this side said no"},
		{"policy", &smp.PairingError{Reason: smp.EncryptionKeySize, Err: &smp.PolicyError{Field: "Policy.MinKeySize", Detail: "a key of 7 octets"}}, "encryption key size insufficient (0x06): refused by Policy.MinKeySize: a key of 7 octets; the other device has shorter keys than --min-key-size allows; try: lower --min-key-size if that is good enough"},
		{"unknown reason", &smp.PairingError{Reason: 0x42, Remote: true}, "the other device ended the pairing: Reason(0x42) (0x42)"},
		{"status", &hci.CommandError{Opcode: hci.OpcodeReset, Status: bt.HardwareFailure}, "Reset: hardware failure (0x03); the controller; try: unplug it and plug it in again"},
		{"unknown status", bt.Status(0x77), "status 0x77"},
		{"backoff", &smp.BackoffError{RetryAfter: 1500e6}, "the waiting interval after a failed attempt has not passed: try again in 1.5s; pairing with this device failed a short time ago; try: wait as long as it says and pair again"},
		{"anything", errors.Join(errors.New("hci: one"), errors.New("two")), "one; two"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := explain(test.err); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
