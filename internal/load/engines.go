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
	ahead    []smp.KeyPair    // made by Prepare
	oob      [2]*smp.LocalOOB // serve every pairing here, as they may not elsewhere
}

// engineEnd is one of the two.
type engineEnd struct {
	procedure *smp.Procedure
	effects   []smp.Effect
	scratch   smp.Scratch
	key       bt.Key // of the encryption that was started
	shown     uint32 // passkey or number
	level     smp.Level
	completed bool
	err       error
}

// letter is an input on its way to an end.
type letter struct {
	to bt.Role
	in smp.Input
}

// NewEngines gives two engines for a model.
func NewEngines(m Model) (*Engines, error) {
	e := &Engines{model: m, features: m.features(), mail: make([]letter, 0, 256), pdus: make([]byte, 0, 4096)}
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
	e.post(bt.Central, smp.EventPair).Features = &e.features[bt.Central]
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

// post puts a letter behind the others, for whoever calls to fill in. It is
// written where it is read from: a letter that is copied just after it was written
// keeps the processor waiting.
func (e *Engines) post(to bt.Role, event smp.EventKind) *smp.Input {
	n := len(e.mail)
	if n < cap(e.mail) {
		e.mail = e.mail[:n+1]
	} else {
		e.mail = append(e.mail, letter{})
	}
	l := &e.mail[n]
	*l = letter{to: to}
	l.in.Event, l.in.Scratch = event, &e.ends[to].scratch
	return &l.in
}

// step gives an end what has happened, and carries out what comes of it. What the
// end sends is acknowledged at once, as on a link without delay.
func (e *Engines) step(l *letter) {
	end := &e.ends[l.to]
	end.effects = end.procedure.Step(end.effects[:0], l.in)
	for e.carryOut(l.to) && !end.procedure.Ignores(smp.EventDelivered) {
		end.effects = end.procedure.Step(end.effects[:0], smp.Input{Event: smp.EventDelivered, Scratch: &end.scratch})
	}
}

// carryOut carries out the effects of a role, and reports whether it has sent a
// PDU.
func (e *Engines) carryOut(role bt.Role) (sent bool) {
	effects := e.ends[role].effects
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
		e.pdus = append(e.pdus, effect.PDU...)
		e.post(1-role, 0).PDU = e.pdus[len(e.pdus)-len(effect.PDU):]
		return true
	case smp.EffectAskPairing:
		e.answer(role, effect, smp.EventConsentGiven).Features = &e.features[role]
	case smp.EffectAskFeatures:
		e.answer(role, effect, smp.EventFeaturesConfirmed)
	case smp.EffectAskCompare:
		e.answer(role, effect, smp.EventNumbersEqual)
	case smp.EffectShowPasskey:
		end.shown = effect.Number
	case smp.EffectAskPasskey: // which the responder has shown by now
		e.answer(role, effect, smp.EventPasskeyEntered).Passkey = peer.shown
	case smp.EffectStartPairingEncryption:
		end.key = effect.Key
		in := e.post(1-role, smp.EventLTKRequest)
		in.EDIV, in.Rand = effect.EDIV, effect.Rand
	case smp.EffectReplyPairingKey:
		event := smp.EventEncryptionOn
		if !effect.Key.Equal(peer.key) {
			event = smp.EventEncryptionFailed
		}
		e.post(role, event)
		e.post(1-role, event)
	case smp.EffectReportComplete:
		end.completed, end.level = true, effect.Result.Level
	case smp.EffectReportFailure, smp.EffectReportEnd:
		end.err = effect.Err
	}
	return false
}

func (e *Engines) answer(role bt.Role, question *smp.Effect, event smp.EventKind) *smp.Input {
	in := e.post(role, event)
	in.Question = question.Question
	return in
}
