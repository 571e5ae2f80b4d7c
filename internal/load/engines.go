package load

import (
	"crypto/rand"
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// Engines pair two Procedures, again and again, each time on a new connection:
// every PDU is encoded and decoded, and keys are distributed. What a driver, a
// link and a store would do is not there. One goroutine at a time may use it.
type Engines struct {
	model    Model
	features [2]smp.Features
	address  [2]bt.TypedAddress
	sides    [2]bareSide
	ahead    [2][]smp.KeyPair // made by Prepare, or the data that fix them
	oob      [2][]*smp.LocalOOB
}

// bareSide is one of the two.
type bareSide struct {
	procedure *smp.Procedure
	effects   []smp.Effect
	scratch   [160]byte
	inputs    []smp.Input // that wait
	sent      []byte      // the PDUs of this pairing
	key       bt.Key      // of the encryption that was started
	shown     uint32      // passkey or number
	level     smp.Level
	done      bool
	err       error
}

// NewEngines gives two engines for a model.
func NewEngines(m Model) *Engines {
	return &Engines{
		model: m, features: m.features(),
		address: [2]bt.TypedAddress{{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}}, peerAddress(1)},
	}
}

// Prepare makes what n pairings need ahead: key pairs, and out-of-band data.
func (e *Engines) Prepare(n int) error {
	if e.model.Cryptography.Legacy() {
		return nil
	}
	for i := range e.ahead {
		e.ahead[i], e.oob[i] = e.ahead[i][:0], e.oob[i][:0]
		for range n {
			if e.model.comesTo == smp.OutOfBand {
				e.oob[i] = append(e.oob[i], smp.NewLocalOOB(e.address[i]))
				continue
			}
			pair, err := toolbox.NewKeyPair(rand.Reader)
			if err != nil {
				return err
			}
			e.ahead[i] = append(e.ahead[i], pair)
		}
	}
	return nil
}

// Run pairs n times, as often as was prepared for.
func (e *Engines) Run(n int) error {
	for range n {
		if err := e.pair(); err != nil {
			return err
		}
	}
	return nil
}

// pair is one pairing.
func (e *Engines) pair() error {
	for i := range e.sides {
		if err := e.connect(i); err != nil {
			return err
		}
	}
	e.sides[0].inputs = append(e.sides[0].inputs, smp.Input{Event: smp.EventPair, Features: &e.features[0]})
	for e.step(0) || e.step(1) {
	}
	for i := range e.sides {
		s := &e.sides[i]
		if s.err != nil || !s.done || !e.model.reached(s.level) {
			return fmt.Errorf("load: side %d of %s has come to %v: %w", i, e.model.Name, s.level, errors.Join(s.err, errUnfinished))
		}
	}
	return nil
}

var errUnfinished = errors.New("the pairing did not take place as it should")

// connect gives side i a new Procedure.
func (e *Engines) connect(i int) error {
	s := &e.sides[i]
	config := smp.Config{Role: bt.Role(i), Local: e.address[i], Peer: e.address[1-i]}
	switch {
	case len(e.oob[i]) > 0:
		own, peers := last(e.oob[i]), last(e.oob[1-i])
		config.LocalOOB = func() *smp.LocalOOB { return own }
		e.features[i].PeerOOB = &smp.PeerOOB{Address: e.address[1-i], Confirm: &peers.Confirm, Random: &peers.Random}
		if i == 1 { // both have it
			e.oob[0], e.oob[1] = e.oob[0][:len(e.oob[0])-1], e.oob[1][:len(e.oob[1])-1]
		}
	case len(e.ahead[i]) > 0:
		pair := last(e.ahead[i])
		e.ahead[i] = e.ahead[i][:len(e.ahead[i])-1]
		config.NewKeyPair = func() smp.KeyPair { return pair }
	case !e.model.Cryptography.Legacy():
		return errors.New("load: more pairings than were prepared for")
	}
	procedure, err := smp.NewProcedure(config)
	s.procedure, s.inputs, s.done, s.level, s.err = procedure, s.inputs[:0], false, smp.Level{}, nil
	s.sent = s.sent[:0]
	return err
}

func last[T any](all []T) T { return all[len(all)-1] }

// step lets side i do everything that waits for it, and reports whether anything
// did.
func (e *Engines) step(i int) bool {
	s := &e.sides[i]
	if len(s.inputs) == 0 {
		return false
	}
	for n := 0; n < len(s.inputs); n++ { // carrying out may append
		in := s.inputs[n]
		in.Scratch = s.scratch[:0]
		s.effects = s.procedure.Step(s.effects[:0], in)
		for k := range s.effects {
			e.do(i, &s.effects[k])
		}
	}
	s.inputs = s.inputs[:0]
	return true
}

// do carries out one effect of side i, without timers.
func (e *Engines) do(i int, effect *smp.Effect) {
	s, peer := &e.sides[i], &e.sides[1-i]
	in := smp.Input{Question: effect.Question}
	switch effect.Kind {
	case smp.EffectSend:
		e.send(s, peer, effect.PDU)
		in.Event = smp.EventDelivered
	case smp.EffectAskPairing:
		in.Event, in.Features = smp.EventConsentGiven, &e.features[i]
	case smp.EffectAskFeatures:
		in.Event = smp.EventFeaturesConfirmed
	case smp.EffectAskCompare:
		in.Event = smp.EventNumbersEqual
	case smp.EffectShowPasskey:
		s.shown = effect.Number
		return
	case smp.EffectAskPasskey: // the responder has shown it by now
		in.Event, in.Passkey = smp.EventPasskeyEntered, peer.shown
	case smp.EffectStartPairingEncryption:
		s.key = effect.Key
		peer.inputs = append(peer.inputs, smp.Input{Event: smp.EventLTKRequest, EDIV: effect.EDIV, Rand: effect.Rand})
		return
	case smp.EffectReplyPairingKey:
		in.Event = smp.EventEncryptionOn
		if !effect.Key.Equal(peer.key) {
			in = smp.Input{Event: smp.EventEncryptionFailed, Status: bt.MICFailure}
		}
		peer.inputs = append(peer.inputs, in)
	case smp.EffectReportComplete:
		s.done, s.level = true, effect.Result.Level
		return
	case smp.EffectReportFailure, smp.EffectReportEnd:
		s.err = effect.Err
		return
	default:
		return
	}
	s.inputs = append(s.inputs, in)
}

// send puts a PDU where the peer finds it.
func (e *Engines) send(s, peer *bareSide, pdu []byte) {
	at := len(s.sent)
	s.sent = append(s.sent, pdu...)
	peer.inputs = append(peer.inputs, smp.Input{PDU: s.sent[at:]})
}
