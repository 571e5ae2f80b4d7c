package smp_test

import (
	"errors"
	"fmt"
	"slices"

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
	at   int    // the next of mail
	pdus []byte // what mail carries
	keys []smp.KeyPair
}

type duoEnd struct {
	procedure *smp.Procedure
	features  smp.Features
	effects   []smp.Effect
	scratch   [160]byte
	sent      int // PDUs that are not acknowledged
	held      *smp.Effect
	passkey   uint32
	complete  int
	err       error
}

// letter is an input on its way to one end; acknowledge says whose PDU it is.
type letter struct {
	to          bt.Role
	input       smp.Input
	acknowledge bool
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
	d.mail, d.pdus, d.at = d.mail[:0], d.pdus[:0], 0
	before := [2]int{d.ends[0].complete, d.ends[1].complete}
	d.step(bt.Central, in)
	for d.at < len(d.mail) {
		next := &d.mail[d.at]
		d.at++
		to, from := next.to, 1-next.to
		acknowledge := next.acknowledge
		d.step(to, next.input)
		if acknowledge {
			d.acknowledge(from)
		}
	}
	for role := range d.ends {
		if end := &d.ends[role]; end.err != nil || end.complete != before[role]+1 {
			return fmt.Errorf("the %v has completed %d times in %v: %w", bt.Role(role), end.complete-before[role], end.procedure.State(), end.err)
		}
	}
	return nil
}

// acknowledge tells a side that one of its PDUs has arrived.
func (d *duo) acknowledge(role bt.Role) {
	end := &d.ends[role]
	if end.sent--; end.sent > 0 {
		return
	}
	if e := end.held; e != nil {
		end.held = nil
		d.tell(bt.Peripheral, smp.Input{Event: smp.EventLTKRequest, EDIV: e.EDIV, Rand: e.Rand})
	}
	d.step(role, smp.Input{Event: smp.EventDelivered})
}

func (d *duo) step(role bt.Role, in smp.Input) {
	end := &d.ends[role]
	in.Scratch = end.scratch[:0]
	end.effects = end.procedure.Step(end.effects[:0], in)
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
		d.mail = append(d.mail, letter{to: 1 - role, input: smp.Input{PDU: d.pdus[at:]}, acknowledge: true})
	case smp.EffectStartPairingEncryption, smp.EffectStartStoredEncryption:
		waiting := *e
		if end.held = &waiting; end.sent == 0 {
			end.held = nil
			d.tell(bt.Peripheral, smp.Input{Event: smp.EventLTKRequest, EDIV: e.EDIV, Rand: e.Rand})
		}
	case smp.EffectReplyPairingKey, smp.EffectReplyStoredKey:
		d.tell(bt.Peripheral, smp.Input{Event: smp.EventEncryptionOn})
		d.tell(bt.Central, smp.Input{Event: smp.EventEncryptionOn})
	case smp.EffectReportComplete:
		end.complete++
	case smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportRejection, smp.EffectReportTimeout:
		end.err = e.Err
	case smp.EffectRefuse:
		end.err = errors.Join(end.err, e.Refusal.Err())
	case smp.EffectNegativeReply, smp.EffectReportEncryptionFailure:
		end.err = errors.New("encryption failed")
	case smp.EffectAskPairing:
		d.answer(role, e, smp.Input{Event: smp.EventConsentGiven, Features: &end.features})
	case smp.EffectAskFeatures:
		d.answer(role, e, smp.Input{Event: smp.EventFeaturesConfirmed})
	case smp.EffectShowPasskey:
		end.passkey = e.Number
	case smp.EffectAskPasskey:
		d.answer(role, e, smp.Input{Event: smp.EventPasskeyEntered, Passkey: d.ends[1-role].passkey})
	case smp.EffectAskCompare:
		d.answer(role, e, smp.Input{Event: smp.EventNumbersEqual})
	}
}

func (d *duo) answer(role bt.Role, question *smp.Effect, in smp.Input) {
	in.Question = question.Question
	d.tell(role, in)
}

func (d *duo) tell(role bt.Role, in smp.Input) {
	d.mail = append(d.mail, letter{to: role, input: in})
}

// encrypt has the central encrypt with the stored key.
func (d *duo) encrypt() error {
	d.mail, d.pdus, d.at = d.mail[:0], d.pdus[:0], 0
	d.step(bt.Central, smp.Input{Event: smp.EventEncrypt})
	for d.at < len(d.mail) {
		next := d.mail[d.at]
		d.at++
		d.step(next.to, next.input)
	}
	return errors.Join(d.ends[0].err, d.ends[1].err)
}

// clone is for features that are changed.
func both(f smp.Features) [2]smp.Features { return [2]smp.Features{f, f} }

var _ = slices.Clone[[]byte]
