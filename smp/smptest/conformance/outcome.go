package conformance

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// waitingInterval is longer than any that a few failures bring.
const waitingInterval = 6 * time.Minute

// edit changes the script of a course.
type edit = func(smptest.Script) smptest.Script

// refuse plays a course that our device has to end with one of these reasons,
// after the peer's changed script. Nothing of it may remain.
func (s *Stage) refuse(c course, change edit, reasons ...smp.Reason) error {
	if err := s.mark(); err != nil {
		return err
	}
	if err := s.play(c, change); err != nil {
		return err
	}
	if err := s.peer.Continue(smptest.Script{failedStep(reasons...)}); err != nil {
		return err
	}
	return errors.Join(s.failed(false, reasons...), s.keyless())
}

// failedStep receives Pairing Failed.
func failedStep(reasons ...smp.Reason) smptest.Step {
	return smptest.Do("receive Pairing Failed", func(p *smptest.Peer) error { return p.ReceiveFailed(reasons...) })
}

// abort plays a course up to a step and has the peer send Pairing Failed in its
// place: our device has to stop and to be silent.
func (s *Stage) abort(c course, before string, reason smp.Reason) error {
	if err := s.mark(); err != nil {
		return err
	}
	if err := s.play(c, func(script smptest.Script) smptest.Script {
		return script.Before(before).Then(sendFailed(reason))
	}); err != nil {
		return err
	}
	return s.failed(true, reason)
}

// sendFailed is a step that ends the pairing.
func sendFailed(reason smp.Reason) smptest.Step {
	return smptest.SendOctets("Pairing Failed", []byte{byte(smp.CodePairingFailed), byte(reason)})
}

// failed checks that our device reports one failure and nothing else, that it
// is silent and at rest, and that the store is as it was.
func (s *Stage) failed(remote bool, reasons ...smp.Reason) error {
	if err := s.quietly(); err != nil {
		return err
	}
	if s.device == nil {
		return nil
	}
	failures, err := s.failures()
	switch {
	case err != nil:
		return err
	case len(failures) != 1:
		return fmt.Errorf("our device reports %d failures, want 1", len(failures))
	}
	f := failures[0]
	switch {
	case f.Remote != remote:
		return fmt.Errorf("our device reports %w, want it from the peer: %t", f, remote)
	case len(reasons) > 0 && !slices.Contains(reasons, f.Reason):
		return fmt.Errorf("our device reports %w, want %s", f, reasons[0].String())
	}
	if s.paired != nil {
		var returned *smp.PairingError
		if err := s.returned(s.paired); !errors.As(err, &returned) || returned != f {
			return fmt.Errorf("a call of Pair returned %w, want the failure that is reported", errOrNone(err))
		}
	}
	return errors.Join(s.resting(smp.StateIdle), s.unchanged())
}

func errOrNone(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}

// failures gives the failures since the mark; encryption events may stand
// between them, anything else is an error.
func (s *Stage) failures() ([]*smp.PairingError, error) {
	events, _, _ := s.device.happened(s.since)
	var failures []*smp.PairingError
	for _, e := range events {
		switch e := e.(type) {
		case smp.PairingFailedEvent:
			failures = append(failures, e.Err)
		case smp.EncryptionEvent, smp.KeypressEvent:
		default:
			return nil, fmt.Errorf("our device reports %s", describe(e))
		}
	}
	return failures, nil
}

// resting checks the state of our device.
func (s *Stage) resting(want smp.State) error {
	session, err := s.device.session()
	if err != nil {
		return err
	}
	if got := session.State(); got != want {
		return fmt.Errorf("our device is in %v, want %v", got, want)
	}
	return nil
}

// rejected checks that our device reports one request as turned down with this
// reason, and nothing else.
func (s *Stage) rejected(reason smp.Reason) error {
	if err := s.quietly(); err != nil {
		return err
	}
	if s.device == nil {
		return nil
	}
	events, _, _ := s.device.happened(s.since)
	if len(events) != 1 {
		return fmt.Errorf("our device reports %d events, want 1", len(events))
	}
	e, ok := events[0].(smp.RequestRefusedEvent)
	if !ok || e.Err.Reason != reason {
		return fmt.Errorf("our device reports %s, want a request refused with %s", describe(events[0]), reason.String())
	}
	return errors.Join(s.resting(smp.StateIdle), s.unchanged(), s.keyless())
}

// silent checks that our device reports nothing, sends nothing and stores
// nothing.
func (s *Stage) silent() error {
	if err := s.quietly(); err != nil {
		return err
	}
	if s.device == nil {
		return nil
	}
	if events, _, _ := s.device.happened(s.since); len(events) > 0 {
		return fmt.Errorf("our device reports %s, want nothing", describe(events[0]))
	}
	return errors.Join(s.unchanged(), s.keyless())
}

// timedOut lets 30 seconds pass in silence and checks that our device reports
// that, once and not before.
func (s *Stage) timedOut() error {
	if err := s.peer.Silence(29 * time.Second); err != nil {
		return err
	}
	if s.device != nil {
		if events, _, _ := s.device.happened(s.since); len(events) > 0 {
			return fmt.Errorf("our device reports %s before 30 seconds have passed", describe(events[0]))
		}
	}
	s.clock.Sleep(2 * time.Second)
	if s.device == nil {
		return nil
	}
	if err := s.quietly(); err != nil {
		return err
	}
	events, _, _ := s.device.happened(s.since)
	if len(events) != 1 {
		return fmt.Errorf("our device reports %d events after 30 seconds, want 1", len(events))
	}
	if _, ok := events[0].(smp.TimeoutEvent); !ok {
		return fmt.Errorf("our device reports %s, want a timeout", describe(events[0]))
	}
	if s.paired != nil {
		if err := s.returned(s.paired); !errors.Is(err, smp.ErrTimedOut) {
			return fmt.Errorf("a call of Pair returned %w, want ErrTimedOut", errOrNone(err))
		}
	}
	return errors.Join(s.resting(smp.StateMute), s.unchanged(), s.keyless())
}

// muted sends a PDU after the timeout and checks that nothing answers. A device
// may also have ended the link.
func (s *Stage) muted(pdu []byte) error {
	pending, err := s.peer.Pending()
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		if pending[0].Disconnected == bt.Success {
			return fmt.Errorf("got %v after the timeout, want silence or the end of the link", pending[0])
		}
		return nil
	}
	if err := s.peer.SendPDU(pdu); err != nil {
		return err
	}
	return s.quietly()
}

// recover checks that our device still pairs on the same link, after the
// waiting interval.
func (s *Stage) recover(c course) error {
	s.clock.Sleep(waitingInterval)
	if err := s.succeed(c); err != nil {
		return fmt.Errorf("afterwards: %w", err)
	}
	return nil
}

// reencrypt makes a new link and encrypts it with the bond of the last pairing,
// started by whoever is central.
func (s *Stage) reencrypt(c course) error {
	if err := s.reconnect(c.role); err != nil {
		return err
	}
	return s.encryptBonded(c)
}

// encryptBonded encrypts the link with the bond.
func (s *Stage) encryptBonded(c course) error {
	x := *s.peer.Exchange()
	key := smptest.PeerKeys{LTK: x.Key}
	if c.role == bt.Peripheral {
		if !c.plan.SC {
			key = x.Received
		}
		return s.peer.Continue(smptest.Script{
			smptest.Do("LE Enable Encryption", func(p *smptest.Peer) error { return p.Encrypt(key.LTK, key.Rand, key.EDIV) }),
			encryptionStep(bt.Success),
		})
	}
	if !c.plan.SC {
		key = x.Sent
	}
	call, err := s.device.encrypt(s.ctx)
	if err != nil {
		return err
	}
	if err := s.peer.Continue(s.answerLTK(key)); err != nil {
		return err
	}
	if err := s.returned(call); err != nil {
		return fmt.Errorf("a call of Encrypt returned %w", err)
	}
	return nil
}

// answerLTK is the peer's part of an encryption that our device starts.
func (s *Stage) answerLTK(key smptest.PeerKeys) smptest.Script {
	return smptest.Script{
		smptest.Do("receive LE Long Term Key Request", func(p *smptest.Peer) error {
			r, err := p.ReceiveLTKRequest()
			if err == nil && (r.EDIV != key.EDIV || r.Rand != key.Rand) {
				err = fmt.Errorf("EDIV is 0x%04x and Rand 0x%016x, want 0x%04x and 0x%016x", r.EDIV, r.Rand, key.EDIV, key.Rand)
			}
			return err
		}),
		smptest.Do("LE Long Term Key Request Reply", func(p *smptest.Peer) error { return p.ReplyLTK(key.LTK) }),
		encryptionStep(bt.Success),
	}
}

func encryptionStep(status bt.Status) smptest.Step {
	return smptest.Do("receive Encryption Change", func(p *smptest.Peer) error { return p.ReceiveEncryption(status) })
}
