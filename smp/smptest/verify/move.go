package verify

import (
	"fmt"
	"slices"

	"blesmp/bt"
	"blesmp/smp"
)

// move is one thing that can happen: its kind, a side, and which of several.
type move struct {
	kind moveKind
	role bt.Role
	arg  uint8
}

type moveKind uint8

const (
	deliver moveKind = iota // hand over what the controller has
	answer                  // the user agrees
	late                    // an answer to a question that nobody asks any more
	pairUp                  // the commands
	encrypt
	request
	reconnect
	notify       // a user types, and the device says so
	overtake     // a link event comes before PDUs that were earlier
	staleTimeout // of a start of the timer that is over
	oldChange    // somebody else's start of encryption ends while ours has not begun
	forge        // the attacker sends something
	askKey       // its controller asks for a key: 0 with zeros, 1 with other numbers
	endStart     // an encryption ends: 0 badly, 1 well
	// What goes wrong.
	refuse
	cancel
	timeout
	disconnect
	failEncryption
	lose
	inject
	decrypt   // the controllers lose the encryption, or do not get it
	misuse    // a command at the wrong time
	keepBond  // the user goes on, but not at the price of a bond
	spoil     // a side's controller reports a failure that nobody has asked for
	unencrypt // a side's controller alone says that the link is not encrypted
)

// cause says what a move counts as.
func (k moveKind) cause() Causes {
	switch k {
	case refuse:
		return Refused
	case cancel:
		return Cancelled
	case timeout:
		return TimedOut
	case disconnect:
		return Dropped
	case failEncryption:
		return EncryptionFailed
	case lose:
		return Lost
	case inject:
		return Injected
	case decrypt:
		return EncryptionLost
	case misuse:
		return Misused
	case keepBond:
		return Refused
	}
	return 0
}

// moves lists what can happen in a world; first what needs no fault.
func (r *run) moves(w *world, into []move) (all []move, natural int) {
	all = into[:0]
	if r.setup.Attack {
		all = r.attackMoves(w, all)
		return all, len(all)
	}
	for i := range w.sides {
		all = r.ordinary(w, bt.Role(i), all)
	}
	if w.left.links > 0 && w.link.gone && r.closed(w) {
		all = append(all, move{kind: reconnect})
	}
	natural = len(all)
	if w.left.faults == 0 {
		return all, natural
	}
	for i := range w.sides {
		all = r.faulty(w, bt.Role(i), all)
	}
	if !w.link.gone {
		all = append(all, move{kind: disconnect})
		if w.link.starting && !w.link.failNext {
			all = append(all, move{kind: failEncryption})
		}
		if w.link.starting || w.link.encrypted {
			all = append(all, move{kind: decrypt})
		}
	}
	return all, natural
}

func (r *run) closed(w *world) bool {
	return len(w.sides[0].inbox)+len(w.sides[1].inbox) == 0 &&
		r.state(w, bt.Central) == smp.StateClosed && r.state(w, bt.Peripheral) == smp.StateClosed
}

func (r *run) ordinary(w *world, role bt.Role, all []move) []move {
	s := &w.sides[role]
	if len(s.inbox) > 0 {
		all = append(all, move{kind: deliver, role: role})
		if r.options.NoOrder && s.inbox[0].pdu != "" && slices.ContainsFunc(s.inbox, func(m mail) bool { return m.pdu == "" && m.event != smp.EventDelivered }) {
			all = append(all, move{kind: overtake, role: role})
		}
	}
	if s.question != nil {
		if _, ok := r.answer(w, role); ok {
			all = append(all, move{kind: answer, role: role})
		}
	}
	if s.late != nil {
		all = append(all, move{kind: late, role: role})
	}
	if r.options.NoChanges && s.held != nil {
		all = append(all, move{kind: oldChange, role: role})
	}
	if r.options.NoNumbers && s.oldTimer {
		all = append(all, move{kind: staleTimeout, role: role})
	}
	if w.link.gone {
		return all
	}
	if s.question != nil && s.question.kind == smp.EffectAskPasskey && w.left.keypresses > 0 {
		all = append(all, move{kind: notify, role: role})
	}
	state := r.state(w, role)
	switch {
	case state != smp.StateIdle:
	case role == bt.Central:
		if w.left.pairs > 0 && !s.pausing {
			all = append(all, move{kind: pairUp})
		}
		if w.left.encrypts > 0 && s.bond != nil && s.bond.PeerLTK != nil {
			all = append(all, move{kind: encrypt})
		}
	case w.left.requests > 0:
		all = append(all, move{kind: request, role: role})
	}
	return all
}

func (r *run) faulty(w *world, role bt.Role, all []move) []move {
	s := &w.sides[role]
	state := r.state(w, role)
	if s.question != nil {
		all = append(all, move{kind: refuse, role: role})
		if s.question.kind == smp.EffectAskFeatures && s.question.replaces {
			all = append(all, move{kind: keepBond, role: role})
		}
	}
	if r.setup.Misuse {
		all = r.misuses(w, role, all)
	}
	if s.armed {
		all = append(all, move{kind: timeout, role: role})
	}
	if inPairing(state) || state == smp.StateAwaitSecurity {
		all = append(all, move{kind: cancel, role: role})
	}
	if len(s.inbox) > 0 && s.inbox[0].event != smp.EventDisconnected && s.inbox[0].event != smp.EventLTKRequest {
		all = append(all, move{kind: lose, role: role})
	}
	if w.left.injections > 0 && !w.link.encrypted && !s.encrypted && !w.link.gone && state != smp.StateMute {
		for i := range len(canned) + 2 {
			all = append(all, move{inject, role, uint8(i)})
		}
	}
	return all
}

// make carries a move out in a copy of the world. The copy is kept only until
// the next move, unless keep is called.
func (r *run) make(from *world, m move) *world {
	if r.saved != nil {
		r.saved.Free()
		r.saved = nil
	}
	if r.spare == nil {
		r.spare = new(world)
	}
	w := r.spare
	*w = *from
	r.found = r.found[:0]
	if c := m.kind.cause(); c != 0 {
		w.causes |= c
		w.left.faults -= min(w.left.faults, 1)
	}
	s := &w.sides[m.role]
	switch m.kind {
	case deliver:
		r.deliver(w, m.role, 0)
	case overtake:
		i := slices.IndexFunc(s.inbox, func(m mail) bool { return m.pdu == "" && m.event != smp.EventDelivered })
		r.deliver(w, m.role, i)
	case answer:
		in, _ := r.answer(w, m.role)
		if s.question.kind == smp.EffectAskPasskey || s.question.kind == smp.EffectAskCompare {
			s.ghost.yes = true
		}
		s.question = nil
		r.step(w, m.role, in)
	case late:
		r.lateAnswer(w, m.role)
	case staleTimeout:
		s.oldTimer, s.armed = false, false
		r.step(w, m.role, smp.Input{Event: smp.EventTimeout, Arming: s.snap.Arming()})
	case pairUp:
		w.left.pairs--
		r.step(w, bt.Central, smp.Input{Event: smp.EventPair, Features: r.features(w, bt.Central)})
	case encrypt:
		w.left.encrypts--
		r.step(w, bt.Central, smp.Input{Event: smp.EventEncrypt})
	case request:
		w.left.requests--
		r.step(w, m.role, smp.Input{Event: smp.EventRequestSecurity, Security: r.setup.Security})
	case reconnect:
		r.reconnect(w)
	case oldChange:
		r.step(w, m.role, smp.Input{Event: smp.EventEncryptionOn})
	case forge:
		r.forgedStep(w, r.forged(from)[m.arg], m)
	case askKey:
		w.link.starting = false
		r.step(w, m.role, smp.Input{Event: smp.EventLTKRequest, EDIV: uint16(m.arg)})
	case endStart:
		r.endStarting(w, m)
	case refuse:
		id := s.question.id
		s.question = nil
		r.step(w, m.role, smp.Input{Event: smp.EventUserRefused, Question: id})
	case cancel:
		r.step(w, m.role, smp.Input{Event: smp.EventCancel})
	case timeout:
		arming := s.snap.Arming()
		r.step(w, m.role, smp.Input{Event: smp.EventTimeout, Arming: arming})
	case disconnect:
		r.tell(m.role, "the link is lost")
		r.drop(w)
	case failEncryption:
		r.tell(m.role, "the controllers cannot start the encryption")
		w.link.failNext = true
	case lose:
		r.lose(w, m.role)
	case inject:
		w.left.injections--
		r.step(w, m.role, smp.Input{PDU: r.injected(w, m)})
	case decrypt:
		r.tell(m.role, "the controllers lose the encryption")
		w.decrypt()
	case misuse:
		if !r.misused(w, m) { // it is refused, and that is all
			w.causes, w.left.faults = from.causes, from.left.faults
		}
	case notify:
		w.left.keypresses--
		r.step(w, m.role, smp.Input{Event: smp.EventNotifyKeypress, Keypress: smp.KeypressType(1)})
	case keepBond:
		in, _ := r.answer(w, m.role)
		in.Replace = false
		s.question = nil
		r.step(w, m.role, in)
	case spoil:
		r.step(w, m.role, smp.Input{Event: smp.EventEncryptionFailed, Status: bt.ConnectionTimeout})
	case unencrypt:
		w.link.encrypted, s.encrypted = false, false
		r.step(w, m.role, smp.Input{Event: smp.EventEncryptionOff})
	}
	if w.quiet() {
		w.sides[0].pausing, w.sides[1].pausing = false, false
	}
	r.normal(w)
	return w
}

// keep makes the world of the last move last.
func (r *run) keep() { r.spare, r.saved = nil, nil }

// quiet reports whether nothing is on its way.
func (w *world) quiet() bool {
	return len(w.sides[0].inbox)+len(w.sides[1].inbox) == 0 && !w.link.starting
}

func (r *run) tell(role bt.Role, text string) {
	if r.note != nil {
		r.note(role, text)
	}
}

// deliver hands over the i-th thing that the controller has.
func (r *run) deliver(w *world, role bt.Role, i int) {
	s := &w.sides[role]
	m := s.inbox[i]
	s.inbox = slices.Delete(slices.Clone(s.inbox), i, i+1)
	switch m.event {
	case smp.EventDelivered:
		s.acks--
		if s.acks > 0 {
			return
		}
		if e := s.held; e != nil {
			s.held = nil
			r.startEncryption(w, e)
		}
	case smp.EventEncryptionOn, smp.EventEncryptionOff, smp.EventEncryptionFailed:
		lost := s.encrypted && m.event == smp.EventEncryptionOff
		if s.held != nil && !r.options.NoChanges && !lost {
			return // it belongs to a start before
		}
	}
	s.hear(m.event)
	r.ended = m.start
	in := smp.Input{Event: m.event, Status: m.status, EDIV: m.ediv, Rand: m.rand}
	if m.pdu != "" {
		in = smp.Input{PDU: []byte(m.pdu)}
	}
	r.step(w, role, in)
}

// decrypt ends the encryption, or the start of it: a request for its key that
// has not been handed over yet is withdrawn.
func (w *world) decrypt() {
	w.link.encrypted, w.link.starting, w.link.failNext = false, false, false
	for i := range w.sides {
		s := &w.sides[i]
		s.inbox = slices.DeleteFunc(slices.Clone(s.inbox), func(m mail) bool { return m.event == smp.EventLTKRequest })
		s.receive(mail{event: smp.EventEncryptionOff})
	}
}

// hear keeps what the controller says of the encryption.
func (s *side) hear(event smp.EventKind) {
	switch event {
	case smp.EventEncryptionOn:
		s.encrypted = true
	case smp.EventEncryptionOff, smp.EventDisconnected:
		s.encrypted = false
	}
}

func (r *run) lose(w *world, role bt.Role) {
	s := &w.sides[role]
	m := s.inbox[0]
	s.inbox = slices.Clone(s.inbox[1:])
	if m.event == smp.EventDelivered && m.pdu == "" {
		s.acks-- // no host hears of it, and what waited for it goes on with the next
	}
	what := m.event.String()
	if m.pdu != "" {
		what = smp.PDUCode(m.pdu[0]).String()
	}
	r.tell(role, what+" is lost")
}

// reconnect makes a new link with new procedures; the bonds stay.
func (r *run) reconnect(w *world) {
	r.tell(bt.Central, "a new link")
	w.left.links--
	w.left.encrypts = 1
	w.link = link{}
	for i := range w.sides {
		s := &w.sides[i]
		*s = side{snap: r.fresh[i], bond: s.bond, bondKey: s.bondKey, pairing: s.pairing + 1, ghost: ghost{began: s.ghost.began, completed: s.ghost.completed}}
	}
}

// String names the move for the record of a violation.
func (m move) String() string {
	names := [...]string{
		deliver: "deliver", answer: "the user answers", late: "a late answer", pairUp: "Pair", encrypt: "Encrypt",
		request: "RequestSecurity", reconnect: "a new link", overtake: "a link event overtakes", staleTimeout: "a stale timeout",
		refuse: "the user refuses", cancel: "Cancel", timeout: "Timeout", disconnect: "the link is lost",
		oldChange: "an older encryption ends", forge: "the attacker sends", askKey: "the attacker asks for a key", endStart: "encryption ends",
		failEncryption: "encryption fails", lose: "something is lost", inject: "an injected PDU",
		notify: "a keypress", decrypt: "the encryption is lost", misuse: "a command at the wrong time", keepBond: "the user keeps the bond",
		spoil: "a failure without a start", unencrypt: "the encryption is off",
	}
	return fmt.Sprintf("%s (%s)", names[m.kind], name(m.role))
}
