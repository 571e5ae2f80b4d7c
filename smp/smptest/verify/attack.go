package verify

import (
	"slices"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// attacker is what the peer of a lone Procedure knows. It follows no rules: it
// sends any PDU at any time, also what it has heard, and computes whatever can
// be computed with a key pair, a random and a passkey of its own.
type attacker struct {
	heard   [heardCodes]string // the last PDU of each code
	earlier [heardCodes]string // the one before
	told    string             // its own Pairing Request or Response
}

// heardCodes is one more than the last code that an attacker remembers.
const heardCodes = int(smp.CodeDHKeyCheck) + 1

// The attacker's own values. Its passkey is wrong in some of the rounds that are
// played; that a guess may be right by chance is the protocol's own bound.
var (
	attackersPair   = newPair(mix('a'))
	attackersRandom = mix('z')
)

// attackersFeatures are what it claims to be.
var attackersFeatures = [][6]byte{
	{0x04, 0x00, 0x0d, 0x10, 0x03, 0x03}, // SC, and able to do everything
	{0x03, 0x00, 0x09, 0x10, 0x03, 0x03}, // SC, and able to do nothing
	{0x04, 0x00, 0x05, 0x10, 0x03, 0x03},
	{0x03, 0x00, 0x01, 0x10, 0x03, 0x03},
	{0x00, 0x01, 0x0d, 0x10, 0x03, 0x03}, // with out-of-band data
	{0x00, 0x01, 0x05, 0x10, 0x03, 0x03},
	{0x04, 0x00, 0x0d, 0x07, 0x03, 0x03}, // with the shortest key
	{0x04, 0x00, 0x0d, 0x10, 0x00, 0x03}, // without keys of the initiator
}

// forged lists what the attacker may send. What it gives is made once for all
// moves from a world.
func (r *run) forged(w *world) [][]byte {
	if r.forgedIn != w {
		r.forgedIn, r.forgeries = w, r.forge(w)
	}
	return r.forgeries
}

func (r *run) forge(w *world) [][]byte {
	victim := r.setup.Victim
	k := w.attacker
	var all [][]byte
	if w.left.pairs > 0 || victim == bt.Central {
		code := byte(smp.CodePairingRequest) + byte(1-victim)
		for _, f := range attackersFeatures {
			all = append(all, append([]byte{code}, f[:]...))
		}
	}
	for code := range k.heard {
		for _, pdu := range []string{k.heard[code], k.earlier[code]} {
			if pdu != "" && (code != int(smp.CodePairingRequest) || w.left.pairs > 0) {
				all = append(all, []byte(pdu))
			}
		}
	}
	all = append(all, attackersKeys...)
	for _, pdu := range canned {
		if (len(pdu) != 7 || pdu[0] > byte(smp.CodePairingResponse)) && (pdu[0] != byte(smp.CodeSecurityRequest) || w.left.pairs > 0) {
			all = append(all, pdu)
		}
	}
	put := func(code smp.PDUCode, value [16]byte) {
		pdu := []byte{byte(code)}
		for i := range value {
			pdu = append(pdu, value[15-i])
		}
		all = append(all, pdu)
	}
	put(smp.CodePairingRandom, attackersRandom)
	req, rsp, ok := k.features(victim)
	if !ok {
		return all
	}
	put(smp.CodePairingConfirm, tokens{}.C1(bt.Key{}, attackersRandom, req, rsp, addresses[0], addresses[1]))
	if x, ok := k.publicX(); ok {
		for _, z := range []byte{0, 0x80} {
			put(smp.CodePairingConfirm, tokens{}.F4(attackersPair.public.X, x, attackersRandom, z))
		}
		if mac, _, ok := k.keys(victim); ok {
			own := 1 - victim
			pdu := []byte(k.told)
			random, _ := k.random()
			put(smp.CodeDHKeyCheck, tokens{}.F6(mac, attackersRandom, random, [16]byte{}, [3]byte{pdu[3], pdu[2], pdu[1]}, addresses[own], addresses[victim]))
		}
	}
	return all
}

// features gives both feature PDUs, in the order of the roles.
func (k *attacker) features(victim bt.Role) (req, rsp [7]byte, ok bool) {
	theirs := k.heard[int(smp.CodePairingRequest)+int(victim)]
	if len(theirs) != 7 || len(k.told) != 7 {
		return req, rsp, false
	}
	copy(req[:], theirs)
	copy(rsp[:], k.told)
	if victim == bt.Peripheral {
		req, rsp = rsp, req
	}
	return req, rsp, true
}

func (k *attacker) publicX() (x [32]byte, ok bool) {
	var key smp.PublicKey
	if err := key.Unmarshal([]byte(k.heard[smp.CodePublicKey])); err != nil {
		return x, false
	}
	return key.X, true
}

func (k *attacker) random() (v [16]byte, ok bool) {
	var pdu smp.PairingRandom
	if err := pdu.Unmarshal([]byte(k.heard[smp.CodePairingRandom])); err != nil {
		return v, false
	}
	return pdu.Value, true
}

// keys gives MacKey and LTK as the attacker's own key pair makes them.
func (k *attacker) keys(victim bt.Role) (mac, ltk bt.Key, ok bool) {
	x, ok := k.publicX()
	random, heard := k.random()
	if !ok || !heard {
		return mac, ltk, false
	}
	secret, _ := attackersPair.DH(publicKey(x))
	n := [2][16]byte{attackersRandom, attackersRandom}
	n[victim] = random
	mac, ltk = tokens{}.F5(secret, n[0], n[1], addresses[0], addresses[1])
	return mac, ltk, true
}

// knows reports whether the attacker can compute a key, cut to any size.
func (k *attacker) knows(victim bt.Role, key bt.Key) bool {
	var all []bt.Key
	if _, ltk, ok := k.keys(victim); ok {
		all = append(all, ltk)
	}
	if random, ok := k.random(); ok {
		n := [2][16]byte{attackersRandom, attackersRandom}
		n[victim] = random
		all = append(all, tokens{}.S1(bt.Key{}, n[1], n[0]))
	}
	return slices.ContainsFunc(all, func(known bt.Key) bool {
		for size := toolbox.MinKeySize; size <= toolbox.MaxKeySize; size++ {
			if short, err := toolbox.Shorten(known, size); err == nil && short.Equal(key) {
				return true
			}
		}
		return false
	})
}

// attackMoves lists what can happen to a lone side.
func (r *run) attackMoves(w *world, all []move) []move {
	victim := r.setup.Victim
	s := &w.sides[victim]
	state := r.state(w, victim)
	if len(s.inbox) > 0 {
		all = append(all, move{kind: deliver, role: victim})
	}
	all = r.misuses(w, victim, all)
	if s.question != nil {
		if s.question.kind != smp.EffectAskCompare { // the right device shows no number, so nobody says yes
			all = append(all, move{kind: answer, role: victim})
		}
		all = append(all, move{kind: refuse, role: victim})
		if s.question.kind == smp.EffectAskFeatures && s.question.replaces {
			all = append(all, move{kind: keepBond, role: victim})
		}
	}
	if w.link.gone || state == smp.StateClosed {
		return all
	}
	for i := range r.forged(w) {
		all = append(all, move{forge, victim, uint8(i)})
	}
	if victim == bt.Peripheral {
		all = append(all, move{kind: askKey, role: victim}, move{askKey, victim, 1})
		if state == smp.StateIdle && w.left.requests > 0 {
			all = append(all, move{kind: request, role: victim})
		}
	} else if state == smp.StateIdle && w.left.pairs > 0 {
		all = append(all, move{kind: pairUp})
	}
	if w.link.starting {
		all = append(all, move{kind: endStart, role: victim})
		if w.attacker.knows(victim, w.link.key) {
			all = append(all, move{endStart, victim, 1})
		}
	}
	if s.armed {
		all = append(all, move{kind: timeout, role: victim})
	}
	if inPairing(state) || state == smp.StateAwaitSecurity {
		all = append(all, move{kind: cancel, role: victim})
	}
	return append(all, move{kind: unencrypt, role: victim}, move{kind: spoil, role: victim}, move{kind: disconnect, role: victim})
}

// forgedStep gives the side what the attacker sends.
func (r *run) forgedStep(w *world, pdu []byte, m move) {
	listens := !inPairing(r.state(w, m.role)) || r.state(w, m.role) == smp.StateAwaitResponse
	if code := smp.PDUCode(pdu[0]); listens && len(pdu) == 7 && code == smp.CodePairingRequest+smp.PDUCode(1-m.role) {
		k := *w.attacker
		k.told, w.attacker = string(pdu), &k
	}
	r.step(w, m.role, smp.Input{PDU: pdu})
}

// hear is the attacker listening to an effect of the side.
func (r *run) hear(w *world, e *smp.Effect) {
	switch e.Kind {
	case smp.EffectSend:
		switch code := smp.PDUCode(e.PDU[0]); code {
		case smp.CodePairingFailed, smp.CodeSecurityRequest, smp.CodeKeypressNotification,
			smp.CodeEncryptionInformation, smp.CodeCentralIdentification, smp.CodeIdentityInformation,
			smp.CodeIdentityAddressInformation, smp.CodeSigningInformation:
		default:
			k := *w.attacker
			if k.heard[code] != string(e.PDU) {
				k.heard[code], k.earlier[code] = string(e.PDU), k.heard[code]
			}
			w.attacker = &k
		}
	case smp.EffectAskPairing, smp.EffectAskSecurity:
		w.left.pairs -= min(w.left.pairs, 1)
	case smp.EffectStartPairingEncryption, smp.EffectReplyPairingKey:
		if r.setup.Unknown {
			r.broken("the %v gives an attacker a key, though its user asked for protection", name(r.setup.Victim))
		}
		w.link.starting, w.link.key = true, e.Key
	case smp.EffectStartStoredEncryption, smp.EffectReplyStoredKey:
		w.link.starting, w.link.key = true, e.Key
	case smp.EffectStoreBond:
		if r.setup.Unknown {
			r.broken("the %v keeps an attacker's keys, though its user asked for protection", name(r.setup.Victim))
		}
	}
}

// endStarting is the controller's result: an encryption goes well where the
// attacker has the key.
func (r *run) endStarting(w *world, m move) {
	w.link.starting = false
	in := smp.Input{Event: smp.EventEncryptionFailed, Status: bt.PINOrKeyMissing}
	if m.arg == 1 {
		in = smp.Input{Event: smp.EventEncryptionOn}
		w.link.encrypted, w.sides[m.role].encrypted = true, true
	}
	r.step(w, m.role, in)
}
