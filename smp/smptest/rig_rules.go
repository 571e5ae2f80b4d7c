package smptest

import (
	"fmt"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// rules is what the Rig remembers to check them.
type rules struct {
	sides    [2]ghost
	numbers  [2]*uint32 // last number that the user was to compare
	stored   []kept
	tampered bool

	// encrypted says what the controllers have told each side of the link.
	encrypted [2]bool
}

// ghost is one side of a pairing as an observer sees it.
type ghost struct {
	request, response []byte
	sent, received    [16]int // PDUs by code
	asked             bool    // passkey or comparison
	answered          bool
	started           int
	key               bt.Key
	waiting           bool // encryption with the pairing's key was started
	encrypted         bool // and has ended well
	bonds             int
	mute, closed      bool
}

// kept is a bond that was stored, with the key that encrypted its pairing.
type kept struct {
	role  bt.Role
	onAir bt.TypedAddress // of the side that stored it
	key   bt.Key
	bond  *bond.Bond
}

// Pairing reports whether a state belongs to a pairing.
func Pairing(s smp.State) bool {
	switch s {
	case smp.StateIdle, smp.StateEncryptingStored, smp.StateSettling, smp.StateAwaitSecurity, smp.StateMute, smp.StateClosed:
		return false
	}
	return true
}

// waitsOutside reports whether a state that belongs to no pairing ends in a
// report all the same.
func waitsOutside(s smp.State) bool { return s == smp.StateAwaitSecurity }

func (r *Rig) broken(format string, args ...any) {
	r.Broken = append(r.Broken, fmt.Sprintf(format, args...))
}

// watch holds one step against the rules.
func (r *Rig) watch(m Moment) {
	g := &r.rules.sides[m.Device.Role]
	g.encrypted = g.encrypted || g.waiting && m.Event == smp.EventEncryptionOn
	r.watchReports(m)
	r.watchTimer(m)
	r.watchReply(m)
	r.watchLink(m)
	for i := range m.Effects {
		r.watchEnd(m, g, &m.Effects[i])
	}
	g.begin(m) // one event may show that a pairing has ended, and begin another
	g.receive(m)
	for i := range m.Effects {
		r.watchEffect(m, g, &m.Effects[i])
	}
	if m.Event == smp.EventTimeout && len(m.Traces) > 0 && m.After == smp.StateMute {
		g.mute = true
	}
	if m.Event == smp.EventDisconnected {
		g.closed = true
	}
}

// begin forgets the pairing before where another one begins in this step.
func (g *ghost) begin(m Moment) {
	for _, t := range m.Traces {
		if !Pairing(t.From) && Pairing(t.To) {
			*g = ghost{mute: g.mute, closed: g.closed}
			m.Device.rig.rules.numbers[m.Device.Role] = nil
		}
	}
}

// receive notes what the step was given.
func (g *ghost) receive(m Moment) {
	switch m.Event {
	case smp.EventPairingRequest:
		g.request = m.Input.PDU
	case smp.EventPairingResponse:
		g.response = m.Input.PDU
	case smp.EventPasskeyEntered, smp.EventNumbersEqual:
		g.answered = g.answered || len(m.Traces) > 0
	}
	if pdu := m.Input.PDU; len(pdu) > 0 && int(pdu[0]) < len(g.received) {
		g.received[pdu[0]]++
	}
}

// watchTimer holds the procedure's timer against what starts and stops it: it
// runs in a pairing and while a Security Request waits, and begins anew with
// every command that is sent, and with the two requests that are received
// (Core Vol 3, Part H, 3.4).
func (r *Rig) watchTimer(m Moment) {
	timed := func(s smp.State) bool { return Pairing(s) || waitsOutside(s) }
	runs, restarted := m.Device.timer.running, false
	anew := (m.Event == smp.EventPairingRequest || m.Event == smp.EventSecurityRequest) && len(m.Effects) > 0
	for _, e := range m.Effects {
		switch e.Kind {
		case smp.EffectStartTimer:
			runs, restarted = true, true
		case smp.EffectStopTimer:
			runs, restarted = false, false
		case smp.EffectSend:
			anew = anew || e.PDU[0] != byte(smp.CodePairingFailed)
		}
	}
	for _, t := range m.Traces {
		anew = anew || !timed(t.From) && timed(t.To)
	}
	if runs != timed(m.After) || restarted != (anew && timed(m.After)) {
		r.broken("%v: timer runs %v, started anew %v", m, runs, restarted)
	}
}

// watchNumbers demands that an answer counts for the question to which it was
// given, and a timeout for the start to which it belongs: nobody has agreed to
// what was asked later.
func (r *Rig) watchNumbers(m Moment, given smp.Input) {
	stale := isAnswer(m.Event) && given.Question != m.Device.Asked || m.Event == smp.EventTimeout && given.Arming != m.Device.Arming
	if stale && (len(m.Effects) > 0 || m.Before != m.After) {
		r.broken("%v: what belongs to an earlier question or start counts for a later one", m)
	}
}

// watchReply demands one answer to the controller's request for a key, and none
// without a request (Core Vol 4, Part E, 7.7.65.5).
func (r *Rig) watchReply(m Moment) {
	want, replies := 0, 0
	if m.Event == smp.EventLTKRequest && m.Before != smp.StateClosed {
		want = 1
	}
	for _, e := range m.Effects {
		switch e.Kind {
		case smp.EffectReplyPairingKey, smp.EffectReplyStoredKey, smp.EffectNegativeReply:
			replies++
		}
	}
	if replies != want {
		r.broken("%v: %d replies to the controller", m, replies)
	}
}

// watchLink demands that a link which has lost its encryption, or has no key for
// a request, is ended where a procedure is running, and no other; and that
// whoever waits for the controllers waits no longer once they are done (Core Vol
// 3, Part H, 2.4.4).
func (r *Rig) watchLink(m Moment) {
	was := &r.rules.encrypted[m.Device.Role]
	waits := m.Before == smp.StateEncryptingStored || m.Before == smp.StateSettling
	running := waits || Pairing(m.Before)
	lost := false
	switch m.Event {
	case smp.EventEncryptionOn, smp.EventEncryptionOff, smp.EventEncryptionFailed:
		lost = *was && running && m.Event != smp.EventEncryptionOn
		failed := m.Before == smp.StateAwaitEncryption && m.Event != smp.EventEncryptionOn
		if (waits || failed) && m.After != smp.StateIdle {
			r.broken("%v: the controllers are done, and it still waits", m)
		}
	case smp.EventLTKRequest:
		lost = *was && hasEffect(m, smp.EffectNegativeReply)
	}
	if lost != hasEffect(m, smp.EffectDisconnect) {
		r.broken("%v: encryption lost %v, link ended %v", m, lost, !lost)
	}
	started := hasEffect(m, smp.EffectStartStoredEncryption) || hasEffect(m, smp.EffectReplyStoredKey) && m.After != smp.StateMute && !Pairing(m.Before)
	if started && m.After != smp.StateEncryptingStored {
		r.broken("%v: the controllers encrypt, and it does not wait", m)
	}
	switch m.Event {
	case smp.EventEncryptionOn:
		*was = true
	case smp.EventEncryptionOff:
		*was = false
	}
}

func hasEffect(m Moment, kind smp.EffectKind) bool {
	for _, e := range m.Effects {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// watchReports holds the number of reports against the states.
func (r *Rig) watchReports(m Moment) {
	reports := 0
	for _, e := range m.Effects {
		switch e.Kind {
		case smp.EffectReportComplete, smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportTimeout:
			reports++
		}
	}
	open := Pairing(m.Before) || waitsOutside(m.Before)
	ends := Pairing(m.Before) && !Pairing(m.After)
	refusedRequest := m.Before == smp.StateIdle && m.Event == smp.EventMalformedPDU
	if reports > 1 || reports == 1 && !open && !refusedRequest || reports == 0 && ends {
		r.broken("%v: %d reports", m, reports)
	}
}

func (r *Rig) watchEffect(m Moment, g *ghost, e *smp.Effect) {
	switch e.Kind {
	case smp.EffectSend:
		r.watchSend(m, g, e.PDU)
	case smp.EffectAskPasskey, smp.EffectAskCompare:
		g.asked = true
		if e.Kind == smp.EffectAskCompare {
			number := e.Number
			r.rules.numbers[m.Device.Role] = &number
		}
	case smp.EffectStartPairingEncryption, smp.EffectReplyPairingKey:
		g.started++
		if g.started > 1 {
			r.broken("%v: encryption started twice", m)
		}
		if !g.authenticated() {
			r.broken("%v: key before the end of authentication", m)
		}
		g.key, g.waiting = e.Key, true
	case smp.EffectStartStoredEncryption, smp.EffectReplyStoredKey:
		r.watchStoredKey(m, e)
	}
}

// watchEnd holds what a pairing has brought against the rules.
func (r *Rig) watchEnd(m Moment, g *ghost, e *smp.Effect) {
	switch e.Kind {
	case smp.EffectStoreBond:
		r.watchBond(m, g, e.Bond)
	case smp.EffectReportComplete:
		if !g.encrypted {
			r.broken("%v: complete without encryption", m)
		}
	}
}

// watchSend holds a PDU that goes out against the rules.
func (r *Rig) watchSend(m Moment, g *ghost, pdu []byte) {
	switch {
	case len(m.Input.PDU) > 0 && m.Input.PDU[0] == byte(smp.CodePairingFailed):
		r.broken("%v: Pairing Failed answered", m)
	case g.mute || g.closed:
		r.broken("%v: sent after timeout or end of link", m)
	}
	switch smp.PDUCode(pdu[0]) {
	case smp.CodePairingRequest:
		g.request = pdu
	case smp.CodePairingResponse:
		g.response = pdu
	}
	g.sent[pdu[0]]++
}

// authenticated reports whether the side has seen the end of phase 2.
func (g *ghost) authenticated() bool {
	has := func(counts [16]int, code smp.PDUCode) bool { return counts[code] > 0 }
	last := smp.CodePairingRandom
	if g.secure() {
		last = smp.CodeDHKeyCheck
	}
	if g.asked && !g.answered || !has(g.received, last) || !has(g.sent, last) {
		return false
	}
	return g.secure() || has(g.sent, smp.CodePairingConfirm) && has(g.received, smp.CodePairingConfirm)
}

// secure reports whether both sides offered LE Secure Connections.
func (g *ghost) secure() bool {
	const authReq = 3
	return len(g.request) > authReq && len(g.response) > authReq && smp.AuthReq(g.request[authReq]&g.response[authReq]).SC()
}

func (r *Rig) watchStoredKey(m Moment, e *smp.Effect) {
	b := m.Device.Bond()
	for i := range m.Effects {
		if m.Effects[i].Kind == smp.EffectStoreBond {
			b = m.Effects[i].Bond // not in the store yet
		}
	}
	if b == nil {
		r.broken("%v: key not the stored one", m)
		return
	}
	want := b.LocalLTK
	if m.Device.Role == bt.Central {
		want = b.PeerLTK
	}
	if want == nil || !e.Key.Equal(want.Key) || e.EDIV != want.EDIV || e.Rand != want.Rand {
		r.broken("%v: key not the stored one", m)
	}
}

func (r *Rig) watchBond(m Moment, g *ghost, b *bond.Bond) {
	const authReq, bonding = 3, 0x03
	g.bonds++
	if !g.encrypted || g.bonds > 1 || g.request[authReq]&bonding == 0 || g.response[authReq]&bonding == 0 {
		r.broken("%v: bond stored out of turn", m)
	}
	if err := b.Validate(); err != nil {
		r.broken("%v: %v", m, err)
	}
	one := kept{role: m.Device.Role, onAir: m.Device.config.Local, key: g.key, bond: b}
	for _, other := range r.rules.stored {
		if other.role != one.role && other.key.Equal(one.key) && !r.rules.tampered && !one.agrees(other) {
			r.broken("%v: bonds differ", m)
		}
	}
	r.rules.stored = append(r.rules.stored, one)
}

// agrees reports whether two bonds are the two sides of one pairing.
func (k kept) agrees(other kept) bool {
	a, b := k.bond, other.bond
	return a.SC == b.SC && a.MITM == b.MITM && a.KeySize == b.KeySize && a.Model == b.Model && a.Debug == b.Debug &&
		same(a.LocalLTK, b.PeerLTK) && same(a.PeerLTK, b.LocalLTK) &&
		same(a.LocalCSRK, b.PeerCSRK) && same(a.PeerCSRK, b.LocalCSRK) &&
		other.names(a.Peer) && k.names(b.Peer)
}

// names reports whether an address is one of the side that stored the bond.
func (k kept) names(address bt.TypedAddress) bool {
	return address == k.bond.Local || address == k.onAir
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
