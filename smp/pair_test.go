package smp_test

import (
	"fmt"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// duo is two procedures on one link without a host: what one sends, the other
// receives, and the controllers encrypt at once.
type duo struct {
	t     *testing.T
	sides [2]*side
	log   []string
}

type side struct {
	p        *smp.Procedure
	features smp.Features
	inbox    []smp.Input
	bonds    []*bond.Bond
	passkey  uint32
	results  []*smp.Result
	errs     []*smp.PairingError
	key      bt.Key
}

func newDuo(t *testing.T, features [2]smp.Features) *duo {
	d := &duo{t: t}
	addrs := [2]bt.TypedAddress{{Address: bt.Address{1, 2, 3, 4, 5, 6}}, {Type: bt.RandomAddress, Address: bt.Address{0xc1, 2, 3, 4, 5, 6}}}
	for i := range d.sides {
		p, err := smp.NewProcedure(smp.Config{
			Role: bt.Role(i), Local: addrs[i], Peer: addrs[1-i], NewPasskey: func() uint32 { return 7 },
			Trace: func(tr smp.Trace) { d.log = append(d.log, tr.String()) },
		})
		if err != nil {
			t.Fatal(err)
		}
		d.sides[i] = &side{p: p, features: features[i]}
	}
	return d
}

func (d *duo) run() {
	for range 1000 {
		idle := true
		for i, s := range d.sides {
			if len(s.inbox) == 0 {
				continue
			}
			idle = false
			in := s.inbox[0]
			s.inbox = s.inbox[1:]
			for _, e := range s.p.Step(nil, in) {
				d.effect(i, e)
			}
		}
		if idle {
			return
		}
	}
	d.t.Fatal("endless")
}

func (d *duo) effect(i int, e smp.Effect) {
	s, o := d.sides[i], d.sides[1-i]
	switch e.Kind {
	case smp.EffectSend:
		o.inbox = append(o.inbox, smp.Input{PDU: append([]byte{}, e.PDU...)})
		s.inbox = append(s.inbox, smp.Input{Event: smp.EventDelivered})
	case smp.EffectAskPairing, smp.EffectAskSecurity:
		s.inbox = append(s.inbox, smp.Input{Event: smp.EventConsentGiven, Question: e.Question, Features: &s.features})
	case smp.EffectAskFeatures:
		s.inbox = append(s.inbox, smp.Input{Event: smp.EventFeaturesConfirmed, Question: e.Question})
	case smp.EffectAskPasskey:
		s.inbox = append(s.inbox, smp.Input{Event: smp.EventPasskeyEntered, Question: e.Question, Passkey: 7})
	case smp.EffectShowPasskey:
		s.passkey = e.Number
	case smp.EffectAskCompare:
		s.inbox = append(s.inbox, smp.Input{Event: smp.EventNumbersEqual, Question: e.Question})
	case smp.EffectStartPairingEncryption:
		s.key = e.Key
		o.inbox = append(o.inbox, smp.Input{Event: smp.EventLTKRequest, EDIV: e.EDIV, Rand: e.Rand})
	case smp.EffectReplyPairingKey:
		if e.Key != o.key {
			d.t.Error("keys differ")
		}
		s.inbox = append(s.inbox, smp.Input{Event: smp.EventEncryptionOn})
		o.inbox = append(o.inbox, smp.Input{Event: smp.EventEncryptionOn})
	case smp.EffectStoreBond:
		s.bonds = append(s.bonds, e.Bond)
	case smp.EffectReportComplete:
		s.results = append(s.results, e.Result)
	case smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportTimeout:
		s.errs = append(s.errs, e.Err)
	}
}

func TestModels(t *testing.T) {
	for _, sc := range []bool{true, false} {
		for i := range 5 {
			for j := range 5 {
				t.Run(fmt.Sprintf("sc=%v/%v/%v", sc, smp.IOCapability(i), smp.IOCapability(j)), func(t *testing.T) {
					var f [2]smp.Features
					for k, io := range []int{i, j} {
						f[k] = smp.DefaultFeatures()
						f[k].IOCapability = smp.IOCapability(io)
						f[k].SC = sc
						f[k].InitiatorKeys |= smp.KeyDistributionSignKey
						f[k].ResponderKeys |= smp.KeyDistributionSignKey
						f[k].MITM = i != 3 && j != 3 && !(i == 0 && j <= 1) && !(i == 1 && (j == 0 || j == 1 && !sc))
					}
					d := newDuo(t, f)
					d.sides[0].inbox = append(d.sides[0].inbox, smp.Input{Event: smp.EventPair, Features: &f[0]})
					if i == 2 && j == 2 {
						d.sides[0].passkey, d.sides[1].passkey = 7, 7
					}
					d.run()
					for k, s := range d.sides {
						if len(s.results) != 1 || len(s.errs) != 0 || len(s.bonds) != 1 {
							for _, l := range d.log {
								t.Log(l)
							}
							t.Fatalf("side %d: results %v errs %v bonds %v", k, s.results, s.errs, len(s.bonds))
						}
						if err := s.bonds[0].Validate(); err != nil {
							t.Error(err)
						}
					}
					t.Log(d.sides[0].results[0].Level)
				})
			}
		}
	}
}
