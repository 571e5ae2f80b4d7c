package verify

import (
	"blesmp/bond"
	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
)

// ghost is what an observer has seen of one side's pairing.
type ghost struct {
	sent, received        uint16 // PDUs, a bit for each code
	request, response     uint8  // AuthReq of the two feature PDUs
	asked, yes            bool   // the user was asked for a passkey or to compare, and has agreed
	started               uint8
	key                   bt.Key
	waiting, encrypted    bool
	bonds                 uint8
	mute, closed          bool
	began, completed      uint8 // pairings on all links
	reflected, unfinished bool  // our own public key came back; and the pairing goes on
}

func (g *ghost) appendTo(b []byte) []byte {
	b = append(b, byte(g.sent>>8), byte(g.sent), byte(g.received>>8), byte(g.received), g.request, g.response, g.started, g.bonds)
	b = append(b, flags(g.asked, g.yes, g.waiting, g.encrypted, g.mute, g.closed, g.reflected, g.unfinished), g.began, g.completed)
	return append(b, g.key[:]...)
}

// moment is one step of one side.
type moment struct {
	role          bt.Role
	in            smp.Input
	event         smp.EventKind
	before, after smp.State
	effects       []smp.Effect
	traces        []smp.Trace
}

// inPairing reports whether a state belongs to a pairing.
func inPairing(s smp.State) bool {
	switch s {
	case smp.StateIdle, smp.StateEncryptingStored, smp.StateSettling, smp.StateAwaitSecurity, smp.StateMute, smp.StateClosed:
		return false
	}
	return true
}

const (
	authReqAt   = 3
	bondingBits = 0x03
)

// watch holds one step against the rules; what breaks one is told to broken.
func (r *run) watch(w *world, m *moment) {
	g := &w.sides[m.role].ghost
	g.encrypted = g.encrypted || g.waiting && m.event == smp.EventEncryptionOn
	r.watchTimer(w, m)
	r.watchReplies(m)
	r.watchReports(m)
	for i := range m.effects {
		r.watchEnd(w, m, g, &m.effects[i])
	}
	for i := range m.traces {
		if t := &m.traces[i]; !inPairing(t.From) && inPairing(t.To) {
			*g = ghost{mute: g.mute, closed: g.closed, began: g.began + 1, completed: g.completed}
			if r.setup.Attack {
				g.began, g.completed = 0, 0
			}
		}
	}
	g.receive(w, m)
	for i := range m.effects {
		r.watchEffect(w, m, g, &m.effects[i])
	}
	if g.reflected && inPairing(m.after) {
		r.broken("the %v goes on with its own public key", name(m.role))
	}
	g.mute = g.mute || m.event == smp.EventTimeout && m.after == smp.StateMute
	g.closed = g.closed || m.event == smp.EventDisconnected
}

// receive notes what the step was given.
func (g *ghost) receive(w *world, m *moment) {
	pdu := m.in.PDU
	if !inPairing(m.before) && !inPairing(m.after) {
		return
	}
	switch m.event {
	case smp.EventPairingRequest:
		g.request = pdu[authReqAt]
	case smp.EventPairingResponse:
		g.response = pdu[authReqAt]
	case smp.EventPublicKey:
		own := w.sides[m.role].lastSent
		if w.attacker != nil {
			// What a responder was heard to send is the key of an earlier pairing.
			own = ""
			if m.role == bt.Central {
				own = w.attacker.heard[smp.CodePublicKey]
			}
		}
		g.reflected = len(own) > 33 && own[0] == pdu[0] && own[1:33] == string(pdu[1:33])
	}
	if len(pdu) > 0 && pdu[0] < 16 {
		g.received |= 1 << pdu[0]
	}
}

// watchTimer holds the timer against what starts and stops it (Core Vol 3, Part
// H, 3.4).
func (r *run) watchTimer(w *world, m *moment) {
	timed := func(s smp.State) bool { return inPairing(s) || s == smp.StateAwaitSecurity }
	runs, restarted := w.sides[m.role].armed, false
	anew := (m.event == smp.EventPairingRequest || m.event == smp.EventSecurityRequest) && len(m.effects) > 0
	for i := range m.effects {
		switch e := &m.effects[i]; e.Kind {
		case smp.EffectStartTimer:
			runs, restarted = true, true
		case smp.EffectStopTimer:
			runs, restarted = false, false
		case smp.EffectSend:
			anew = anew || e.PDU[0] != byte(smp.CodePairingFailed)
		}
	}
	for i := range m.traces {
		anew = anew || !timed(m.traces[i].From) && timed(m.traces[i].To)
	}
	if runs != timed(m.after) || restarted != (anew && timed(m.after)) {
		r.broken("the timer of the %v: runs %v in %v, started anew %v", name(m.role), runs, m.after, restarted)
	}
}

// watchReplies demands one answer to each request for a key.
func (r *run) watchReplies(m *moment) {
	want, replies := 0, 0
	if m.event == smp.EventLTKRequest && m.before != smp.StateClosed {
		want = 1
	}
	for i := range m.effects {
		switch m.effects[i].Kind {
		case smp.EffectReplyPairingKey, smp.EffectReplyStoredKey, smp.EffectNegativeReply:
			replies++
		}
	}
	if replies != want {
		r.broken("%d replies to the controller's request for a key in %v", replies, m.before)
	}
}

// watchReports demands one report for each pairing that ends.
func (r *run) watchReports(m *moment) {
	reports := 0
	for i := range m.effects {
		switch m.effects[i].Kind {
		case smp.EffectReportComplete, smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportTimeout:
			reports++
		}
	}
	open := inPairing(m.before) || m.before == smp.StateAwaitSecurity
	refused := m.before == smp.StateIdle && m.event == smp.EventMalformedPDU
	ends := inPairing(m.before) && !inPairing(m.after)
	if reports > 1 || reports == 1 && !open && !refused || reports == 0 && ends {
		r.broken("%d reports of the end of a pairing: %v on %v", reports, m.before, m.event)
	}
}

func (r *run) watchEffect(w *world, m *moment, g *ghost, e *smp.Effect) {
	switch e.Kind {
	case smp.EffectSend:
		r.watchSend(m, g, e.PDU)
	case smp.EffectAskPasskey, smp.EffectAskCompare:
		g.asked = true
	case smp.EffectStartPairingEncryption, smp.EffectReplyPairingKey:
		g.started++
		if g.started > 1 {
			r.broken("the %v starts the encryption of one pairing twice", name(m.role))
		}
		if !g.authenticated() {
			r.broken("the %v gives a key before the end of authentication", name(m.role))
		}
		g.key, g.waiting = e.Key, true
	case smp.EffectStartStoredEncryption, smp.EffectReplyStoredKey:
		r.watchStoredKey(w, m, e)
	}
}

func (r *run) watchEnd(w *world, m *moment, g *ghost, e *smp.Effect) {
	switch e.Kind {
	case smp.EffectStoreBond:
		r.watchBond(w, m, g, e.Bond)
	case smp.EffectReportComplete:
		g.completed++
		if !g.encrypted {
			r.broken("the %v completes a pairing without encryption", name(m.role))
		}
	}
}

func (r *run) watchSend(m *moment, g *ghost, pdu []byte) {
	switch {
	case len(m.in.PDU) > 0 && m.in.PDU[0] == byte(smp.CodePairingFailed):
		r.broken("the %v answers Pairing Failed", name(m.role))
	case g.mute || g.closed:
		r.broken("the %v sends after a timeout or the end of the link", name(m.role))
	}
	switch smp.PDUCode(pdu[0]) {
	case smp.CodePairingRequest:
		g.request = pdu[authReqAt]
	case smp.CodePairingResponse:
		g.response = pdu[authReqAt]
	}
	g.sent |= 1 << pdu[0]
}

// authenticated reports whether the side has seen the end of phase 2, its user's
// yes among it.
func (g *ghost) authenticated() bool {
	both := func(code smp.PDUCode) bool { return g.sent&g.received&(1<<code) != 0 }
	if g.asked && !g.yes {
		return false
	}
	if smp.AuthReq(g.request & g.response).SC() {
		return both(smp.CodeDHKeyCheck)
	}
	return both(smp.CodePairingConfirm) && both(smp.CodePairingRandom)
}

func (r *run) watchStoredKey(w *world, m *moment, e *smp.Effect) {
	b := w.sides[m.role].bond
	for i := range m.effects {
		if m.effects[i].Kind == smp.EffectStoreBond {
			b = m.effects[i].Bond
		}
	}
	var want *bond.LongTermKey
	switch {
	case b == nil:
	case m.role == bt.Central:
		want = b.PeerLTK
	default:
		want = b.LocalLTK
	}
	if want == nil || !e.Key.Equal(want.Key) || e.EDIV != want.EDIV || e.Rand != want.Rand {
		r.broken("the key of the %v is not the stored one", name(m.role))
	}
}

func (r *run) watchBond(w *world, m *moment, g *ghost, b *bond.Bond) {
	g.bonds++
	if !g.encrypted || g.bonds > 1 || g.request&bondingBits == 0 || g.response&bondingBits == 0 {
		r.broken("the %v stores a bond out of turn", name(m.role))
	}
	if err := b.Validate(); err != nil {
		r.broken("the %v stores what is no bond: %v", name(m.role), err)
	}
	other := &w.sides[1-m.role]
	if other.bond != nil && other.bondKey.Equal(g.key) && !agree(b, other.bond) {
		r.broken("the two sides store different bonds")
	}
	s := &w.sides[m.role]
	kept := b.Clone()
	s.bond, s.bondKey = &kept, g.key
}

// agree reports whether two bonds are the two sides of one pairing.
func agree(a, b *bond.Bond) bool {
	return a.SC == b.SC && a.MITM == b.MITM && a.KeySize == b.KeySize && a.Model == b.Model && a.Debug == b.Debug &&
		same(a.LocalLTK, b.PeerLTK) && same(a.PeerLTK, b.LocalLTK) &&
		same(a.LocalCSRK, b.PeerCSRK) && same(a.PeerCSRK, b.LocalCSRK) &&
		a.Peer == b.Local && b.Peer == a.Local
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// watchLevel demands that both sides report the same of one encryption.
func (r *run) watchLevel(w *world, role bt.Role, e *smp.Effect) {
	if !e.Encrypted {
		return
	}
	if r.setup.Attack {
		return
	}
	told := &w.link.reports[r.ended%2]
	if told.start == r.ended && told.role != role && told.level != e.Level {
		r.broken("the two sides report different levels: %v and %v", told.level, e.Level)
	}
	*told = report{r.ended, role, e.Level}
}

// watchRest looks at a world in which nothing more happens by itself.
func (r *run) watchRest(w *world) {
	if r.setup.Attack {
		return // the attacker may fall silent, and the timer ends what it has begun
	}
	for i := range w.sides {
		s := &w.sides[i]
		state := r.state(w, bt.Role(i))
		waits := r.table.States[state].Flags&(table.WaitPeer|table.WaitController) != 0
		excused := w.causes&(TimedOut|Lost|Injected) != 0 || state == smp.StateAwaitSecurity
		if waits && !excused {
			r.broken("the %v waits in %v, and nobody has anything to do", name(bt.Role(i)), state)
		}
		if w.causes == 0 && r.setup.Completes && s.ghost.began != s.ghost.completed {
			r.broken("the %v has begun %d pairings and completed %d, though nothing went wrong", name(bt.Role(i)), s.ghost.began, s.ghost.completed)
		}
	}
	a, b := &w.sides[0], &w.sides[1]
	if w.causes&^oneSided == w.causes && !r.setup.Uneven && ((a.bond == nil) != (b.bond == nil) || !a.bondKey.Equal(b.bondKey)) {
		r.broken("the two sides have bonds of different pairings, and nothing that could excuse it")
	}
}

// oneSided are the causes for which one side alone may keep a bond: the other
// had no way to know that it was done, or none to say that it was not.
const oneSided = TimedOut | Dropped | Lost | Injected | KeysDiffered | EncryptionLost

func name(role bt.Role) string {
	if role == bt.Central {
		return "initiator"
	}
	return "responder"
}
