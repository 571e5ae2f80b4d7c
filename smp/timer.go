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
	if !t.running {
		t.running = true
		s.manager.staff.began()
	} else if !t.callOff() {
		t.alarm = nil
	}
	if t.alarm == nil {
		t.alarm = &alarm{}
	}
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

// stop stops the timer, where it runs.
func (t *timer) stop(s *Session) {
	if !t.running {
		return
	}
	t.running = false
	s.manager.staff.ended()
	if !t.callOff() {
		t.alarm = nil
	}
}

// callOff calls the alarm off, and reports whether it can be set again: not one
// that is going off.
func (t *timer) callOff() bool {
	if t.alarm.timer != nil {
		return t.alarm.timer.Stop()
	}
	t.alarm.cancel()
	return false
}

// ring tells the procedure of the timeout.
func (a *alarm) ring() {
	a.session.post(&job{input: Input{Event: EventTimeout, Arming: a.arming}})
}
