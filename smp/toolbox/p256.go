package toolbox

import (
	"crypto/ecdh"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// ErrInvalidPublicKey is returned for a peer's key that is no point of the curve
// P-256: it has to fail the pairing with DHKey Check Failed before any value that
// depends on it is sent (Core Vol 3, Part H, 2.3.5.6.1).
var ErrInvalidPublicKey = errors.New("toolbox: the public key is not a point of P-256")

// PublicKey is a point of P-256 as the Pairing Public Key PDU carries it: two
// coordinates of 32 octets, most significant first. A key that came from a peer
// may be any 64 octets until Validate has accepted it (Core Vol 3, Part H, 3.5.6).
type PublicKey struct {
	X, Y [32]byte
}

// Validate returns ErrInvalidPublicKey unless k is a point of the curve with
// reduced coordinates (Core Vol 3, Part H, 2.3.5.6.1).
func (k PublicKey) Validate() error {
	_, err := k.Point()
	return err
}

// Point is a peer's public key that has been found to be a point of the curve. A
// PublicKey's method Point is the only way to one: whoever has a Point cannot have
// left the check out.
type Point struct {
	point *ecdh.PublicKey
}

// SameX reports whether both keys have the same X coordinate: whether they are
// the same point or each other's negative. A peer's key with our own X is a
// reflection of ours, whatever its Y, since only X enters F4, G2 and the DHKey
// (Core Vol 3, Part H, 2.3.5.6.1).
func (k PublicKey) SameX(other PublicKey) bool { return k.X == other.X }

// Point checks the key as Validate does, and keeps what was read of it, so that
// Shared need not read it again.
func (k PublicKey) Point() (Point, error) {
	octets := make([]byte, 0, 65)
	octets = append(octets, 0x04) // uncompressed
	octets = append(octets, k.X[:]...)
	octets = append(octets, k.Y[:]...)
	point, err := ecdh.P256().NewPublicKey(octets)
	if err != nil {
		return Point{}, ErrInvalidPublicKey
	}
	return Point{point}, nil
}

// DHKey is the shared secret of two key pairs, the X coordinate of a point, most
// significant octet first and with its leading zeros. Like bt.Key it never
// prints (Core Vol 3, Part H, 2.3.5.6.1).
//
//vet:secret
type DHKey [32]byte

// String hides the secret.
func (k DHKey) String() string { return hidden }

// Format hides the secret from %x and %#v too; of all verbs only %p, which is not
// for values, does not ask.
func (k DHKey) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue hides the secret from log/slog.
func (k DHKey) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the secret.
func (k DHKey) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

const hidden = "[hidden]"

// KeyPair is a P-256 private key with its public key, made for one pairing. It
// never prints, not even its public half: whoever needs that asks for Public. It
// may be used from any goroutine (Core Vol 3, Part H, 2.3.5.6.1).
//
//vet:secret
type KeyPair struct {
	private *ecdh.PrivateKey //vet:secret
	public  PublicKey
}

// NewKeyPair makes a key pair from 32 octets of random, which is
// crypto/rand.Reader outside tests, and from 32 more in the rare case that they
// are out of range. crypto/ecdh cannot be asked for this: its GenerateKey may
// ignore the source that it is given. It returns ErrNotRandom, or an error that
// wraps that of random (Core Vol 3, Part H, 2.3.5.6.1).
func NewKeyPair(random io.Reader) (*KeyPair, error) {
	for range maxDraws {
		var private [32]byte
		if _, err := io.ReadFull(random, private[:]); err != nil {
			return nil, fmt.Errorf("toolbox: private key: %w", err)
		}
		if pair, err := KeyPairFromPrivate(private); err == nil {
			return pair, nil
		}
	}
	return nil, ErrNotRandom
}

// KeyPairFromPrivate makes the key pair of a private key that is already known,
// for tests and to replay a transcript. The error says that the number is zero or
// not below the order of the curve, and does not repeat it.
func KeyPairFromPrivate(private [32]byte) (*KeyPair, error) {
	key, err := ecdh.P256().NewPrivateKey(private[:])
	if err != nil {
		return nil, errPrivateRange
	}
	octets := key.PublicKey().Bytes()
	return &KeyPair{
		private: key,
		public:  PublicKey{X: [32]byte(octets[1:33]), Y: [32]byte(octets[33:65])},
	}, nil
}

var errPrivateRange = errors.New("toolbox: the private key is out of range")

// Public is what the Pairing Public Key PDU sends.
func (p KeyPair) Public() PublicKey { return p.public }

// DH computes the DHKey with the peer's public key. It checks the point, so that
// no caller can leave that out, and returns ErrInvalidPublicKey (Core Vol 3,
// Part H, 2.3.5.6.1).
func (p KeyPair) DH(peer PublicKey) (DHKey, error) {
	point, err := peer.Point()
	if err != nil {
		return DHKey{}, err
	}
	return p.Shared(point)
}

// Shared is DH with a key that was checked before. The zero Point, which is none,
// gives ErrInvalidPublicKey (Core Vol 3, Part H, 2.3.5.6.1).
func (p KeyPair) Shared(peer Point) (DHKey, error) {
	if peer.point == nil {
		return DHKey{}, ErrInvalidPublicKey
	}
	shared, err := p.private.ECDH(peer.point)
	if err != nil {
		return DHKey{}, ErrInvalidPublicKey
	}
	return DHKey(shared), nil
}

// String hides the key pair.
func (p KeyPair) String() string { return hidden }

// Format hides the key pair from %x and %#v too.
func (p KeyPair) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue hides the key pair from log/slog.
func (p KeyPair) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the key pair.
func (p KeyPair) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// DebugKeyPair is the published key pair of debug mode, with which anybody can
// read the link. It is for sniffers in a laboratory (Core Vol 3, Part H,
// 2.3.5.6.1).
func DebugKeyPair() (*KeyPair, error) {
	return KeyPairFromPrivate([32]byte{
		0x3f, 0x49, 0xf6, 0xd4, 0xa3, 0xc5, 0x5f, 0x38, 0x74, 0xc9, 0xb3, 0xe3, 0xd2, 0x10, 0x3f, 0x50,
		0x4a, 0xff, 0x60, 0x7b, 0xeb, 0x40, 0xb7, 0x99, 0x58, 0x99, 0xb8, 0xa6, 0xcd, 0x3c, 0x1a, 0xbd,
	})
}

// IsDebugKey reports whether k is the public key of debug mode or its negative,
// whose private key is as well known: it looks at X alone. Outside debug mode
// such a peer is refused (Core Vol 3, Part H, 2.3.5.6.1).
func IsDebugKey(k PublicKey) bool {
	return k.X == [32]byte{
		0x20, 0xb0, 0x03, 0xd2, 0xf2, 0x97, 0xbe, 0x2c, 0x5e, 0x2c, 0x83, 0xa7, 0xe9, 0xf9, 0xa5, 0xb9,
		0xef, 0xf4, 0x91, 0x11, 0xac, 0xf4, 0xfd, 0xdb, 0xcc, 0x03, 0x01, 0x48, 0x0e, 0x35, 0x9d, 0xe6,
	}
}
