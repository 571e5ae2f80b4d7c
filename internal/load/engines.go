package load

import (
	"crypto/rand"
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
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
	scratch   [160]byte
	key       bt.Key // of the encryption that was started
	shown     uint32 // passkey or number
	level     smp.Level
	completed bool
	err       error
}

// letter is an input on its way to an end.
type letter struct {
	to          bt.Role
	event       smp.EventKind
	first, size int // of a PDU in pdus; of size 0 for an event
	question    uint64
	passkey     uint32
	ediv        uint16
	rand        uint64
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
		pair, err := toolbox.NewKeyPair(rand.Reader)
		if err != nil {
			return err
		}
		e.ahead = append(e.ahead, pair)
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
	e.step(bt.Central, &smp.Input{Event: smp.EventPair, Features: &e.features[0]})
	var in smp.Input
	for n := 0; n < len(e.mail); n++ { // a step may append
		l := e.mail[n]
		in = smp.Input{Event: l.event, Question: l.question, Passkey: l.passkey, EDIV: l.ediv, Rand: l.rand}
		switch {
		case l.size > 0:
			in.PDU = e.pdus[l.first:][:l.size]
		case l.event == smp.EventConsentGiven:
			in.Features = &e.features[l.to]
		}
		e.step(l.to, &in)
	}
	for role := range e.ends {
		end := &e.ends[role]
		if end.err != nil || !end.completed || !e.model.reached(end.level) {
			return errors.Join(end.err, fmt.Errorf("the %v is in %v, with %v", bt.Role(role), end.procedure.State(), end.level))
		}
	}
	return nil
}

// step gives an end what has happened, and carries out what comes of it.
func (e *Engines) step(to bt.Role, in *smp.Input) {
	end := &e.ends[to]
	in.Scratch = end.scratch[:0]
	end.effects = end.procedure.Step(end.effects[:0], *in)
	sent := false
	for i := range end.effects {
		sent = e.do(to, &end.effects[i]) || sent
	}
	if sent {
		e.mail = append(e.mail, letter{to: to, event: smp.EventDelivered})
	}
}

// do carries out one effect of a role, without timers, and reports whether it has
// sent a PDU.
func (e *Engines) do(role bt.Role, effect *smp.Effect) (sent bool) {
	end, peer := &e.ends[role], &e.ends[1-role]
	switch effect.Kind {
	case smp.EffectSend:
		e.mail = append(e.mail, letter{to: 1 - role, first: len(e.pdus), size: len(effect.PDU)})
		e.pdus = append(e.pdus, effect.PDU...)
		return true
	case smp.EffectAskPairing:
		e.answer(role, effect, smp.EventConsentGiven, 0)
	case smp.EffectAskFeatures:
		e.answer(role, effect, smp.EventFeaturesConfirmed, 0)
	case smp.EffectAskCompare:
		e.answer(role, effect, smp.EventNumbersEqual, 0)
	case smp.EffectShowPasskey:
		end.shown = effect.Number
	case smp.EffectAskPasskey: // which the responder has shown by now
		e.answer(role, effect, smp.EventPasskeyEntered, peer.shown)
	case smp.EffectStartPairingEncryption:
		end.key = effect.Key
		e.mail = append(e.mail, letter{to: 1 - role, event: smp.EventLTKRequest, ediv: effect.EDIV, rand: effect.Rand})
	case smp.EffectReplyPairingKey:
		event := smp.EventEncryptionOn
		if !effect.Key.Equal(peer.key) {
			event = smp.EventEncryptionFailed
		}
		e.mail = append(e.mail, letter{to: role, event: event}, letter{to: 1 - role, event: event})
	case smp.EffectReportComplete:
		end.completed, end.level = true, effect.Result.Level
	case smp.EffectReportFailure, smp.EffectReportEnd:
		end.err = effect.Err
	}
	return false
}

func (e *Engines) answer(role bt.Role, question *smp.Effect, event smp.EventKind, passkey uint32) {
	e.mail = append(e.mail, letter{to: role, event: event, question: question.Question, passkey: passkey})
}
