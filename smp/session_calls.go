package smp

import (
	"context"
	"errors"
	"fmt"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// SecurityRequirements are what a peripheral asks its central for
// (Core Vol 3, Part H, 3.6.7).
type SecurityRequirements struct {
	Bonding, MITM, SC, Keypress bool
}

func (r SecurityRequirements) authReq() AuthReq {
	return AuthReq(0).WithBonding(uint8(bit(r.Bonding))).WithMITM(r.MITM).WithSC(r.SC).WithKeypress(r.Keypress)
}

// Pair pairs, as central: it sends a Pairing Request with these features and
// waits for the end. It is also the answer to Prompter.SecurityRequested.
//
// When the context ends, the pairing is cancelled and Pair waits until the peer
// has the Pairing Failed, or the link is gone: to disconnect is safe then. From
// the start of encryption on it is too late to cancel, since the peer may be
// done; Pair then waits for the end.
//
// It returns ErrWrongRole, ErrBusy, ErrTimedOut, ErrClosed, a *BackoffError,
// what is wrong with the features, or a *PairingError.
func (s *Session) Pair(ctx context.Context, f Features) (*Result, error) {
	return s.pair(ctx, f, Level{})
}

// pair also refuses what would come to less than is wanted.
func (s *Session) pair(ctx context.Context, f Features, want Level) (*Result, error) {
	if s.Role() != bt.Central {
		return nil, ErrWrongRole
	}
	if err := s.checkOffer(&f); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	s.manager.expectPairing(f.authReq())
	wait := &pairingWait{features: f, want: want, done: make(chan struct{})}
	s.post(&job{run: func() { s.beginPairing(wait) }})
	if err := until(ctx, wait.done); err != nil {
		s.post(&job{run: func() { s.abandon(wait, err) }})
		<-wait.done
		out := make(chan struct{})
		s.post(&job{run: func() { s.whenDelivered(func() { close(out) }) }})
		<-out
	}
	return wait.result, wait.err
}

// abandon cancels the pairing that somebody waits for, if it is still that one
// and not too late.
func (s *Session) abandon(wait *pairingWait, why error) {
	if s.pairing == wait {
		s.step(&Input{Event: EventCancel, Err: why})
	}
}

// Encrypt encrypts the link with the stored key, as central, and waits for the
// result. It returns ErrWrongRole, ErrBusy, ErrNoLTK, ErrClosed, or the
// bt.Status with which encryption failed: bt.PINOrKeyMissing says that the peer
// has lost its key (Core Vol 3, Part H, 2.4.4.2).
func (s *Session) Encrypt(ctx context.Context) (Level, error) {
	if s.Role() != bt.Central {
		return Level{}, ErrWrongRole
	}
	if err := context.Cause(ctx); err != nil {
		return Level{}, err
	}
	wait := &encryptWait{done: make(chan struct{})}
	if err := s.command(Input{Event: EventEncrypt}, func() { s.encrypt = wait }); err != nil {
		return Level{}, err
	}
	if err := until(ctx, wait.done); err != nil {
		return Level{}, err
	}
	return wait.level, wait.err
}

// RequestSecurity asks the central to encrypt or to pair, as peripheral, and
// returns when the request is queued. What comes of it is reported as events. If
// MITM was asked, a pairing that Options.Features answer asks for it too.
func (s *Session) RequestSecurity(ctx context.Context, r SecurityRequirements) error {
	if s.Role() != bt.Peripheral {
		return ErrWrongRole
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return s.command(Input{Event: EventRequestSecurity, Security: r.authReq()}, func() {
		s.asked = r.authReq()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failure = nil
	})
}

// Cancel ends a pairing, or the wait for one: Pairing Failed goes out with this
// reason, 0x08 for a reason of 0. It also answers a Security Request that waits
// for the user. Where nothing is going on it does nothing; ErrTooLate says that
// encryption has begun.
func (s *Session) Cancel(reason Reason) error {
	return s.command(Input{Event: EventCancel, Reason: reason}, nil)
}

// NotifyKeypress tells the peer that our user has pressed a key while typing the
// passkey. ErrKeypressNotAgreed says that not both sides offered it, or that
// nobody is typing (Core Vol 3, Part H, 3.5.8).
func (s *Session) NotifyKeypress(t KeypressType) error {
	if t > PasskeyEntryCompleted {
		return fmt.Errorf("smp: %v is no keypress type", t)
	}
	return s.command(Input{Event: EventNotifyKeypress, Keypress: t}, nil)
}

// SetLTK gives the session a key for its peer that comes from elsewhere: of 7 to
// 16 octets, most significant first, used from now on and not stored. At the
// central it is the key that the peripheral distributed, at the peripheral ours.
func (s *Session) SetLTK(ltk []byte, rand uint64, ediv uint16, mitm, sc bool) error {
	if size := len(ltk); size < toolbox.MinKeySize || size > toolbox.MaxKeySize {
		return fmt.Errorf("smp: SetLTK with %d octets, want %d to %d", size, toolbox.MinKeySize, toolbox.MaxKeySize)
	}
	key := &bond.LongTermKey{EDIV: ediv, Rand: rand}
	copy(key.Key[len(key.Key)-len(ltk):], ltk)
	if key.Key.IsZero() {
		return errors.New("smp: SetLTK with a key of zeros, which is none")
	}
	b := &bond.Bond{
		Local:    s.link.LocalIdentity(),
		Peer:     s.PeerIdentity(),
		SC:       sc,
		MITM:     mitm,
		KeySize:  len(ltk),
		LocalLTK: key,
		PeerLTK:  key,
	}
	if err := s.manager.options.Policy.bondError(b); err != nil {
		return fmt.Errorf("smp: SetLTK: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given = b
	return nil
}

// Secure makes the link at least as secure as want says, in SC, MITM and
// KeySize: it is so already, or the stored key is good enough and encrypts it,
// or a pairing with Options.Features gives it. A peripheral asks its central and
// waits. Where another procedure is running, Secure waits for its end. A key that
// the peer has lost is an error, never a reason to pair again unasked.
func (s *Session) Secure(ctx context.Context, want Level) (Level, error) {
	for first := true; ; first = false {
		at, changed := s.watch()
		if at.encrypted && at.level.Satisfies(want) && (first || at.state == StateIdle) {
			return at.level, nil
		}
		level, err := s.secureNow(ctx, want)
		if !errors.Is(err, ErrBusy) {
			return level, err
		}
		if err := until(ctx, changed); err != nil {
			return Level{}, err
		}
	}
}

// secureNow is Secure, or ErrBusy.
func (s *Session) secureNow(ctx context.Context, want Level) (Level, error) {
	if s.Role() == bt.Peripheral {
		return s.askCentral(ctx, want)
	}
	if level, ok := s.AvailableLevel(); ok && level.Satisfies(want) {
		return s.Encrypt(ctx)
	}
	f := s.features()
	f.MITM = f.MITM || want.MITM
	f.SC = f.SC || want.SC
	result, err := s.pair(ctx, f, want)
	if result == nil {
		return Level{}, err
	}
	return result.Level, err
}

// askCentral has a peripheral ask, and waits until what comes of it is over.
func (s *Session) askCentral(ctx context.Context, want Level) (Level, error) {
	f := &s.manager.options.Features
	err := s.RequestSecurity(ctx, SecurityRequirements{
		Bonding: f.Bonding, MITM: want.MITM || f.MITM, SC: want.SC || f.SC, Keypress: f.Keypress,
	})
	if err != nil {
		return Level{}, err
	}
	for {
		at, changed := s.watch()
		switch {
		case at.state == StateIdle && at.encrypted && at.level.Satisfies(want):
			return at.level, nil
		case at.state == StateIdle, at.state == StateMute, at.state == StateClosed:
			return at.level, s.notGiven(at.state)
		}
		if err := until(ctx, changed); err != nil {
			return Level{}, err
		}
	}
}

// notGiven says why asking did not help, in the state where it has led.
func (s *Session) notGiven(state State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failure != nil && s.failure.Cause == LinkLost:
		return fmt.Errorf("%w: %w", ErrClosed, s.failure)
	case s.failure != nil:
		return fmt.Errorf("smp: the central did not secure the link: %w", s.failure)
	case state == StateClosed:
		return ErrClosed
	}
	return errors.New("smp: the central did not give the link the level that was asked")
}

// command gives a command to the procedure and waits until it is carried out or
// refused; accepted runs before its effects are.
func (s *Session) command(in Input, accepted func()) error {
	answer := make(chan error, 1)
	s.post(&job{run: func() { answer <- s.commanded(in, accepted) }})
	return <-answer
}

// commanded steps a command on the worker, and gives its refusal.
func (s *Session) commanded(in Input, accepted func()) error {
	pairing, encrypt, asked := s.pairing, s.encrypt, s.asked
	s.inquiry = nil
	if accepted != nil {
		accepted()
	}
	s.step(&in)
	if s.inquiry != nil {
		s.pairing, s.encrypt, s.asked = pairing, encrypt, asked
	}
	return s.inquiry
}

// beginPairing steps the command of somebody who waits in Pair, and tells them of
// a refusal: what they wait for is the same as the end.
func (s *Session) beginPairing(wait *pairingWait) {
	before := s.pairing
	s.inquiry, s.pairing = nil, wait
	s.step(&Input{Event: EventPair, Features: &wait.features})
	if s.inquiry != nil && s.pairing == wait {
		s.pairing = before
		wait.finish(nil, s.inquiry)
	}
}
