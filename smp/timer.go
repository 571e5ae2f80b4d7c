package smp

import "time"

// timer is the procedure's timer, of which each start has a number: a timeout
// that is on its way when the timer is started again or stopped carries an old
// one, and the procedure drops it.
type timer struct {
	running bool
	alarm   *alarm // of the last start
}

// alarm is what goes off. One that was called off in time serves the next start.
type alarm struct {
	session *Session
	arming  uint64
	timer   *time.Timer // nil where Options.AfterFunc takes its place
	cancel  func() bool // of Options.AfterFunc
}

// start starts the timer, again where it runs.
func (t *timer) start(s *Session, after time.Duration, arming uint64) {
	if !t.stop() {
		t.alarm = &alarm{}
	}
	t.running = true
	a := t.alarm
	a.session, a.arming = s, arming
	switch afterFunc := s.manager.options.AfterFunc; {
	case afterFunc != nil:
		a.cancel = afterFunc(after, a.ring)
	case a.timer != nil:
		a.timer.Reset(after)
	default:
		a.timer = time.AfterFunc(after, a.ring) //vet:allow deterministic: the default of a timer that Options replaces
	}
}

// stop stops the timer, and reports whether its alarm can be set again: not one
// that is going off.
func (t *timer) stop() (again bool) {
	if !t.running {
		return t.alarm != nil
	}
	t.running = false
	if t.alarm.timer != nil {
		again = t.alarm.timer.Stop()
	} else {
		t.alarm.cancel()
	}
	if !again {
		t.alarm = nil
	}
	return again
}

// ring tells the procedure of the timeout.
func (a *alarm) ring() {
	a.session.post(job{input: Input{Event: EventTimeout, Arming: a.arming}})
}
