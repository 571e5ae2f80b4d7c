package conformance

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// leaves disconnects behind every step of a pairing that would replace a bond:
// the bond stays as it is.
func leaves(role bt.Role) []round {
	old := newCourse(role, true, smp.NumericComparison).bonded()
	next := newCourse(role, true, smp.NumericComparison).bonding(idKey, idKey)
	var rounds []round
	script := next.plan.Script()
	sent := sends(script, "")
	for i, step := range script[:sent[len(sent)-1]] { // the last PDU completes the pairing
		rounds = append(rounds, round{"after " + step.Name, func(s *Stage) error {
			if err := s.bond(old, next); err != nil {
				return err
			}
			if err := s.play(next, func(p smptest.Script) smptest.Script { return p[:i+1] }); err != nil {
				return err
			}
			s.settle()
			if _, err := s.peer.Pending(); err != nil {
				return err
			}
			return s.goneQuietly()
		}})
	}
	return rounds
}

// goneQuietly disconnects in the middle: one failure, no PDU, the same bonds.
func (s *Stage) goneQuietly() error {
	if err := s.disconnect(); err != nil {
		return err
	}
	events, _, _ := s.device.happened(s.since)
	failures := 0
	for _, e := range events {
		switch e := e.(type) {
		case smp.PairingFailedEvent:
			failures++
			if e.Err.Cause != smp.LinkLost {
				return fmt.Errorf("our device reports %w, want the loss of the link", e.Err)
			}
		case smp.PairingCompleteEvent:
			return errors.New("our device reports success")
		}
	}
	if failures > 1 {
		return fmt.Errorf("our device reports %d failures, want 1", failures)
	}
	return s.unchanged()
}

func replacementAttacks() []Scenario {
	spoof := func(role bt.Role) []round {
		old := newCourse(role, true, smp.NumericComparison)
		return all(
			named("Just Works", weaker(old, newCourse(role, true, smp.JustWorks))),
			named("legacy Just Works", weaker(old, newCourse(role, false, smp.JustWorks))),
			named("legacy passkey", weaker(old, newCourse(role, false, smp.InitiatorTypes))),
		)
	}
	return []Scenario{
		{
			ID:     "A27/CVE-2021-3436",
			About:  "the identity of another bond: 0x0F on a bonded link; of an unknown peer the policy on replacing bonds decides",
			rounds: bothRoles(steals),
		},
		{
			ID:     "A28/nimble-2206",
			About:  "a pairing that is begun and left at any step does not touch the bond",
			rounds: bothRoles(leaves),
		},
		{
			ID:     "A29/CVE-2026-8676",
			About:  "a spoofed peer with a weaker pairing: 0x03, the bond stays and still encrypts",
			rounds: bothRoles(spoof),
		},
	}
}
