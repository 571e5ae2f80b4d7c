package smp_test

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// duo is two Procedures on one link and nothing else: what one sends the other
// gets, every PDU encoded and decoded, and the users agree at once. It is as
// little as can be around a pairing, for benchmarks; smptest.Rig is for tests.
type duo struct {
	ends [2]duoEnd
	mail []letter
	pdus []byte // what mail carries
	keys []smp.KeyPair
}

type duoEnd struct {
	procedure *smp.Procedure
	features  smp.Features
	effects   []smp.Effect
	scratch   [160]byte
	sent      int    // PDUs that are not acknowledged
	held      letter // to the other side's controller, when all PDUs are acknowledged
	waits     bool   // held is one
	passkey   uint32
	complete  int
	err       error
}

// letter is an input on its way to one end: a PDU, which lies in pdus, or an
// event.
type letter struct {
	to       bt.Role
	event    smp.EventKind
	first    int // of the PDU
	size     int // of the PDU, 0 for none
	question uint64
	passkey  uint32
	ediv     uint16
	rand     uint64
}

// newDuo links two Procedures with these features. Key pairs come from what
// prepare has made ahead, and are made on the spot where there are none left.
func newDuo(features [2]smp.Features, oob [2]*smp.LocalOOB) (*duo, error) {
	d := &duo{pdus: make([]byte, 0, 8192), mail: make([]letter, 0, 256)}
	addresses := [2]bt.TypedAddress{centralAddress, peripheralAddress}
	for role := range d.ends {
		end := &d.ends[role]
		end.features, end.effects = features[role], make([]smp.Effect, 0, 16)
		procedure, err := smp.NewProcedure(smp.Config{
			Role:       bt.Role(role),
			Local:      addresses[role],
			Peer:       addresses[1-role],
			LocalIRK:   bt.Key{byte(role + 1)},
			NewKeyPair: d.nextKeyPair,
			LocalOOB:   func() *smp.LocalOOB { return oob[role] },
		})
		if err != nil {
			return nil, err
		}
		end.procedure = procedure
	}
	return d, nil
}

// prepare makes the key pairs of n pairings ahead.
func (d *duo) prepare(n int) error {
	for range 2 * n {
		pair, err := toolbox.NewKeyPair(random{})
		if err != nil {
			return err
		}
		d.keys = append(d.keys, pair)
	}
	return nil
}

func (d *duo) nextKeyPair() smp.KeyPair {
	if len(d.keys) == 0 {
		if err := d.prepare(1); err != nil {
			panic(err)
		}
	}
	last := len(d.keys) - 1
	pair := d.keys[last]
	d.keys[last] = nil
	d.keys = d.keys[:last]
	return pair
}

// pair has the central pair, and runs until both sides are done.
func (d *duo) pair() error {
	return d.run(smp.Input{Event: smp.EventPair, Features: &d.ends[0].features})
}

func (d *duo) run(in smp.Input) error {
	before := [2]int{d.ends[0].complete, d.ends[1].complete}
	d.step(bt.Central, &in)
	if err := d.deliver(); err != nil {
		return err
	}
	for role := range d.ends {
		if end := &d.ends[role]; end.complete != before[role]+1 {
			return fmt.Errorf("the %v has completed %d pairings, and is in %v", bt.Role(role), end.complete-before[role], end.procedure.State())
		}
	}
	return nil
}

// deliver hands all letters over, and those that come of them.
func (d *duo) deliver() error {
	var in smp.Input
	for i := 0; i < len(d.mail); i++ {
		l := &d.mail[i]
		to := l.to
		if l.size > 0 {
			in = smp.Input{PDU: d.pdus[l.first:][:l.size]}
			d.step(to, &in)
			d.acknowledge(1 - to)
			continue
		}
		in = smp.Input{Event: l.event, Question: l.question, Passkey: l.passkey, EDIV: l.ediv, Rand: l.rand}
		if l.event == smp.EventConsentGiven {
			in.Features = &d.ends[to].features
		}
		d.step(to, &in)
	}
	d.mail, d.pdus = d.mail[:0], d.pdus[:0]
	return errors.Join(d.ends[0].err, d.ends[1].err)
}

// acknowledge tells a side that one of its PDUs has arrived.
func (d *duo) acknowledge(role bt.Role) {
	end := &d.ends[role]
	if end.sent--; end.sent > 0 {
		return
	}
	if end.waits {
		end.waits = false
		d.mail = append(d.mail, end.held)
	}
	d.step(role, &smp.Input{Event: smp.EventDelivered})
}

func (d *duo) step(role bt.Role, in *smp.Input) {
	end := &d.ends[role]
	in.Scratch = end.scratch[:0]
	end.effects = end.procedure.Step(end.effects[:0], *in)
	for i := range end.effects {
		d.carryOut(role, &end.effects[i])
	}
}

func (d *duo) carryOut(role bt.Role, e *smp.Effect) {
	end := &d.ends[role]
	switch e.Kind {
	case smp.EffectSend:
		at := len(d.pdus)
		d.pdus = append(d.pdus, e.PDU...)
		end.sent++
		d.mail = append(d.mail, letter{to: 1 - role, first: at, size: len(e.PDU)})
	case smp.EffectStartPairingEncryption, smp.EffectStartStoredEncryption:
		end.held, end.waits = letter{to: bt.Peripheral, event: smp.EventLTKRequest, ediv: e.EDIV, rand: e.Rand}, true
		if end.sent == 0 {
			end.waits = false
			d.mail = append(d.mail, end.held)
		}
	case smp.EffectReplyPairingKey, smp.EffectReplyStoredKey:
		d.mail = append(d.mail, letter{to: bt.Peripheral, event: smp.EventEncryptionOn})
		d.mail = append(d.mail, letter{to: bt.Central, event: smp.EventEncryptionOn})
	case smp.EffectReportComplete:
		end.complete++
	case smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportRejection, smp.EffectReportTimeout:
		end.err = e.Err
	case smp.EffectRefuse:
		end.err = errors.Join(end.err, e.Refusal.Err())
	case smp.EffectNegativeReply, smp.EffectReportEncryptionFailure:
		end.err = errors.New("encryption failed")
	case smp.EffectAskPairing:
		d.answer(role, e, smp.EventConsentGiven)
	case smp.EffectAskFeatures:
		d.answer(role, e, smp.EventFeaturesConfirmed)
	case smp.EffectShowPasskey:
		end.passkey = e.Number
	case smp.EffectAskPasskey:
		d.answer(role, e, smp.EventPasskeyEntered)
	case smp.EffectAskCompare:
		d.answer(role, e, smp.EventNumbersEqual)
	}
}

func (d *duo) answer(role bt.Role, question *smp.Effect, event smp.EventKind) {
	d.mail = append(d.mail, letter{to: role, event: event, question: question.Question, passkey: d.ends[1-role].passkey})
}

// both gives the two sides the same features.
func both(f smp.Features) [2]smp.Features { return [2]smp.Features{f, f} }
