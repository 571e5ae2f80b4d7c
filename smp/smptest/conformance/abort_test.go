package conformance

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// cut is one way to end an exchange behind a step of the peer.
type cut struct {
	name string
	// possible says whether a script can be cut in this way behind a step; nil
	// always.
	possible func(c course, script smptest.Script, i int) bool
	do       func(s *Stage, script smptest.Script, i int) error
	// answered says that our device may send Pairing Failed.
	answered bool
}

// cuts are all of them. 45 seconds are longer than every timer, the link
// layer's included.
var cuts = []cut{
	{
		name: "Pairing Failed",
		do: func(s *Stage, _ smptest.Script, _ int) error {
			return s.peer.SendPDU([]byte{byte(smp.CodePairingFailed), byte(smp.UnspecifiedReason)})
		},
	},
	{
		name: "disconnect",
		do:   func(s *Stage, _ smptest.Script, _ int) error { return s.peer.Disconnect(bt.RemoteUserTerminated) },
	},
	{
		name: "link lost",
		do: func(s *Stage, _ smptest.Script, _ int) error {
			for _, l := range s.air.Links() {
				l.Drop()
			}
			return nil
		},
	},
	{name: "timeout", do: func(*Stage, smptest.Script, int) error { return nil }},
	{
		name: "garbage", answered: true,
		do: func(s *Stage, _ smptest.Script, _ int) error {
			return s.peer.SendPDU([]byte{byte(smp.CodePairingConfirm), 0x5a})
		},
	},
	{
		name: "repeated PDU", answered: true,
		possible: func(_ course, script smptest.Script, i int) bool { return len(sends(script[:i+1], "")) > 0 },
		do:       func(s *Stage, _ smptest.Script, _ int) error { return s.peer.SendPDU(s.peer.LastPDU()) },
	},
	{
		name: "swapped PDU", answered: true,
		possible: func(_ course, script smptest.Script, i int) bool { return len(sends(script[i+1:], "")) > 1 },
		do: func(s *Stage, script smptest.Script, i int) error {
			rest := script[i+1:]
			return s.peer.Continue(smptest.Script{rest[sends(rest, "")[1]]})
		},
	},
	{
		name: "key refused", answered: true,
		possible: func(c course, script smptest.Script, i int) bool {
			return c.role == bt.Central && script[i].Name == "receive LE Long Term Key Request"
		},
		do: func(s *Stage, _ smptest.Script, _ int) error { return s.peer.RejectLTK() },
	},
}

// TestAbort cuts every pairing, at every step, in every way.
func TestAbort(t *testing.T) {
	for role := range bt.Role(2) {
		for _, c := range courses(role) {
			c.plan.Trusting = true
			c.policy.Repairing = smp.RepairAlways
			script := c.plan.Script()
			sent := sends(script, "")
			for i, step := range script[:sent[len(sent)-1]] { // the last PDU completes the pairing
				if middleRound(step.Name) {
					continue
				}
				for _, how := range cuts {
					if how.possible != nil && !how.possible(c, script, i) {
						continue
					}
					t.Run(fmt.Sprintf("%v/%v/%d %s/%s", role, c, i, step.Name, how.name), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							if _, err := (round{"", func(s *Stage) error { return s.cut(c, i, how) }}).run(t.Context(), Options{WallClock: true}); err != nil {
								t.Error(err)
							}
						})
					})
				}
			}
		}
	}
}

// oldBond puts a bond with the peer into the store.
func (s *Stage) oldBond() error {
	ltk := &bond.LongTermKey{Key: smp.NewIRK()} // any random key
	irk := smp.NewIRK()
	err := s.device.store.Put(bond.Bond{
		Local: s.remote, Peer: s.peer.Address(), SC: true, MITM: true, KeySize: 16, Model: uint8(smp.NumericComparison),
		LocalLTK: ltk, PeerLTK: ltk, PeerIRK: &irk,
	})
	return errors.Join(err, s.mark())
}

// cut plays a course up to a step, cuts it, and checks what is left.
func (s *Stage) cut(c course, at int, how cut) error {
	if err := s.prepare(c); err != nil {
		return err
	}
	if err := s.oldBond(); err != nil {
		return err
	}
	c, err := s.begin(c)
	if err != nil {
		return err
	}
	script := c.plan.Script()
	if err := s.peer.Play(c.plan, script[:at+1]); err != nil {
		return err
	}
	s.settle()
	if _, err := s.peer.Pending(); err != nil {
		return err
	}
	if err := how.do(s, script, at); err != nil {
		return err
	}
	s.clock.Sleep(45 * time.Second)
	pending, err := s.peer.Pending()
	if err != nil {
		return err
	}
	failed := 0
	for _, a := range pending {
		switch {
		case len(a.PDU) > 0 && smp.PDUCode(a.PDU[0]) == smp.CodePairingFailed:
			failed++
		case a.PDU != nil:
			return fmt.Errorf("our device has sent %v", a)
		}
	}
	if failed > 1 || failed == 1 && !how.answered {
		return fmt.Errorf("our device has sent Pairing Failed %d times", failed)
	}
	return errors.Join(s.oneReport(), s.over(), s.unchanged(), s.noEarlyKey(c, script, at))
}

// oneReport checks that the end is reported once.
func (s *Stage) oneReport() error {
	events, _, _ := s.device.happened(s.since)
	reports := 0
	for _, e := range events {
		switch e.(type) {
		case smp.PairingFailedEvent, smp.TimeoutEvent:
			reports++
		case smp.PairingCompleteEvent:
			return errors.New("our device reports success")
		}
	}
	if reports != 1 {
		return fmt.Errorf("our device reports the end %d times, want once", reports)
	}
	return nil
}

// over checks that no procedure runs: the session is idle, timed out or gone.
func (s *Stage) over() error {
	for _, session := range s.device.manager.Sessions() {
		if state := session.State(); state != smp.StateIdle && state != smp.StateMute {
			return fmt.Errorf("our device is in %v", state)
		}
	}
	return nil
}

// noEarlyKey checks that no key was given before authentication ended: at the
// central with the peer's last PDU of phase 2, at the peripheral with the
// controller's request.
func (s *Stage) noEarlyKey(c course, script smptest.Script, at int) error {
	begins := script.Index(c.encryptionBegins())
	if c.role == bt.Central {
		before := sends(script, c.encryptionBegins())
		begins = before[len(before)-1]
	}
	if at >= begins {
		return nil
	}
	return s.keyless()
}
