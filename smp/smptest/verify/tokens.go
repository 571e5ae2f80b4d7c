package verify

import (
	"encoding/binary"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// tokens is a toolbox whose functions mark their arguments instead of computing
// anything: two values are equal where name and arguments are, but for the odds
// of a 128-bit mix.
type tokens struct{}

var _ smp.Toolbox = tokens{}

// mix makes a token of a name and arguments.
func mix(name byte, args ...[]byte) [16]byte {
	a, b := uint64(0x9e3779b97f4a7c15)^uint64(name), uint64(0xc2b2ae3d27d4eb4f)+uint64(name)<<8
	put := func(x uint64) {
		a = (a ^ x) * 0xff51afd7ed558ccd
		a ^= a >> 32
		b = (b + x) * 0xc4ceb9fe1a85ec53
		b ^= b>>29 ^ a
	}
	for _, arg := range args {
		put(uint64(len(arg)))
		for len(arg) >= 8 {
			put(binary.LittleEndian.Uint64(arg))
			arg = arg[8:]
		}
		for _, octet := range arg {
			put(uint64(octet) | 0x100)
		}
	}
	put(uint64(name))
	var out [16]byte
	binary.LittleEndian.PutUint64(out[:8], a)
	binary.LittleEndian.PutUint64(out[8:], b)
	return out
}

func address(a bt.TypedAddress) []byte { return append([]byte{byte(a.Type)}, a.Address[:]...) }

func (tokens) C1(tk bt.Key, r [16]byte, preq, pres [7]byte, initiator, responder bt.TypedAddress) [16]byte {
	return mix('c', tk[:], r[:], preq[:], pres[:], address(initiator), address(responder))
}

func (tokens) S1(tk bt.Key, responder, initiator [16]byte) bt.Key {
	return mix('s', tk[:], responder[:], initiator[:])
}

func (tokens) F4(u, v [32]byte, x [16]byte, z byte) [16]byte {
	return mix('4', u[:], v[:], x[:], []byte{z})
}

func (tokens) F5(w toolbox.DHKey, n1, n2 [16]byte, a1, a2 bt.TypedAddress) (macKey, ltk bt.Key) {
	args := [][]byte{w[:], n1[:], n2[:], address(a1), address(a2)}
	return mix('m', args...), mix('l', args...)
}

func (tokens) F6(w bt.Key, n1, n2, r [16]byte, ioCap [3]byte, a1, a2 bt.TypedAddress) [16]byte {
	return mix('6', w[:], n1[:], n2[:], r[:], ioCap[:], address(a1), address(a2))
}

func (tokens) G2(u, v [32]byte, x, y [16]byte) uint32 {
	t := mix('2', u[:], v[:], x[:], y[:])
	return binary.LittleEndian.Uint32(t[:])
}

// ValidPublicKey knows the keys that newPair makes.
func (tokens) ValidPublicKey(key toolbox.PublicKey) bool { return key == publicKey(key.X) }

// DHKey is the same for both sides.
func (tokens) DHKey(own smp.KeyPair, peer toolbox.PublicKey) toolbox.DHKey {
	key, err := own.DH(peer)
	if err != nil {
		return toolbox.DHKey{}
	}
	return key
}

// pair is a key pair: its public half alone, since nobody else computes with it.
type pair struct{ public toolbox.PublicKey }

func newPair(token [16]byte) pair {
	var x [32]byte
	copy(x[:], token[:])
	return pair{publicKey(x)}
}

func publicKey(x [32]byte) toolbox.PublicKey {
	y := mix('y', x[:])
	k := toolbox.PublicKey{X: x}
	copy(k.Y[:], y[:])
	return k
}

func (p pair) Public() toolbox.PublicKey { return p.public }

func (p pair) DH(peer toolbox.PublicKey) (toolbox.DHKey, error) {
	a, b := p.public.X, peer.X
	if string(b[:]) < string(a[:]) {
		a, b = b, a
	}
	secret := mix('d', a[:], b[:])
	var key toolbox.DHKey
	copy(key[:], secret[:])
	return key, nil
}
