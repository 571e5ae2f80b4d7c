package load

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
)

// Engines pair two Procedures on one link, again and again: every PDU is encoded
// and decoded, and keys are distributed. What a driver, a link and a store would
// do is not there. One goroutine at a time may use it.
type Engines struct {
	model    Model
	features [2]smp.Features
	ends     [2]engineEnd
	mail     []letter         // what is under way, the oldest first
	pdus     []byte           // the PDUs of mail
	effects  []smp.Effect     // of one step
	scratch  smp.Scratch      // of one step
	ahead    []smp.KeyPair    // made by Prepare
	oob      [2]*smp.LocalOOB // serve every pairing here, as they may not elsewhere
}

// engineEnd is one of the two.
type engineEnd struct {
	procedure *smp.Procedure
	key       bt.Key // of the encryption that was started
	shown     uint32 // passkey or number
	level     smp.Level
	completed bool
	err       error
}

// letter is an input on its way to an end, without pointers.
type letter struct {
	to       bt.Role
	event    smp.EventKind
	offers   bool // the end's features
	size     int  // of a PDU, 0 where there is none
	pdu      int  // where it lies
	question uint64
	passkey  uint32
	ediv     uint16
	rand     uint64
}

// NewEngines gives two engines for a model.
func NewEngines(m Model) (*Engines, error) {
	e := &Engines{model: m, features: m.features(), mail: make([]letter, 0, 256), pdus: make([]byte, 0, 4096), effects: make([]smp.Effect, 0, 16)}
	address := [2]bt.TypedAddress{{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}}, peerAddress(1)}
	for role := range e.ends {
		if m.comesTo == smp.OutOfBand {
			own := smp.NewLocalOOB(address[role])
			e.oob[role] = own
			e.features[1-role].PeerOOB = &smp.PeerOOB{Address: own.Address, Confirm: &own.Confirm, Random: &own.Random}
		}
		procedure, err := smp.NewProcedure(smp.Config{
			Role: bt.Role(role), Local: address[role], Peer: address[1-role],
			LocalOOB:   func() *smp.LocalOOB { return e.oob[role] },
			NewKeyPair: e.nextKeyPair,
		})
		if err != nil {
			return nil, err
		}
		e.ends[role].procedure = procedure
	}
	return e, nil
}

// Prepare makes the key pairs of n pairings ahead.
func (e *Engines) Prepare(n int) error {
	if e.model.Cryptography.Legacy() || e.model.comesTo == smp.OutOfBand {
		return nil
	}
	for range 2 * n {
		e.ahead = append(e.ahead, newKeyPair())
	}
	return nil
}

// nextKeyPair gives a pair that was made ahead; Run sees to it that there is one.
func (e *Engines) nextKeyPair() smp.KeyPair {
	last := len(e.ahead) - 1
	pair := e.ahead[last]
	e.ahead[last] = nil
	e.ahead = e.ahead[:last]
	return pair
}

// Run pairs n times, as often as was prepared for.
func (e *Engines) Run(n int) error {
	for range n {
		if err := e.pair(); err != nil {
			return fmt.Errorf("load: %s at the engine: %w", e.model.Name, err)
		}
	}
	return nil
}

// pair is one pairing.
func (e *Engines) pair() error {
	if len(e.ahead) < 2 && !e.model.Cryptography.Legacy() && e.model.comesTo != smp.OutOfBand {
		return errors.New("more pairings than were prepared for")
	}
	for role := range e.ends {
		e.ends[role].completed, e.ends[role].err = false, nil
	}
	e.mail, e.pdus = e.mail[:0], e.pdus[:0]
	e.post(letter{to: bt.Central, event: smp.EventPair, offers: true})
	for n := 0; n < len(e.mail); n++ { // a step may append
		e.step(&e.mail[n])
	}
	for role := range e.ends {
		end := &e.ends[role]
		if end.err != nil || !end.completed || !e.model.reached(end.level) {
			return errors.Join(end.err, fmt.Errorf("the %v is in %v, with %v", bt.Role(role), end.procedure.State(), end.level))
		}
	}
	return nil
}

// post puts a letter behind the others.
func (e *Engines) post(l letter) { e.mail = append(e.mail, l) }

// step gives an end what has happened, and carries out what comes of it. What the
// end sends is acknowledged at once, as on a link without delay.
func (e *Engines) step(l *letter) {
	to, procedure := l.to, e.ends[l.to].procedure
	in := smp.Input{Event: l.event, Scratch: &e.scratch, Question: l.question, Passkey: l.passkey, EDIV: l.ediv, Rand: l.rand}
	if l.size > 0 {
		in.PDU = e.pdus[l.pdu : l.pdu+l.size]
	}
	if l.offers {
		in.Features = &e.features[to]
	}
	effects := procedure.Step(e.effects, in)
	for e.carryOut(to, effects) && !procedure.Ignores(smp.EventDelivered) {
		effects = procedure.Step(e.effects, smp.Input{Event: smp.EventDelivered, Scratch: &e.scratch})
	}
}

// carryOut carries out the effects of a role, and reports whether it has sent a
// PDU.
func (e *Engines) carryOut(role bt.Role, effects []smp.Effect) (sent bool) {
	for i := range effects {
		sent = e.do(role, &effects[i]) || sent
	}
	return sent
}

// do carries out one effect of a role, without timers, and reports whether it has
// sent a PDU.
func (e *Engines) do(role bt.Role, effect *smp.Effect) (sent bool) {
	end, peer := &e.ends[role], &e.ends[1-role]
	switch effect.Kind {
	case smp.EffectSend:
		e.post(letter{to: 1 - role, size: len(effect.PDU), pdu: len(e.pdus)})
		e.pdus = append(e.pdus, effect.PDU...)
		return true
	case smp.EffectAskPairing:
		e.post(letter{to: role, event: smp.EventConsentGiven, question: effect.Question, offers: true})
	case smp.EffectAskFeatures:
		e.post(letter{to: role, event: smp.EventFeaturesConfirmed, question: effect.Question})
	case smp.EffectAskCompare:
		e.post(letter{to: role, event: smp.EventNumbersEqual, question: effect.Question})
	case smp.EffectShowPasskey:
		end.shown = effect.Number
	case smp.EffectAskPasskey: // which the responder has shown by now
		e.post(letter{to: role, event: smp.EventPasskeyEntered, question: effect.Question, passkey: peer.shown})
	case smp.EffectStartPairingEncryption:
		end.key = effect.Key
		e.post(letter{to: 1 - role, event: smp.EventLTKRequest, ediv: effect.EDIV, rand: effect.Rand})
	case smp.EffectReplyPairingKey:
		event := smp.EventEncryptionOn
		if !effect.Key.Equal(peer.key) {
			event = smp.EventEncryptionFailed
		}
		e.post(letter{to: role, event: event})
		e.post(letter{to: 1 - role, event: event})
	case smp.EffectReportComplete:
		end.completed, end.level = true, effect.Result.Level
	case smp.EffectReportFailure, smp.EffectReportEnd:
		end.err = effect.Err
	}
	return false
}
