package replay

import (
	"fmt"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// checkDistributed holds the result against the PDUs of the record and against
// what the transcript says they carry.
func (p *play) checkDistributed() *Mismatch {
	r := p.seen.result
	if r == nil || p.t.expect.outcome != paired {
		return nil
	}
	for side, got := range [2]smp.Keys{r.Initiator, r.Responder} {
		if r.Level.SC {
			got.LTK = nil
		}
		if m := p.checkSide(sideNames[side], got, p.carried(bt.Role(side)), true); m != nil {
			return m
		}
		if d := p.t.expect.distributed; d != nil {
			if r.Level.SC && d[side].ltk != nil {
				got.LTK = r.Responder.LTK
			}
			if m := p.checkSide(sideNames[side], got, d[side], false); m != nil {
				return m
			}
		}
	}
	return nil
}

// carried is what the PDUs of a side distribute.
func (p *play) carried(r bt.Role) (d distributed) {
	for i := range p.t.Steps {
		if s := &p.t.Steps[i]; s.At == r {
			s.distribute(&d)
		}
	}
	return d
}

// distribute sets what the step distributes, if it does.
func (s *Step) distribute(d *distributed) {
	var (
		ltk      smp.EncryptionInformation
		central  smp.CentralIdentification
		irk      smp.IdentityInformation
		identity smp.IdentityAddressInformation
		csrk     smp.SigningInformation
	)
	switch {
	case s.Kind != PDUStep:
	case ltk.Unmarshal(s.PDU) == nil:
		d.ltk = &ltk.LTK
	case central.Unmarshal(s.PDU) == nil:
		d.ediv, d.rand = &central.EDIV, &central.Rand
	case irk.Unmarshal(s.PDU) == nil:
		d.irk = &irk.IRK
	case identity.Unmarshal(s.PDU) == nil:
		d.identity = &bt.TypedAddress{Type: identity.AddressType, Address: identity.Address}
	case csrk.Unmarshal(s.PDU) == nil:
		d.csrk = &csrk.CSRK
	}
}

// checkCarried holds a key PDU against the keys that the transcript says its
// sender has distributed, so that the step is named and not only the key.
func (p *play) checkCarried(s *Step) *Mismatch {
	e := &p.t.expect
	if e.distributed == nil || e.outcome != paired || p.pairings() > 1 {
		return nil
	}
	var got distributed
	s.distribute(&got)
	want := &e.distributed[s.At]
	same := p.sameIfKnown(want.ltk, got.ltk) && p.sameIfKnown(want.irk, got.irk) && p.sameIfKnown(want.csrk, got.csrk) &&
		equalIfKnown(want.ediv, got.ediv) && equalIfKnown(want.rand, got.rand) && equalIfKnown(want.identity, got.identity)
	if same {
		return nil
	}
	return p.mismatch(s, "what expect.distributed."+sideNames[s.At]+" has", p.describe(outputOf(s)))
}

func (p *play) sameIfKnown(want, got *bt.Key) bool {
	return want == nil || got == nil || p.sameKey(*want, *got)
}

func equalIfKnown[T comparable](want, got *T) bool {
	return want == nil || got == nil || *want == *got
}

// checkSide compares the keys of a side; all says that what is not wanted must
// not be there.
func (p *play) checkSide(name string, got smp.Keys, want distributed, all bool) *Mismatch {
	var gotLTK *bt.Key
	var gotEDIV *uint16
	var gotRand *uint64
	if got.LTK != nil {
		gotLTK, gotEDIV, gotRand = &got.LTK.Key, &got.LTK.EDIV, &got.LTK.Rand
	}
	what := func(field string) string { return "distributed." + name + "." + field }
	if want.irk != nil && want.irk.IsZero() { // says that there is none
		if got.IRK != nil {
			return expected(what("irk"), "none", "one")
		}
		want.irk = nil
	}
	for _, k := range []struct {
		name      string
		want, got *bt.Key
	}{{"ltk", want.ltk, gotLTK}, {"irk", want.irk, got.IRK}, {"csrk", want.csrk, got.CSRK}} {
		if m := p.checkKey(what(k.name), k.want, k.got); m != nil {
			return m
		}
		if all && k.want == nil && k.got != nil {
			return expected(what(k.name), "none", "one")
		}
	}
	if m := checkPlain(what("ediv"), want.ediv, gotEDIV); m != nil {
		return m
	}
	if m := checkPlain(what("rand"), want.rand, gotRand); m != nil {
		return m
	}
	return checkPlain(what("identity_address"), want.identity, got.Identity)
}

func checkPlain[T comparable](name string, want, got *T) *Mismatch {
	switch {
	case want == nil:
		return nil
	case got == nil:
		return expected(name, fmt.Sprint(*want), "none")
	case *want != *got:
		return expected(name, fmt.Sprint(*want), fmt.Sprint(*got))
	}
	return nil
}

// checkReconnect encrypts a new link with what the pairing has left, once as
// central and once as peripheral.
func (p *play) checkReconnect() *Mismatch {
	if p.t.expect.outcome != paired || p.seen.result == nil {
		return nil
	}
	for central, want := range p.t.expect.reconnect {
		if want == nil {
			continue
		}
		name := "reconnect." + sideNames[central] + "_central"
		role := bt.Peripheral
		if bt.Role(central) == p.role {
			role = bt.Central
		}
		got, err := p.encryptAgain(role, want)
		if err != nil {
			return expected(name, "a key", err.Error())
		}
		if m := p.checkKey(name+".ltk", &want.ltk, &got.Key); m != nil {
			return m
		}
		if role == bt.Peripheral {
			continue // it is asked with EDIV and Rand
		}
		if m := checkPlain(name+".ediv", &want.ediv, &got.EDIV); m != nil {
			return m
		}
		if m := checkPlain(name+".rand", &want.rand, &got.Rand); m != nil {
			return m
		}
	}
	return nil
}

// encryptAgain gives the key that our side uses on the next link.
func (p *play) encryptAgain(role bt.Role, asked *longTermKey) (*smp.Effect, error) {
	left := p.left()
	config := smp.Config{
		Role:          role,
		Local:         p.config.Local,
		Peer:          p.config.Peer,
		LocalIdentity: p.config.LocalIdentity,
		PeerIdentity:  left.Peer,
		Policy:        p.config.Policy,
		FindBond: func(a bt.TypedAddress) *bond.Bond {
			if a != left.Peer {
				return nil
			}
			return left
		},
		Table: p.player.Table,
	}
	proc, err := smp.NewProcedure(config)
	if err != nil {
		return nil, err
	}
	in := smp.Input{Event: smp.EventEncrypt}
	if role == bt.Peripheral {
		in = smp.Input{Event: smp.EventLTKRequest, EDIV: asked.ediv, Rand: asked.rand}
	}
	in.Scratch = &p.scratch
	for _, e := range proc.Step(nil, in) {
		switch e.Kind {
		case smp.EffectStartStoredEncryption, smp.EffectReplyStoredKey:
			return &e, nil
		case smp.EffectRefuse:
			return nil, e.Refusal.Err()
		case smp.EffectNegativeReply:
			return nil, smp.ErrNoLTK
		}
	}
	return nil, smp.ErrNoLTK
}

// left is the bond, or what it would be had the two sides wanted one.
func (p *play) left() *bond.Bond {
	if p.seen.bond != nil {
		return p.seen.bond
	}
	r := p.seen.result
	keys := [2]smp.Keys{r.Initiator, r.Responder}
	stored := func(k *smp.LongTermKey) *bond.LongTermKey {
		if k == nil {
			return nil
		}
		return &bond.LongTermKey{Key: k.Key, EDIV: k.EDIV, Rand: k.Rand}
	}
	return &bond.Bond{
		Local:    p.config.LocalIdentity,
		Peer:     p.config.Peer,
		SC:       r.Level.SC,
		MITM:     r.Level.MITM,
		Model:    uint8(r.Level.Model),
		KeySize:  r.Level.KeySize,
		LocalLTK: stored(keys[p.role].LTK),
		PeerLTK:  stored(keys[p.t.other(p.role)].LTK),
	}
}
