package verify

import (
	"fmt"
	"slices"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/internal/bridge"
)

// run explores one setup.
type run struct {
	setup   *Setup
	options *Options
	table   *table.Table
	procs   [2]*smp.Procedure
	fresh   [2]bridge.Snapshot // of a new link

	world   *world          // the one that a step changes
	spare   *world          // may be overwritten
	saved   bridge.Snapshot // of the move, nil where it was no step
	at      bt.Role
	traces  []smp.Trace
	taken   rules
	scratch smp.Scratch
	effects []smp.Effect
	ended   uint8 // the start of encryption whose result is handed over

	raw       bool   // nothing is wiped, to test what wiping changes
	forgedIn  *world // whose forgeries these are
	forgeries [][]byte

	found  []string // what the move has broken
	onStep func(*moment)
	note   func(bt.Role, string) // tells of moves that are no steps
}

// The addresses of the two sides.
var addresses = [2]bt.TypedAddress{
	{Type: bt.PublicAddress, Address: bt.Address{0x00, 0x1b, 0xdc, 0x00, 0x00, 0x01}},
	{Type: bt.RandomAddress, Address: bt.Address{0xc0, 0x1b, 0xdc, 0x00, 0x00, 0x02}},
}

func newRun(s *Setup, o *Options, t *table.Table) (*run, error) {
	r := &run{setup: s, options: o, table: t}
	for i := range r.procs {
		role, party := bt.Role(i), &s.Sides[i]
		p, err := smp.NewProcedure(smp.Config{
			Role: role, Local: addresses[i], Peer: addresses[1-i],
			LocalIRK:   bt.Key{15: 0x10 + byte(i)},
			Policy:     party.Policy,
			FindBond:   r.findBond,
			Waiting:    func() bool { return r.world.sides[r.at].pausing },
			LocalOOB:   func() *smp.LocalOOB { return party.OOB },
			Rand:       r.draw,
			NewKeyPair: func() smp.KeyPair { return newPair(r.token('k')) },
			NewPasskey: r.passkey,
			Toolbox:    tokens{},
			Table:      t,
			Trace: func(t smp.Trace) {
				r.traces = append(r.traces, t)
				r.taken.take(t)
			},
		})
		if err != nil {
			return nil, fmt.Errorf("verify: %s: %w", s.Name, err)
		}
		r.procs[i], r.fresh[i] = p, bridge.Save(p)
	}
	return r, nil
}

// start is the world before anything happens.
func (r *run) start() *world {
	s := r.setup
	w := &world{left: budget{pairs: s.Pairs, requests: s.Requests, encrypts: s.Encrypts, faults: r.faults(), links: s.Links, keypresses: s.Keypresses}}
	if w.left.faults > 0 && !s.NoInjection {
		w.left.injections = 1
	}
	if s.Attack {
		w.attacker = new(attacker)
	}
	for i := range w.sides {
		w.sides[i].snap = r.fresh[i]
		w.sides[i].bond = s.Sides[i].Bond
	}
	return w
}

func (r *run) faults() uint8 {
	if r.options.Quick {
		return min(r.setup.Faults, 1)
	}
	return r.setup.Faults
}

func (r *run) broken(format string, args ...any) {
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

func (r *run) state(w *world, role bt.Role) smp.State {
	return smp.State(w.sides[role].snap.State())
}

func (r *run) findBond(peer bt.TypedAddress) *bond.Bond {
	for _, b := range []*bond.Bond{r.world.sides[r.at].bond, r.setup.Sides[r.at].Other} {
		if b != nil && b.Peer == peer {
			return b
		}
	}
	return nil
}

// token is a fresh random value of the side whose step runs.
func (r *run) token(kind byte) [16]byte {
	s := &r.world.sides[r.at]
	s.draws++
	return mix(kind, []byte{byte(r.at), s.pairing, byte(s.draws >> 8), byte(s.draws)})
}

func (r *run) draw(p []byte) {
	t := r.token('n')
	copy(p, t[:])
}

// passkey gives a passkey with bits of both kinds in the first three rounds; the
// attacker, who takes all bits for 0, is found out in the third.
func (r *run) passkey() uint32 {
	t := r.token('p')
	return 0x40000 | uint32(t[0])<<8 | uint32(t[1]&^7) | 0x4
}

// step gives one input to a side and carries out what comes of it.
func (r *run) step(w *world, role bt.Role, in smp.Input) {
	s := &w.sides[role]
	p := r.procs[role]
	bridge.Load(p, s.snap)
	r.world, r.at = w, role
	r.traces = r.traces[:0]
	in.Scratch = &r.scratch
	before := p.State()
	r.effects = p.Step(r.effects[:0], in)
	m := moment{role: role, in: in, event: in.Event, before: before, after: p.State(), effects: r.effects, traces: r.traces}
	if in.PDU != nil {
		m.event = eventOf(r.traces)
	}
	s.snap = bridge.Save(p)
	r.saved = s.snap
	r.watch(w, &m)
	if r.onStep != nil {
		r.onStep(&m)
	}
	for i := range m.effects {
		r.carryOut(w, role, &m.effects[i])
	}
	if p.Idle() || !inPairing(m.after) {
		if s.question != nil {
			s.late, s.question = s.question, nil
		}
		s.shown = 0
	}
}

func eventOf(traces []smp.Trace) smp.EventKind {
	for i := range traces {
		if traces[i].Event != smp.EventChoose {
			return traces[i].Event
		}
	}
	return smp.EventReservedPDU
}

func (s *side) receive(m mail) { s.inbox = append(slices.Clip(s.inbox), m) }

// carryOut does what the procedure wants done.
func (r *run) carryOut(w *world, role bt.Role, e *smp.Effect) {
	s, peer := &w.sides[role], &w.sides[1-role]
	if r.setup.Attack {
		r.hear(w, e)
	}
	switch e.Kind {
	case smp.EffectSend:
		s.lastSent = string(e.PDU)
		if !w.link.gone {
			if r.setup.Attack {
				s.lastSent = "" // the attacker remembers it
			} else {
				peer.receive(mail{pdu: s.lastSent})
			}
			if !r.setup.Attack || s.acks == 0 { // an attacker may acknowledge all at once
				s.acks++
				s.receive(mail{event: smp.EventDelivered})
			}
		}
	case smp.EffectStartTimer, smp.EffectStopTimer:
		s.oldTimer = s.oldTimer || s.armed && r.options.NoNumbers
		s.armed = e.Kind == smp.EffectStartTimer
	case smp.EffectStartPairingEncryption, smp.EffectStartStoredEncryption:
		if r.setup.Attack {
			return
		}
		if s.acks > 0 && !r.options.NoFlush {
			held := *e
			s.held = &held
		} else {
			r.startEncryption(w, e)
		}
	case smp.EffectReplyPairingKey, smp.EffectReplyStoredKey, smp.EffectNegativeReply:
		r.reply(w, e)
	case smp.EffectDisconnect:
		r.drop(w)
	case smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportTimeout, smp.EffectReportEncryptionFailure:
		s.pausing = !r.options.NoPause
	case smp.EffectReportLevel:
		r.watchLevel(w, role, e)
	case smp.EffectShowPasskey:
		s.shown = e.Number
	case smp.EffectAskSecurity, smp.EffectAskPairing, smp.EffectAskFeatures, smp.EffectAskPasskey, smp.EffectAskCompare:
		s.question = &question{kind: e.Kind, id: e.Question, number: e.Number, model: e.Level.Model, replaces: e.Replaces}
		if e.Kind == smp.EffectAskCompare {
			s.number = e.Number
		}
	}
}

// startEncryption is the central's controller: its request for the key goes
// behind all PDUs that have left, and, where nobody waits for them, ahead of
// those that have not.
func (r *run) startEncryption(w *world, e *smp.Effect) {
	l := &w.link
	if l.gone {
		return
	}
	l.starting, l.key, l.ediv, l.rand = true, e.Key, e.EDIV, e.Rand
	request := mail{event: smp.EventLTKRequest, ediv: e.EDIV, rand: e.Rand}
	peer := &w.sides[bt.Peripheral]
	at := len(peer.inbox)
	for waiting := w.sides[bt.Central].acks; r.options.NoFlush && at > 0 && waiting > 0; at-- {
		if peer.inbox[at-1].pdu != "" {
			waiting--
		}
	}
	peer.inbox = slices.Insert(slices.Clone(peer.inbox), at, request)
}

// reply is the peripheral's host answering its controller.
func (r *run) reply(w *world, e *smp.Effect) {
	l := &w.link
	if l.gone || !l.starting || r.setup.Attack {
		return
	}
	l.starting = false
	tell := func(m mail) {
		w.sides[0].receive(m)
		w.sides[1].receive(m)
	}
	switch {
	case e.Kind == smp.EffectNegativeReply:
		w.sides[bt.Central].receive(mail{event: smp.EventEncryptionFailed, status: bt.PINOrKeyMissing})
	case l.failNext:
		l.failNext = false
		tell(mail{event: smp.EventEncryptionFailed, status: bt.ConnectionTimeout})
	case !e.Key.Equal(l.key):
		if e.Kind == smp.EffectReplyPairingKey && w.causes&(Injected|Lost) == 0 {
			r.broken("the two sides start encryption with different keys")
		}
		if w.causes == 0 && !r.setup.Uneven {
			r.broken("the two sides encrypt with keys of different bonds, though nothing went wrong")
		}
		w.causes |= KeysDiffered
		r.drop(w)
	default:
		l.encrypted = true
		l.starts = l.starts%127 + 1
		tell(mail{event: smp.EventEncryptionOn, start: l.starts})
	}
}

// drop ends the link. What has been acknowledged still arrives.
func (r *run) drop(w *world) {
	if w.link.gone {
		return
	}
	w.link = link{gone: true}
	for i := range w.sides {
		s := &w.sides[i]
		unacknowledged := int(w.sides[1-i].acks)
		var kept []mail
		pdus := 0
		for _, m := range s.inbox {
			if m.pdu != "" {
				pdus++
			}
		}
		for _, m := range s.inbox {
			if m.pdu != "" && pdus > unacknowledged {
				kept = append(kept, m)
			}
			if m.pdu != "" {
				pdus--
			}
		}
		s.inbox = append(kept, mail{event: smp.EventDisconnected, status: bt.ConnectionTimeout})
		s.held = nil
	}
	for i := range w.sides {
		w.sides[i].acks = 0
	}
}
