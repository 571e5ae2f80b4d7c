package smp

import (
	"errors"

	"blesmp/bt"
)

// handler gives what the link's events go to.
func (s *Session) handler() bt.LinkHandler { return (*linkHandler)(s) }

// Handler is what the events of the link go to, where Attach made the session.
func (s *Session) Handler() bt.LinkHandler { return s.handler() }

// linkHandler is a Session as its link sees it.
type linkHandler Session

func (h *linkHandler) HandleSMP(pdu []byte) {
	if pdu == nil {
		pdu = []byte{} // which is malformed, as any without a code
	}
	h.post(Input{PDU: pdu})
}

// HandleDelivered leaves the worker alone where nobody waits for it: of most PDUs
// the peer's answer tells more than that they have arrived.
func (h *linkHandler) HandleDelivered(number uint64) {
	s := (*Session)(h)
	s.mu.Lock()
	s.flush.acknowledged = max(s.flush.acknowledged, number)
	awaited := s.flush.awaited
	s.mu.Unlock()
	if awaited {
		s.post(&job{delivered: true})
	}
}

func (h *linkHandler) HandleEncryption(status bt.Status, enabled, _ bool) {
	s := (*Session)(h)
	in := Input{Event: EventEncryptionOff}
	switch {
	case status != bt.Success:
		in = Input{Event: EventEncryptionFailed, Status: status}
	case enabled:
		in.Event = EventEncryptionOn
	}
	s.post(&job{input: in, encryption: true})
}

func (h *linkHandler) HandleLTKRequest(rand uint64, ediv uint16) {
	h.post(Input{Event: EventLTKRequest, Rand: rand, EDIV: ediv})
}

func (h *linkHandler) HandleDisconnected(reason bt.Status) {
	s := (*Session)(h)
	s.manager.ends(s)
	s.post(&job{run: func() {
		s.step(&Input{Event: EventDisconnected, Status: reason})
		s.gone(reason)
	}})
}

func (h *linkHandler) post(in Input) { (*Session)(h).post(&job{input: in}) }

// flush keeps the session's first promise to its procedure: encryption is
// started when all PDUs sent before are acknowledged.
type flush struct {
	sent  uint64
	start *Effect  // encryption that waits
	then  []func() // others who wait

	// Under the session's lock.
	acknowledged uint64
	awaited      bool // somebody waits, or the procedure waits for the controller
}

// outstanding reports whether PDUs are not acknowledged, and has the worker told
// when they are.
func (s *Session) outstanding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	outstanding := s.flush.acknowledged < s.flush.sent
	s.flush.awaited = s.flush.awaited || outstanding
	return outstanding
}

// whenDelivered calls f when all PDUs are acknowledged, or the link is gone.
func (s *Session) whenDelivered(f func()) {
	if s.procedure.State() == StateClosed || !s.outstanding() {
		f()
		return
	}
	s.flush.then = append(s.flush.then, f)
}

// release lets go who waits for PDUs to be acknowledged.
func (f *flush) release() {
	for _, then := range f.then {
		then()
	}
	f.then = nil
}

// delivered goes on with what waits, if all PDUs are acknowledged.
func (s *Session) delivered() {
	if s.outstanding() {
		return
	}
	if e := s.flush.start; e != nil {
		s.flush.start = nil
		s.startEncryption(e)
	}
	s.flush.release()
	s.step(&Input{Event: EventDelivered})
}

// encryptionChanged keeps the promise that the result of an earlier encryption
// is not taken for that of the one which is still to be started. That the link
// has lost its encryption is no result, but a fact.
func (s *Session) encryptionChanged(in *Input) {
	_, encrypted := s.procedure.Level()
	lost := encrypted && in.Event == EventEncryptionOff
	if s.flush.start != nil && !lost {
		s.log().Warn("encryption event from before the start of encryption", "event", in.Event, "status", in.Status)
		return
	}
	s.step(in)
}

// send queues a PDU at the link.
func (s *Session) send(pdu []byte) {
	number, err := s.link.SendSMP(pdu)
	if err != nil {
		s.log().Warn("PDU not sent", "err", err)
		return
	}
	s.flush.sent = number
}

// startWhenFlushed starts encryption, now or when the PDUs before are
// acknowledged.
func (s *Session) startWhenFlushed(e *Effect) {
	if s.outstanding() {
		waiting := *e
		s.flush.start = &waiting
		return
	}
	s.startEncryption(e)
}

// startEncryption hands the key to the controller. A link that does not take
// it is as one that could not be encrypted.
func (s *Session) startEncryption(e *Effect) {
	if err := s.link.StartEncryption(e.Key, e.Rand, e.EDIV); err != nil {
		s.log().Warn("encryption not started", "err", err)
		s.post(&job{input: Input{Event: EventEncryptionFailed, Status: statusOf(err)}})
	}
}

// statusOf gives the status that an error carries, or an unspecified one.
func statusOf(err error) bt.Status {
	if status, ok := errors.AsType[bt.Status](err); ok {
		return status
	}
	return bt.UnspecifiedError
}

// gone ends the session.
func (s *Session) gone(reason bt.Status) {
	s.stopTimer()
	s.manager.ended(s)
	s.flush.start = nil
	s.flush.release()
	s.mu.Lock()
	s.err = reason
	s.mu.Unlock()
	s.finishPairing(nil, ErrClosed)
	if s.encrypt != nil {
		s.encrypt.finish(Level{}, ErrClosed)
		s.encrypt = nil
	}
	s.events.put(DisconnectedEvent{Reason: reason})
	s.events.end(func() { close(s.done) })
}
