package replay

import (
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// recorder is the real cryptography, with a note of the keys that pass
// through it.
type recorder struct {
	smp.Toolbox

	stands, means bt.TypedAddress // the first is replaced by the second

	tk, stk, macKey, ltk *bt.Key
	dhKey                *toolbox.DHKey
}

func (r *recorder) C1(tk bt.Key, random [16]byte, preq, pres [7]byte, initiator, responder bt.TypedAddress) [16]byte {
	r.tk = &tk
	return r.Toolbox.C1(tk, random, preq, pres, r.real(initiator), r.real(responder))
}

func (r *recorder) S1(tk bt.Key, responder, initiator [16]byte) bt.Key {
	stk := r.Toolbox.S1(tk, responder, initiator)
	r.stk = &stk
	return stk
}

func (r *recorder) F5(w toolbox.DHKey, n1, n2 [16]byte, a1, a2 bt.TypedAddress) (macKey, ltk bt.Key) {
	macKey, ltk = r.Toolbox.F5(w, n1, n2, r.real(a1), r.real(a2))
	r.macKey, r.ltk = &macKey, &ltk
	return macKey, ltk
}

func (r *recorder) F6(w bt.Key, n1, n2, x [16]byte, ioCap [3]byte, a1, a2 bt.TypedAddress) [16]byte {
	return r.Toolbox.F6(w, n1, n2, x, ioCap, r.real(a1), r.real(a2))
}

func (r *recorder) DHKey(own smp.KeyPair, peer toolbox.PublicKey) toolbox.DHKey {
	key := r.Toolbox.DHKey(own, peer)
	r.dhKey = &key
	return key
}

func (r *recorder) real(a bt.TypedAddress) bt.TypedAddress {
	if a == r.stands {
		return r.means
	}
	return a
}
