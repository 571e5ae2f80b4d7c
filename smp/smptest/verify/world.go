package verify

import (
	"encoding/binary"
	"hash/maphash"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/internal/bridge"
)

// world is one state of the exploration: two sides, the link, and what may still
// go wrong. It is copied for every move; what it points to never changes.
type world struct {
	sides  [2]side
	link   link
	left   budget
	causes Causes

	attacker *attacker // where there is one in place of the other side
}

// side is one device, by role.
type side struct {
	snap  bridge.Snapshot
	inbox []mail

	question *question // not answered yet
	late     *question // its answer comes when nobody asks any more
	shown    uint32    // the passkey that the device shows; 0 for none
	number   uint32    // the last number to compare

	encrypted bool // as its controller has told it

	armed    bool // the procedure's timer
	oldTimer bool // a start of it before the last one has fired, and nobody has heard

	acks     uint8 // PDUs that are not acknowledged
	held     *smp.Effect
	pausing  bool   // a pairing has failed, and what was on its way then has not all arrived
	pairing  uint8  // pairings so far that have drawn random values
	draws    uint16 // random values in this one
	bond     *bond.Bond
	bondKey  bt.Key // of the pairing that made it
	lastSent string

	ghost ghost
}

// question is what a user was asked.
type question struct {
	kind   smp.EffectKind
	id     uint64
	number uint32
	model  smp.AssociationModel

	replaces bool // a bond, which only the user may allow
}

// mail is what a controller hands to its host.
type mail struct {
	pdu    string // "" for an event
	event  smp.EventKind
	status bt.Status
	ediv   uint16
	rand   uint64
	start  uint8 // the start of encryption that has ended, counted from 1
}

// link is what the controllers know.
type link struct {
	gone      bool
	encrypted bool
	starting  bool
	failNext  bool
	key       bt.Key
	ediv      uint16
	rand      uint64
	starts    uint8     // of encryption that went well, modulo 128
	reports   [2]report // of the last two of them
}

// report is the level that one side has told of a start of encryption.
type report struct {
	start uint8 // 0 for none
	role  bt.Role
	level smp.Level
}

// budget is what may still happen.
type budget struct {
	pairs, requests, encrypts, faults, injections, links, keypresses uint8
}

// Causes are the things that can go wrong; those of a run are its explanation.
type Causes uint16

// The causes.
const (
	Refused Causes = 1 << iota
	Cancelled
	TimedOut
	Dropped
	EncryptionFailed
	Lost
	Injected
	KeysDiffered
	EncryptionLost
	Misused
)

// hasher turns worlds into numbers.
type hasher struct {
	seed maphash.Seed
	buf  []byte
}

func (h *hasher) sum(w *world) uint64 {
	b := h.buf[:0]
	for i := range w.sides {
		b = w.sides[i].appendTo(b)
	}
	l := &w.link
	b = append(b, flags(l.gone, l.encrypted, l.starting, l.failNext), l.starts, byte(l.ediv>>8), byte(l.ediv))
	b = append(b, l.key[:]...)
	b = binary.BigEndian.AppendUint64(b, l.rand)
	for i := range l.reports {
		x := &l.reports[i]
		b = append(b, x.start, byte(x.role), byte(x.level.KeySize), byte(x.level.Model), flags(x.level.SC, x.level.MITM))
	}
	x := w.left
	b = append(b, x.pairs, x.requests, x.encrypts, x.faults, x.injections, x.links, x.keypresses, byte(w.causes), byte(w.causes>>8))
	if k := w.attacker; k != nil {
		for i := range k.heard {
			b = append(append(b, byte(len(k.heard[i]))), k.heard[i]...)
			b = append(append(b, byte(len(k.earlier[i]))), k.earlier[i]...)
		}
		b = append(b, k.told...)
	}
	h.buf = b
	return maphash.Bytes(h.seed, b)
}

func (s *side) appendTo(b []byte) []byte {
	b = s.snap.AppendTo(b)
	for i := range s.inbox {
		m := &s.inbox[i]
		b = append(b, byte(m.event), byte(m.status), byte(m.ediv>>8), byte(m.ediv), m.start, byte(len(m.pdu)))
		b = binary.BigEndian.AppendUint64(b, m.rand)
		b = append(b, m.pdu...)
	}
	b = append(b, 0xff)
	for _, q := range []*question{s.question, s.late} {
		if q == nil {
			b = append(b, 0)
			continue
		}
		b = append(b, byte(q.kind), flags(q.id == s.snap.Question(), q.replaces), byte(q.model))
		b = binary.BigEndian.AppendUint32(b, q.number)
	}
	b = binary.BigEndian.AppendUint32(b, s.shown)
	b = binary.BigEndian.AppendUint32(b, s.number)
	b = append(b, flags(s.armed, s.oldTimer, s.held != nil, s.pausing), s.acks, s.pairing, byte(s.draws>>8), byte(s.draws))
	if s.held != nil {
		b = append(b, s.held.Key[:]...)
	}
	if s.bond != nil {
		b = append(append(b, 1), s.bondKey[:]...)
		for _, ltk := range []*bond.LongTermKey{s.bond.LocalLTK, s.bond.PeerLTK} {
			if ltk != nil {
				b = append(b, ltk.Key[:]...)
			}
		}
	}
	b = append(append(b, byte(len(s.lastSent))), s.lastSent...)
	return s.ghost.appendTo(b)
}

func flags(bits ...bool) (set byte) {
	for i, bit := range bits {
		if bit {
			set |= 1 << i
		}
	}
	return set
}
