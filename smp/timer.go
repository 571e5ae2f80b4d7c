package smp

import "time"

// timer is the procedure's timer, of which each start has a number: a timeout
// that is on its way when the timer is started again or stopped carries an old
// one, and the procedure drops it.
type timer struct {
	running bool
	alarm   *alarm // of the last start; nil where it cannot serve another
}

// alarm is what goes off. Nearly every PDU starts the timer again, and it hardly
// ever runs out: so an alarm that is set stays as it is, and sets itself again
// where it goes off too early.
type alarm struct {
	session *Session
	cancel  func() bool // of Options.AfterFunc; each start has an alarm of its own then

	// Under the session's lock; in the time of time.Timer, whatever Options.Now says.
	timer  *time.Timer
	sounds time.Time // when it goes off; zero where it is not set
	due    time.Time // when the timer runs out; zero where it does not run
	arming uint64
}

// startTimer starts the timer, again where it runs.
func (s *Session) startTimer(after time.Duration, arming uint64) {
	t := &s.workspace.timer
	if !t.running {
		t.running = true
		s.manager.staff.began()
	}
	s.setDeadline(s.manager.options.Now().Add(after))
	if afterFunc := s.manager.options.AfterFunc; afterFunc != nil {
		if t.alarm != nil {
			t.alarm.cancel()
		}
		t.alarm = &alarm{session: s, cancel: afterFunc(after, func() { s.timedOut(arming) })}
		return
	}
	if t.alarm == nil {
		t.alarm = &alarm{session: s}
	}
	t.alarm.set(after, arming)
}

// stopTimer stops the timer, where it runs.
func (s *Session) stopTimer() {
	t := &s.workspace.timer
	if !t.running {
		return
	}
	t.running = false
	s.manager.staff.ended()
	s.setDeadline(time.Time{})
	if t.alarm.cancel != nil {
		t.alarm.cancel()
		t.alarm = nil
	} else if !t.alarm.callOff() {
		t.alarm = nil
	}
}

// set sets the alarm, again where it is set.
func (a *alarm) set(after time.Duration, arming uint64) {
	a.session.mu.Lock()
	defer a.session.mu.Unlock()
	a.due, a.arming = time.Now().Add(after), arming //vet:allow deterministic: the default of a timer that Options replaces
	switch {
	case a.timer == nil:
		a.timer = time.AfterFunc(after, a.ring) //vet:allow deterministic: as Now
	case a.sounds.IsZero() || a.due.Before(a.sounds):
		a.timer.Reset(after)
	default:
		return
	}
	a.sounds = a.due
}

// callOff calls the alarm off, and reports whether it can be set again: not one
// that is going off.
func (a *alarm) callOff() bool {
	a.session.mu.Lock()
	defer a.session.mu.Unlock()
	a.due, a.sounds = time.Time{}, time.Time{}
	return a.timer.Stop()
}

// ring tells the procedure of the timeout, where it is time for that.
func (a *alarm) ring() {
	a.session.mu.Lock()
	arming, runs := a.arming, !a.due.IsZero()
	a.sounds = time.Time{}
	early := time.Until(a.due) //vet:allow deterministic: as in set
	if runs && early > 0 {
		a.sounds = a.due
		a.timer.Reset(early)
	}
	a.session.mu.Unlock()
	if runs && early <= 0 {
		a.session.timedOut(arming)
	}
}

// timedOut tells the procedure that the timer has run out since it was started
// with this number.
func (s *Session) timedOut(arming uint64) {
	s.post(&job{input: Input{Event: EventTimeout, Arming: arming}})
}
