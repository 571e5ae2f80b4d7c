package smp

import (
	"encoding/binary"
	"sync"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp/internal/bridge"
)

func init() {
	bridge.Save = func(p any) bridge.Snapshot { return p.(*Procedure).save() }
	bridge.Load = func(p any, from bridge.Snapshot) { p.(*Procedure).load(from.(*snapshot)) }
}

// snapshot is what a Procedure remembers between two steps, for the verifier.
type snapshot struct {
	table   *table.Table
	machine table.Machine

	encrypted, onBond, pendingOnBond bool
	level, pending                   Level

	peerIdentity     bt.TypedAddress
	question, arming uint64

	pairing *pairing // nil at rest
}

// What was given back: most of what the verifier tries leads to what it knows.
var (
	snapshots = sync.Pool{New: func() any { return new(snapshot) }}
	pairings  = sync.Pool{New: func() any { return new(pairing) }}
)

func (p *Procedure) save() *snapshot {
	s := snapshots.Get().(*snapshot)
	*s = snapshot{
		table:     p.config.Table,
		machine:   p.machine,
		encrypted: p.encrypted, onBond: p.onBond, pendingOnBond: p.pendingOnBond,
		level: p.level, pending: p.pending,
		peerIdentity: p.peerIdentity,
		question:     p.question, arming: p.arming,
	}
	if p.memory != nil {
		s.pairing = pairings.Get().(*pairing)
		*s.pairing = p.pairing
	}
	return s
}

func (p *Procedure) load(s *snapshot) {
	p.machine = s.machine
	p.encrypted, p.onBond, p.pendingOnBond = s.encrypted, s.onBond, s.pendingOnBond
	p.level, p.pending = s.level, s.pending
	p.peerIdentity = s.peerIdentity
	p.question, p.arming = s.question, s.arming
	switch {
	case s.pairing != nil:
		if p.memory == nil {
			p.memory = memories.Get().(*memory)
		}
		p.pairing, p.message = *s.pairing, message{}
	case p.memory != nil:
		p.release()
	}
}

// Free gives the memory to a later save.
func (s *snapshot) Free() {
	if s.pairing != nil {
		pairings.Put(s.pairing)
	}
	snapshots.Put(s)
}

// Question is the number of the last question.
func (s *snapshot) Question() uint64 { return s.question }

// State is where the procedure stands.
func (s *snapshot) State() uint8 { return s.machine.State }

// Arming is the number of the timer's last start or stop.
func (s *snapshot) Arming() uint64 { return s.arming }

// AppendTo appends everything on which later steps depend. What an event brings
// along is not part of it, nor are numbers that only have to be the last.
func (s *snapshot) AppendTo(dst []byte) []byte {
	dst = append(dst, s.machine.State)
	for i, slot := range s.table.Slots {
		if slot.Kind == table.Var {
			dst = append(dst, s.machine.Slots[i])
		}
	}
	dst = append(dst, bit8(s.encrypted), bit8(s.onBond), bit8(s.pendingOnBond), byte(s.peerIdentity.Type))
	dst = append(dst, s.peerIdentity.Address[:]...)
	dst = s.level.appendTo(dst)
	dst = s.pending.appendTo(dst)
	if s.pairing == nil {
		return append(dst, 0)
	}
	return s.pairing.appendTo(append(dst, 1))
}

func (l Level) appendTo(dst []byte) []byte {
	return append(dst, bit8(l.MITM), bit8(l.SC), byte(l.KeySize), byte(l.Model))
}

func (x *pairing) appendTo(dst []byte) []byte {
	f := &x.features
	dst = append(dst, byte(f.IOCapability), byte(f.authReq()), byte(f.MaxKeySize), byte(f.InitiatorKeys), byte(f.ResponderKeys))
	dst = append(dst, bit8(f.PeerOOB != nil), bit8(x.oob != nil), byte(x.asked), byte(x.wanted), byte(x.keypress))
	dst = append(dst, x.asSent[0][:]...)
	dst = append(dst, x.asSent[1][:]...)
	dst = binary.BigEndian.AppendUint32(dst, x.passkey)
	dst = binary.BigEndian.AppendUint32(dst, x.number)
	if x.pair != nil {
		public := x.pair.Public()
		dst = append(dst, public.X[:]...)
	}
	for i := range x.public {
		dst = append(append(dst, x.public[i].X[:]...), x.public[i].Y[:]...)
		dst = append(append(dst, x.nonce[i][:]...), x.r[i][:]...)
		dst = x.keys[i].appendTo(dst)
	}
	for _, value := range [][16]byte{x.tk, x.confirm, x.peerConfirm, x.macKey, x.sessionKey, x.uncutLTK, x.check, x.peerCheck, x.ownLTK.Key, x.ownCSRK} {
		dst = append(dst, value[:]...)
	}
	return append(dst, x.dhKey[:]...)
}

func bit8(b bool) byte {
	if b {
		return 1
	}
	return 0
}
