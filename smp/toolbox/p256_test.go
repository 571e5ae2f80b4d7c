package toolbox_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"blesmp/smp/toolbox"
)

const (
	order    = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
	lastKey  = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
	debugKey = "3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd"
)

func keyPair(t *testing.T, private string) *toolbox.KeyPair {
	t.Helper()
	pair, err := toolbox.KeyPairFromPrivate([32]byte(unhex(t, private)))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// TestDHLeadingZeros has a DHKey whose first two octets are zero: they belong to
// it, and without them f5 would take other octets.
func TestDHLeadingZeros(t *testing.T) {
	t.Parallel()
	const (
		privateA = "fc19327b1637d360e26b5b0ee1c66c02939580c1be9160ad232fec43755e233f"
		privateB = "fb1cfa72d38953ba5378047b46dd4497f66fe45822ee7c6f270ddf7272eff82b"
		want     = "00008f6e01d5a9fb94e6d1a1ad0106174f2afad8032d49c0d1ac62d983ed43ca"
	)
	a, b := keyPair(t, privateA), keyPair(t, privateB)
	for _, side := range []struct {
		name      string
		own, peer *toolbox.KeyPair
	}{{"a", a, b}, {"b", b, a}} {
		got, err := side.own.DH(side.peer.Public())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, hex.EncodeToString(got[:])); diff != "" {
			t.Errorf("DHKey of %s (-want +got):\n%s", side.name, diff)
		}
	}

	curve := newCurve(t)
	pointB := curve.multiply(number(t, privateB), curve.base)
	shared := curve.multiply(number(t, privateA), pointB)
	if diff := cmp.Diff(want, fmt.Sprintf("%064x", shared.x)); diff != "" {
		t.Errorf("DHKey by plain arithmetic (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(pointB.publicKey(), b.Public()); diff != "" {
		t.Errorf("public key of b by plain arithmetic (-want +got):\n%s", diff)
	}
}

func TestKeyPairFromPrivate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		private string
		ok      bool
	}{
		{"zero", strings.Repeat("00", 32), false},
		{"one", strings.Repeat("00", 31) + "01", true},
		{"debug key", debugKey, true},
		{"order less one", lastKey, true},
		{"order", order, false},
		{"all ones", strings.Repeat("ff", 32), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pair, err := toolbox.KeyPairFromPrivate([32]byte(unhex(t, test.private)))
			if (err == nil) != test.ok || (pair != nil) != test.ok {
				t.Fatalf("error %v, want success: %v", err, test.ok)
			}
			if !test.ok {
				if text := err.Error(); strings.Contains(text, test.private) {
					t.Errorf("the error %q repeats the key", text)
				}
				return
			}
			if err := pair.Public().Validate(); err != nil {
				t.Errorf("Validate of the own public key: %v", err)
			}
			curve := newCurve(t)
			want := curve.multiply(number(t, test.private), curve.base).publicKey()
			if diff := cmp.Diff(want, pair.Public()); diff != "" {
				t.Errorf("public key (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewKeyPair(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	debug := unhex(t, debugKey)
	outOfRange := unhex(t, strings.Repeat("00", 32)+order+strings.Repeat("ff", 32))
	tests := []struct {
		name   string
		random io.Reader
		err    error
	}{
		{"the octets are the key", bytes.NewReader(debug), nil},
		{"octets one by one", iotest.OneByteReader(bytes.NewReader(debug)), nil},
		{"three out of range are drawn again", io.MultiReader(bytes.NewReader(outOfRange), bytes.NewReader(debug)), nil},
		{"31 octets", bytes.NewReader(debug[:31]), io.ErrUnexpectedEOF},
		{"no octets", bytes.NewReader(nil), io.EOF},
		{"broken source", iotest.ErrReader(broken), broken},
		{"nothing but zeros", repeat(0x00), toolbox.ErrNotRandom},
		{"nothing but ones", repeat(0xff), toolbox.ErrNotRandom},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pair, err := toolbox.NewKeyPair(test.random)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if test.err != nil {
				if pair != nil {
					t.Error("a key pair beside the error")
				}
				return
			}
			if !toolbox.IsDebugKey(pair.Public()) {
				t.Errorf("public key %x, want that of the octets given", pair.Public().X)
			}
		})
	}
}

func TestNewKeyPairIsFresh(t *testing.T) {
	t.Parallel()
	first, err := toolbox.NewKeyPair(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second, err := toolbox.NewKeyPair(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if first.Public().SameX(second.Public()) {
		t.Error("two key pairs are the same")
	}
	a, errA := first.DH(second.Public())
	b, errB := second.DH(first.Public())
	if errA != nil || errB != nil || a != b {
		t.Errorf("the two sides disagree: %v, %v", errA, errB)
	}
}

// TestValidate adds what the published rejects leave out.
func TestValidate(t *testing.T) {
	t.Parallel()
	curve := newCurve(t)
	good := keyPair(t, debugKey).Public()
	negative := good
	new(big.Int).Sub(curve.p, new(big.Int).SetBytes(good.Y[:])).FillBytes(negative.Y[:])
	swapped := toolbox.PublicKey{X: good.Y, Y: good.X}
	littleEndian := toolbox.PublicKey{X: [32]byte(reversed(good.X[:])), Y: [32]byte(reversed(good.Y[:]))}
	nextY := good
	nextY.Y[31] ^= 0x01
	// The point with x = 0 exists; p in place of 0 is the same number, not reduced.
	atZero := toolbox.PublicKey{Y: [32]byte(unhex(t, "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"))}
	notReduced := atZero
	curve.p.FillBytes(notReduced.X[:])

	tests := []struct {
		name string
		key  toolbox.PublicKey
		err  error
	}{
		{"a point", good, nil},
		{"its negative", negative, nil},
		{"x of zero", atZero, nil},
		{"x not reduced", notReduced, toolbox.ErrInvalidPublicKey},
		{"coordinates swapped", swapped, toolbox.ErrInvalidPublicKey},
		{"octets in wire order", littleEndian, toolbox.ErrInvalidPublicKey},
		{"y changed by one", nextY, toolbox.ErrInvalidPublicKey},
		{"zero", toolbox.PublicKey{}, toolbox.ErrInvalidPublicKey},
	}
	pair := keyPair(t, lastKey)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if err := test.key.Validate(); !errors.Is(err, test.err) {
				t.Errorf("Validate = %v, want %v", err, test.err)
			}
			shared, err := pair.DH(test.key)
			if !errors.Is(err, test.err) {
				t.Errorf("DH = %v, want %v", err, test.err)
			}
			// The private key is -1: the shared point is the negative of the peer's.
			want := test.key.X
			if test.err != nil {
				want = [32]byte{}
			}
			if diff := cmp.Diff(want, [32]byte(shared)); diff != "" {
				t.Errorf("DHKey (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDebugKey(t *testing.T) {
	t.Parallel()
	pair, err := toolbox.DebugKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	public := pair.Public()
	if diff := cmp.Diff(keyPair(t, debugKey).Public(), public); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	negative := public
	new(big.Int).Sub(newCurve(t).p, new(big.Int).SetBytes(public.Y[:])).FillBytes(negative.Y[:])
	if !toolbox.IsDebugKey(public) || !toolbox.IsDebugKey(negative) {
		t.Error("IsDebugKey = false for the debug key or its negative")
	}
	if other := keyPair(t, lastKey).Public(); toolbox.IsDebugKey(other) || public.SameX(other) {
		t.Error("another key passes for the debug key")
	}
}

// TestSecretsHide prints what holds secrets in every way that prints.
func TestSecretsHide(t *testing.T) {
	t.Parallel()
	pair := keyPair(t, debugKey)
	shared, err := pair.DH(pair.Public())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		value any
	}{
		{"*KeyPair", pair},
		{"KeyPair", *pair},
		{"DHKey", shared},
		{"*DHKey", &shared},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
				if got := fmt.Sprintf(verb, test.value); got != "[hidden]" {
					t.Errorf("%s prints %q", verb, got)
				}
			}
			if got := test.value.(fmt.Stringer).String(); got != "[hidden]" {
				t.Errorf("String = %q", got)
			}
			if got := test.value.(slog.LogValuer).LogValue().String(); got != "[hidden]" {
				t.Errorf("LogValue = %q", got)
			}
			got, err := json.Marshal(test.value)
			if err != nil || string(got) != `"[hidden]"` {
				t.Errorf("JSON %s, %v", got, err)
			}
		})
	}
}

// curve is P-256 in affine coordinates, by the school formulas and without any
// code of crypto (FIPS 186-4, D.1.2.3).
type curve struct {
	p    *big.Int
	base point
}

type point struct{ x, y *big.Int } // x is nil at infinity

func newCurve(t *testing.T) curve {
	t.Helper()
	return curve{
		p: number(t, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
		base: point{
			x: number(t, "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
			y: number(t, "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
		},
	}
}

func number(t *testing.T, s string) *big.Int {
	t.Helper()
	return new(big.Int).SetBytes(unhex(t, s))
}

func (p point) publicKey() (k toolbox.PublicKey) {
	p.x.FillBytes(k.X[:])
	p.y.FillBytes(k.Y[:])
	return k
}

func (c curve) multiply(k *big.Int, p point) point {
	var sum point
	for i := k.BitLen() - 1; i >= 0; i-- {
		sum = c.add(sum, sum)
		if k.Bit(i) == 1 {
			sum = c.add(sum, p)
		}
	}
	return sum
}

func (c curve) add(a, b point) point {
	if a.x == nil {
		return b
	}
	if b.x == nil {
		return a
	}
	var rise, run *big.Int
	if a.x.Cmp(b.x) == 0 {
		if a.y.Cmp(b.y) != 0 {
			return point{}
		}
		rise = new(big.Int).Mul(a.x, a.x)
		rise.Mul(rise, big.NewInt(3)).Sub(rise, big.NewInt(3))
		run = new(big.Int).Lsh(a.y, 1)
	} else {
		rise = new(big.Int).Sub(b.y, a.y)
		run = new(big.Int).Sub(b.x, a.x)
	}
	run.Mod(run, c.p)
	slope := new(big.Int).Mul(rise, new(big.Int).ModInverse(run, c.p))
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, a.x).Sub(x, b.x).Mod(x, c.p)
	y := new(big.Int).Sub(a.x, x)
	y.Mul(y, slope).Sub(y, a.y).Mod(y, c.p)
	return point{x, y}
}
