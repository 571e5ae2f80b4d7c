package conformance

import (
	"context"
	"fmt"
	"slices"

	"blesmp/smp"
)

// call is one call of our device that waits for a procedure: Session.Pair or
// Session.Encrypt.
type call struct {
	session *smp.Session
	command smp.EventKind
	begun   chan struct{} // a token when the procedure has the command
	done    chan struct{} // closed when the call has returned
	err     error         // that it has returned

	over bool // it has nothing left to wait for; under the device's lock
}

// endings are the effects that report the end of what a call waits for.
var endings = map[smp.EventKind][]string{
	smp.EventPair: {
		smp.EffectReportComplete.String(), smp.EffectReportFailure.String(), smp.EffectReportEnd.String(), smp.EffectReportTimeout.String(),
	},
	smp.EventEncrypt: {smp.EffectReportLevel.String(), smp.EffectReportEncryptionFailure.String()},
}

// pair calls Session.Pair.
func (d *device) pair(ctx context.Context, f smp.Features) (*call, error) {
	return d.call(ctx, smp.EventPair, func(s *smp.Session) error { _, err := s.Pair(ctx, f); return err })
}

// encrypt calls Session.Encrypt.
func (d *device) encrypt(ctx context.Context) (*call, error) {
	return d.call(ctx, smp.EventEncrypt, func(s *smp.Session) error { _, err := s.Encrypt(ctx); return err })
}

// call waits until the procedure has the command, or the call has returned.
func (d *device) call(ctx context.Context, command smp.EventKind, run func(*smp.Session) error) (*call, error) {
	session, err := d.session()
	if err != nil {
		return nil, err
	}
	c := &call{session: session, command: command, begun: make(chan struct{}, 1), done: make(chan struct{})}
	d.note(func() { d.last = c })
	go func() {
		defer close(c.done)
		c.err = run(session)
	}()
	select {
	case <-c.begun:
	case <-c.done:
		d.note(func() { c.over = true })
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return c, nil
}

// took follows the rules of the specification from the one for the command to
// the one that refuses it or reports an end. The end of the link ends Encrypt
// without a report.
func (c *call) took(t smp.Trace) {
	own := t.Event == c.command
	if own {
		select {
		case c.begun <- struct{}{}:
		default:
		}
	}
	c.over = c.over || c.command == smp.EventEncrypt && t.Event == smp.EventDisconnected ||
		slices.ContainsFunc(t.Does(), func(effect string) bool {
			return own && effect == smp.EffectRefuse.String() || slices.Contains(endings[c.command], effect)
		})
}

// returned gives the error that a call has returned. Where our device is at rest
// and the call is not over, it never will: that is an error too, which says so
// behind the word "returned".
func (s *Stage) returned(c *call) error {
	s.settle()
	over := false
	s.device.note(func() { over = c.over })
	if over {
		select {
		case <-c.done:
			return c.err
		case <-s.ctx.Done():
		}
	}
	return fmt.Errorf("nothing, with our device in %v", c.session.State())
}
