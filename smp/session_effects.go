package smp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// carryOut does what the procedure wants done.
func (s *Session) carryOut(e *Effect) {
	switch e.Kind {
	case EffectSend:
		s.send(e.PDU)
	case EffectStartTimer:
		s.startTimer(e.After, e.Arming)
	case EffectStopTimer:
		s.stopTimer()
	case EffectStartPairingEncryption, EffectStartStoredEncryption:
		s.startWhenFlushed(e)
	case EffectReplyPairingKey, EffectReplyStoredKey:
		s.check("LTK reply", s.link.ReplyLTK(e.Key))
	case EffectNegativeReply:
		s.check("negative LTK reply", s.link.RejectLTK())
	case EffectDisconnect:
		s.flush.start = nil
		s.check("disconnect", s.link.Disconnect(e.Status))
	case EffectStoreBond:
		s.storeBond(e.Bond)
	case EffectReportLevel:
		s.reportLevel(e.Level, e.Encrypted)
	case EffectReportEncryptionFailure:
		s.reportEncryptionFailure(e.Status)
	case EffectReportComplete:
		s.reportComplete(e.Result)
	case EffectReportFailure, EffectReportEnd:
		s.reportFailure(e.Err)
	case EffectReportRejection:
		s.events.put(RequestRefusedEvent{Err: e.Err})
	case EffectReportTimeout:
		s.reportTimeout(e.Err)
	case EffectReportKeypress:
		s.reportKeypress(e.Keypress)
	case EffectRefuse:
		s.inquiry = s.refusal(e.Refusal)
	default:
		s.ask(e)
	}
}

// check logs what a link did not do; its end will be told as an event.
func (s *Session) check(what string, err error) {
	if err != nil {
		s.log().Warn(what, "err", err)
	}
}

// storeBond keeps the bond before anybody is told of it.
func (s *Session) storeBond(b *bond.Bond) {
	b.Created = s.manager.options.Now()
	s.manager.staff.leave()
	err := s.manager.store.Put(*b)
	s.manager.staff.back()
	if err != nil {
		s.log().Error("bond not kept", "err", err)
	}
	s.prompt.storeErr = err
	s.found = s.found[:0]
	s.mu.Lock()
	s.given = nil
	s.mu.Unlock()
}

func (s *Session) reportLevel(level Level, encrypted bool) {
	if s.encrypt != nil {
		s.encrypt.finish(level, encryptionLost(encrypted))
		s.encrypt = nil
	}
	s.events.put(EncryptionEvent{Encrypted: encrypted, Level: level})
}

// encryptionLost is the error of an encryption that ended with the link in the
// clear.
func encryptionLost(encrypted bool) error {
	if encrypted {
		return nil
	}
	return errors.New("smp: the link is not encrypted")
}

func (s *Session) reportEncryptionFailure(status bt.Status) {
	if s.encrypt != nil {
		s.encrypt.finish(Level{}, status)
		s.encrypt = nil
	}
	level, encrypted := s.procedure.Level()
	s.events.put(EncryptionEvent{Status: status, Encrypted: encrypted, Level: level})
	if status == bt.PINOrKeyMissing && s.link.Role() == bt.Central && s.procedure.pendingOnBond {
		s.bondLost()
	}
}

// bondLost tells that the peer has no key for our bond. The bond stays.
func (s *Session) bondLost() {
	if !s.bonded() {
		return
	}
	s.events.put(BondLostEvent{Peer: s.procedure.PeerIdentity()})
	if s.manager.options.Policy.LostBond == LostBondDisconnect {
		s.check("disconnect", s.link.Disconnect(bt.AuthenticationFailure))
	}
}

func (s *Session) reportComplete(r *Result) {
	r, storeErr := r.Clone(), s.prompt.storeErr
	if storeErr != nil {
		r.Bonded = false
	}
	s.manager.dropOOB(s.prompt.oob)
	s.finishPairing(r, storeErr)
	s.events.put(PairingCompleteEvent{Result: r, StoreErr: storeErr})
}

func (s *Session) reportFailure(err *PairingError) {
	s.failed(err)
	s.events.put(PairingFailedEvent{Err: err})
}

func (s *Session) reportTimeout(err *PairingError) {
	s.failed(err)
	s.events.put(TimeoutEvent{Err: err})
	if !s.manager.options.KeepLinkOnTimeout {
		s.check("disconnect", s.link.Disconnect(bt.RemoteUserTerminated))
	}
}

// failed counts the failure, and tells who waits for the pairing.
func (s *Session) failed(err *PairingError) {
	if err.counts() {
		s.manager.staff.leave()
		err := s.manager.attempts.failed(s.link.LocalIdentity(), s.procedure.PeerIdentity())
		s.manager.staff.back()
		s.check("attempts", err)
	}
	s.manager.dropOOB(s.prompt.oob)
	s.prompt.end(err)
	s.finishPairing(nil, err)
	s.mu.Lock()
	s.failure = err
	s.mu.Unlock()
}

// counts reports whether a failure makes the peer wait. While only a Security
// Request is out nobody has tried anything. A link that is lost tells nobody
// anything either, but for what a passkey or a TK is proved with: who has seen
// enough of that would leave, and try again.
func (e *PairingError) counts() bool {
	if e.State == StateAwaitSecurity {
		return false
	}
	if e.Cause != LinkLost {
		return true
	}
	switch e.State {
	case StateLegacyHoldConfirm, StateLegacyAwaitConfirm, StateLegacyAwaitRandom,
		StatePasskeyHoldConfirm, StatePasskeyAwaitConfirm, StatePasskeyAwaitRandom, StateAwaitCheck:
		return true
	}
	return false
}

func (s *Session) reportKeypress(t KeypressType) {
	s.events.putOrDrop(KeypressEvent{Type: t})
	if s.manager.options.Prompter.Keypress != nil {
		s.keypresses.putOrDrop(askedKeypress{s.question(&Effect{Level: s.prompt.level}), t})
	}
}

// refusal gives the error of a command that was not carried out.
func (s *Session) refusal(r Refusal) error {
	if r == WaitingInterval {
		return &BackoffError{RetryAfter: s.wait()}
	}
	return r.Err()
}

// wait is how long this peer still has to wait.
func (s *Session) wait() time.Duration {
	s.manager.staff.leave()
	d, err := s.manager.attempts.wait(s.link.LocalIdentity(), s.procedure.PeerIdentity())
	s.manager.staff.back()
	s.check("attempts", err)
	return d
}

// finishPairing tells who waits in Pair how it ended.
func (s *Session) finishPairing(r *Result, err error) {
	if s.pairing == nil {
		return
	}
	if r != nil && err != nil {
		err = fmt.Errorf("smp: paired, but the bond could not be kept: %w", err)
	}
	s.pairing.finish(r, err)
	s.pairing = nil
}

// pairingWait is somebody who waits in Pair.
type pairingWait struct {
	features Features // that we offer
	want     Level    // less than this is refused
	done     chan struct{}
	result   *Result
	err      error
}

func (w *pairingWait) finish(r *Result, err error) {
	w.result, w.err = r, err
	close(w.done)
}

// encryptWait is somebody who waits in Encrypt.
type encryptWait struct {
	done  chan struct{}
	level Level
	err   error
}

func (w *encryptWait) finish(level Level, err error) {
	w.level, w.err = level, err
	close(w.done)
}

// until waits for a channel or the context's end.
func until(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
