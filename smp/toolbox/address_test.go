package toolbox_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	irk := bt.Key(unhex(t, "ec0234a357c8ad05341010a60a397d9b"))
	hashed := func(irk bt.Key, prand [3]byte) bt.Address {
		hash := toolbox.AH(irk, prand)
		return bt.Address{prand[0], prand[1], prand[2], hash[0], hash[1], hash[2]}
	}
	tests := []struct {
		name    string
		irk     bt.Key
		address bt.Address
		want    bool
	}{
		{"sample data", irk, bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xaa}, true},
		{"own hash", irk, hashed(irk, [3]byte{0x40, 0x00, 0x01}), true},
		{"wrong prand", irk, bt.Address{0x70, 0x81, 0x95, 0x0d, 0xfb, 0xaa}, false},
		{"wrong first octet of the hash", irk, bt.Address{0x70, 0x81, 0x94, 0x0c, 0xfb, 0xaa}, false},
		{"wrong last octet of the hash", irk, bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xab}, false},
		{"another IRK", bt.Key{15: 1}, bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xaa}, false},
		{"halves exchanged", irk, bt.Address{0x0d, 0xfb, 0xaa, 0x70, 0x81, 0x94}, false},
		{"zero IRK with its own hash", bt.Key{}, hashed(bt.Key{}, [3]byte{0x70, 0x81, 0x94}), false},
		{"static address with the hash", irk, hashed(irk, [3]byte{0xf0, 0x81, 0x94}), false},
		{"non-resolvable address with the hash", irk, hashed(irk, [3]byte{0x30, 0x81, 0x94}), false},
		{"reserved address with the hash", irk, hashed(irk, [3]byte{0xb0, 0x81, 0x94}), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := toolbox.Resolve(test.irk, test.address); got != test.want {
				t.Errorf("Resolve(%v) = %v, want %v", test.address, got, test.want)
			}
		})
	}
}

func TestNewResolvable(t *testing.T) {
	t.Parallel()
	irk := bt.Key(unhex(t, "ec0234a357c8ad05341010a60a397d9b"))
	broken := errors.New("broken")
	endless := func(octet byte) io.Reader { return repeat(octet) }
	tests := []struct {
		name   string
		irk    bt.Key
		random io.Reader
		want   bt.Address
		err    error
	}{
		{"sample data", irk, bytes.NewReader([]byte{0x70, 0x81, 0x94}), bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xaa}, nil},
		{
			"top bits replaced", irk, bytes.NewReader([]byte{0xf0, 0x81, 0x94}),
			bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xaa}, nil,
		},
		{
			"22 zeros, then 22 ones, are drawn again", irk,
			bytes.NewReader([]byte{0xc0, 0x00, 0x00, 0x3f, 0xff, 0xff, 0x70, 0x81, 0x94}),
			bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xaa}, nil,
		},
		{"octets one by one", irk, iotest.OneByteReader(bytes.NewReader([]byte{0x70, 0x81, 0x94})), bt.Address{0x70, 0x81, 0x94, 0x0d, 0xfb, 0xaa}, nil},
		{"zero IRK", bt.Key{}, bytes.NewReader([]byte{0x70, 0x81, 0x94}), bt.Address{}, toolbox.ErrZeroIRK},
		{"two octets", irk, bytes.NewReader([]byte{0x70, 0x81}), bt.Address{}, io.ErrUnexpectedEOF},
		{"broken source", irk, iotest.ErrReader(broken), bt.Address{}, broken},
		{"nothing but zeros", irk, endless(0x00), bt.Address{}, toolbox.ErrNotRandom},
		{"nothing but ones", irk, endless(0xff), bt.Address{}, toolbox.ErrNotRandom},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := toolbox.NewResolvable(test.irk, test.random)
			if !errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNewResolvableResolves makes addresses from the system's random source.
func TestNewResolvableResolves(t *testing.T) {
	t.Parallel()
	irk, other := bt.Key{0: 1}, bt.Key{0: 2}
	falsely := 0
	for range 100 {
		a, err := toolbox.NewResolvable(irk, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !(bt.TypedAddress{Type: bt.RandomAddress, Address: a}).IsResolvable() {
			t.Errorf("%v is not resolvable", a)
		}
		if !toolbox.Resolve(irk, a) {
			t.Errorf("Resolve(%v) = false", a)
		}
		if toolbox.Resolve(other, a) {
			falsely++ // one in 2^24 may
		}
	}
	if falsely > 1 {
		t.Errorf("another IRK resolves %d of 100 addresses", falsely)
	}
}

// repeat reads as one octet without end.
type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}
