package smp

import (
	"crypto/rand"
	"io"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// Toolbox is the cryptography of pairing. The package toolbox is the real one;
// a verifier puts tokens in its place. Values are most significant octet first
// (Core Vol 3, Part H, 2.2).
type Toolbox interface {
	C1(tk bt.Key, r [16]byte, preq, pres [7]byte, initiator, responder bt.TypedAddress) [16]byte
	S1(tk bt.Key, responder, initiator [16]byte) bt.Key
	F4(u, v [32]byte, x [16]byte, z byte) [16]byte
	F5(w toolbox.DHKey, n1, n2 [16]byte, a1, a2 bt.TypedAddress) (macKey, ltk bt.Key)
	F6(w bt.Key, n1, n2, r [16]byte, ioCap [3]byte, a1, a2 bt.TypedAddress) [16]byte
	G2(u, v [32]byte, x, y [16]byte) uint32

	// ValidPublicKey reports whether the point is on the curve.
	ValidPublicKey(key toolbox.PublicKey) bool

	// DHKey is the shared secret; peer has been found valid.
	DHKey(own KeyPair, peer toolbox.PublicKey) toolbox.DHKey
}

// KeyPair is a P-256 key pair whose private half stays inside. A
// *toolbox.KeyPair is one.
//
//vet:secret
type KeyPair interface {
	Public() toolbox.PublicKey
	DH(peer toolbox.PublicKey) (toolbox.DHKey, error)
}

// StandardToolbox is the cryptography of the package toolbox, which a Config
// without a Toolbox uses; whoever watches or changes a part of it starts here.
func StandardToolbox() Toolbox { return realToolbox{} }

// realToolbox is the package toolbox.
type realToolbox struct{}

var _ Toolbox = realToolbox{}

func (realToolbox) C1(tk bt.Key, r [16]byte, preq, pres [7]byte, initiator, responder bt.TypedAddress) [16]byte {
	return toolbox.C1(tk, r, preq, pres, initiator, responder)
}

func (realToolbox) S1(tk bt.Key, responder, initiator [16]byte) bt.Key {
	return toolbox.S1(tk, responder, initiator)
}

func (realToolbox) F4(u, v [32]byte, x [16]byte, z byte) [16]byte { return toolbox.F4(u, v, x, z) }

func (realToolbox) F5(w toolbox.DHKey, n1, n2 [16]byte, a1, a2 bt.TypedAddress) (macKey, ltk bt.Key) {
	return toolbox.F5(w, n1, n2, a1, a2)
}

func (realToolbox) F6(w bt.Key, n1, n2, r [16]byte, ioCap [3]byte, a1, a2 bt.TypedAddress) [16]byte {
	return toolbox.F6(w, n1, n2, r, ioCap, a1, a2)
}

func (realToolbox) G2(u, v [32]byte, x, y [16]byte) uint32 {
	return toolbox.Digits(toolbox.G2(u, v, x, y))
}

func (realToolbox) ValidPublicKey(key toolbox.PublicKey) bool { return key.Validate() == nil }

// DHKey gives a secret that nobody knows where own cannot use a valid key:
// such a pairing has to fail.
func (realToolbox) DHKey(own KeyPair, peer toolbox.PublicKey) toolbox.DHKey {
	key, err := own.DH(peer)
	if err != nil {
		return unknownKey()
	}
	return key
}

// pairingTools is realToolbox for one pairing: it keeps the key schedule of TK and
// then of MacKey, and the peer's point, so that neither is computed twice. It says
// the same as realToolbox whatever it is asked and in whatever order.
type pairingTools struct {
	realToolbox

	key    bt.Key
	cipher toolbox.Cipher // of key, where keyed is set
	keyed  bool

	peer  toolbox.PublicKey
	point toolbox.Point // of peer; the zero Point before there is one
}

var _ Toolbox = (*pairingTools)(nil)

// zeroTK is the cipher of the TK that every Just Works pairing has (Core Vol 3,
// Part H, 2.3.5.2).
var zeroTK = toolbox.NewCipher(bt.Key{})

// under gives the cipher of a key.
func (t *pairingTools) under(key bt.Key) toolbox.Cipher {
	if key.IsZero() {
		return zeroTK
	}
	if !t.keyed || !t.key.Equal(key) {
		t.key, t.cipher, t.keyed = key, toolbox.NewCipher(key), true
	}
	return t.cipher
}

func (t *pairingTools) C1(tk bt.Key, r [16]byte, preq, pres [7]byte, initiator, responder bt.TypedAddress) [16]byte {
	return t.under(tk).C1(r, preq, pres, initiator, responder)
}

func (t *pairingTools) S1(tk bt.Key, responder, initiator [16]byte) bt.Key {
	return t.under(tk).S1(responder, initiator)
}

func (t *pairingTools) F6(w bt.Key, n1, n2, r [16]byte, ioCap [3]byte, a1, a2 bt.TypedAddress) [16]byte {
	return t.under(w).F6(n1, n2, r, ioCap, a1, a2)
}

// ValidPublicKey keeps the point of a valid key.
func (t *pairingTools) ValidPublicKey(key toolbox.PublicKey) bool {
	point, err := key.Point()
	if err != nil {
		return false
	}
	t.peer, t.point = key, point
	return true
}

// DHKey takes the point that was kept, if it is this key's.
func (t *pairingTools) DHKey(own KeyPair, peer toolbox.PublicKey) toolbox.DHKey {
	pair, ok := own.(*toolbox.KeyPair)
	if !ok || peer != t.peer {
		return t.realToolbox.DHKey(own, peer)
	}
	key, err := pair.Shared(t.point)
	if err != nil {
		return unknownKey()
	}
	return key
}

// unknownKey is a secret that nobody knows.
func unknownKey() (key toolbox.DHKey) {
	fillRandom(key[:])
	return key
}

// fillRandom fills p from crypto/rand, which does not fail.
func fillRandom(p []byte) { _, _ = io.ReadFull(rand.Reader, p) }

// sourceReader lets a source of random octets be read.
type sourceReader func(p []byte)

func (s sourceReader) Read(p []byte) (int, error) {
	s(p)
	return len(p), nil
}
