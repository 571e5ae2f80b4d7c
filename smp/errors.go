package smp

import (
	"errors"
	"fmt"
	"strings"

	"blesmp/bt"
)

// The errors of calls that were not carried out.
var (
	ErrWrongRole         = errors.New("smp: the call belongs to the other role")
	ErrBusy              = errors.New("smp: another procedure is running")
	ErrNoLTK             = errors.New("smp: no stored key for this peer")
	ErrNotPairing        = errors.New("smp: no pairing is going on")
	ErrKeypressNotAgreed = errors.New("smp: keypress notifications were not agreed, or nobody is typing")
	ErrTooLate           = errors.New("smp: encryption has begun, disconnecting is the only way back")
	ErrBackoff           = errors.New("smp: the waiting interval after a failed attempt has not passed")
	ErrTimedOut          = errors.New("smp: the procedure timed out, pairing needs a new link")
	ErrClosed            = errors.New("smp: the link is gone")
)

// Error is String with the package's name, so that a Reason is an error and
// errors.Is(err, ConfirmValueFailed) works.
func (r Reason) Error() string { return "smp: " + r.String() }

// Err gives the error that a refused command returns.
func (r Refusal) Err() error {
	switch r {
	case ProcedureRunning:
		return ErrBusy
	case WaitingInterval:
		return ErrBackoff
	case NoStoredKey:
		return ErrNoLTK
	case NotPairing:
		return ErrNotPairing
	case KeypressNotAgreed:
		return ErrKeypressNotAgreed
	case PastCancelling:
		return ErrTooLate
	case LinkTimedOut:
		return ErrTimedOut
	case LinkClosed:
		return ErrClosed
	}
	return fmt.Errorf("smp: %s", r)
}

// PairingError says why a pairing, or a request for one, came to nothing. It
// names the row of the specification that decided.
type PairingError struct {
	// Reason is what went over the air, from the peer where Remote is set; 0
	// where nothing did.
	Reason Reason
	Remote bool

	// Cause says how a pairing ended that we did not end with a Reason.
	Cause Cause

	// State and Event are where it ended and on what; Line is the row.
	State State
	Event EventKind
	Line  int
	file  string

	// Err is what is behind it: ErrTimedOut, the bt.Status of a lost link or of
	// failed encryption, or the error that a Prompter function returned.
	Err error
}

// Error tells where and why, as "smp: LegacyAwaitRandom on PairingRandom
// (smp_states.yaml:159): confirm value failed".
func (e *PairingError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "smp: %s on %s (%s:%d): ", e.State, e.Event, e.file, e.Line)
	switch {
	case e.Remote:
		fmt.Fprintf(&b, "the peer ended the pairing: %s", e.Reason.String())
	case e.Reason != 0:
		b.WriteString(e.Reason.String())
	case e.Cause != 0:
		b.WriteString(e.Cause.String())
	default:
		b.WriteString("pairing ended")
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %s", strings.TrimPrefix(e.Err.Error(), "smp: "))
	}
	return b.String()
}

// Unwrap gives the Reason and what is behind it.
func (e *PairingError) Unwrap() []error {
	var errs []error
	if e.Reason != 0 {
		errs = append(errs, e.Reason)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// statusError gives the error that a status is, nil for success.
func statusError(s bt.Status) error {
	if s == bt.Success {
		return nil
	}
	return s
}
