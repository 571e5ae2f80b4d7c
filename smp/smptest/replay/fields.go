package replay

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
)

// reader turns values into a Transcript. The first mistake stays; what is read
// after it does not count.
type reader struct {
	file string
	data []byte
	step int // the number of the step that is being read, 0 outside
	err  *FormatError
}

func (r *reader) fail(offset int, format string, args ...any) {
	if r.err != nil {
		return
	}
	line, column := place(r.data, offset)
	r.err = &FormatError{File: r.file, Line: line, Column: column, Step: r.step, Problem: fmt.Sprintf(format, args...)}
}

// field reads a member of obj with parse, nil where it is missing.
func field[T any](r *reader, obj *value, name string, parse func(*value) (T, error)) *T {
	v := obj.member(name)
	if v == nil {
		return nil
	}
	got, err := parse(v)
	if err != nil {
		r.fail(v.offset, "%s: %v", name, err)
		return nil
	}
	return &got
}

// need is field for what must be there.
func need[T any](r *reader, obj *value, name string, parse func(*value) (T, error)) (got T) {
	if p := field(r, obj, name, parse); p != nil {
		return *p
	}
	r.fail(obj.offset, "%s is missing", name)
	return got
}

// given is field for what has a zero value that means the same as missing.
func given[T any](r *reader, obj *value, name string, parse func(*value) (T, error)) (got T) {
	if p := field(r, obj, name, parse); p != nil {
		return *p
	}
	return got
}

// object gives a member that is an object, nil where it is missing.
func (r *reader) object(obj *value, name string) *value {
	v := obj.member(name)
	if v != nil && v.kind != jsonObject {
		r.fail(v.offset, "%s: want an object, got %v", name, v.kind)
		return nil
	}
	return v
}

func want(v *value, kind jsonKind) error {
	if v.kind != kind {
		return fmt.Errorf("want %v, got %v", kind, v.kind)
	}
	return nil
}

func text(v *value) (string, error) { return v.text, want(v, jsonString) }

func truth(v *value) (bool, error) { return v.truth, want(v, jsonBool) }

// number reads a whole number of 0 to 255, which is all that there is.
func number(v *value) (int, error) {
	if err := want(v, jsonNumber); err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v.text, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("want a whole number of 0 to 255, got %s", v.text)
	}
	return int(n), nil
}

func list[T any](parse func(*value) (T, error)) func(*value) ([]T, error) {
	return func(v *value) ([]T, error) {
		if err := want(v, jsonArray); err != nil {
			return nil, err
		}
		all := make([]T, len(v.items))
		for i, item := range v.items {
			got, err := parse(item)
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i+1, err)
			}
			all[i] = got
		}
		return all, nil
	}
}

// octets reads hexadecimal digits. Its errors do not repeat them.
func octets(v *value) ([]byte, error) {
	if err := want(v, jsonString); err != nil {
		return nil, err
	}
	b, err := hex.DecodeString(v.text)
	if err != nil {
		return nil, fmt.Errorf("%d characters that are not pairs of hexadecimal digits", len(v.text))
	}
	return b, nil
}

func octetsOf(v *value, n int) ([]byte, error) {
	b, err := octets(v)
	if err == nil && len(b) != n {
		err = fmt.Errorf("want %d hexadecimal digits, got %d", 2*n, 2*len(b))
	}
	return b, err
}

func octet(v *value) (byte, error) {
	b, err := octetsOf(v, 1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func octets16(v *value) (a [16]byte, err error) {
	b, err := octetsOf(v, len(a))
	copy(a[:], b)
	return a, err
}

func octets32(v *value) (a [32]byte, err error) {
	b, err := octetsOf(v, len(a))
	copy(a[:], b)
	return a, err
}

func key(v *value) (bt.Key, error) {
	k, err := octets16(v)
	return k, err
}

func ediv(v *value) (uint16, error) {
	b, err := octetsOf(v, 2)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint16(b), nil
}

func randomNumber(v *value) (uint64, error) {
	b, err := octetsOf(v, 8)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(b), nil
}

// digits reads a passkey or a number to compare: six digits.
func digits(v *value) (uint32, error) {
	if err := want(v, jsonString); err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v.text, 10, 32)
	if err != nil || len(v.text) != 6 {
		return 0, fmt.Errorf("want six digits, got %d characters", len(v.text))
	}
	return uint32(n), nil
}

// oneOf reads one of a few words and gives its index.
func oneOf[T ~uint8](words ...string) func(*value) (T, error) {
	return func(v *value) (T, error) {
		if err := want(v, jsonString); err != nil {
			return 0, err
		}
		for i, word := range words {
			if word == v.text {
				return T(i), nil
			}
		}
		return 0, fmt.Errorf("want one of %s, got %q", strings.Join(words, ", "), v.text)
	}
}

var (
	sideName    = oneOf[bt.Role]("initiator", "responder")
	addressType = oneOf[bt.AddressType]("public", "random")
	capability  = oneOf[smp.IOCapability]("DisplayOnly", "DisplayYesNo", "KeyboardOnly", "NoInputNoOutput", "KeyboardDisplay")
)

func reason(v *value) (smp.Reason, error) {
	b, err := octet(v)
	return smp.Reason(b), err
}

func authReq(v *value) (smp.AuthReq, error) {
	b, err := octet(v)
	return smp.AuthReq(b), err
}

func keyDistribution(v *value) (smp.KeyDistribution, error) {
	b, err := octet(v)
	return smp.KeyDistribution(b), err
}

// flag reads an octet of 0 or 1, written as a number.
func flag(v *value) (bool, error) {
	n, err := number(v)
	if err == nil && n > 1 {
		err = fmt.Errorf("want 0 or 1, got %d", n)
	}
	return n == 1, err
}

func deviceAddress(v *value) (bt.Address, error) {
	if err := want(v, jsonString); err != nil {
		return bt.Address{}, err
	}
	return bt.ParseAddress(v.text)
}

// typedAddress reads an address from name and its type from name_type, which
// is public where it is missing.
func (r *reader) typedAddress(obj *value, name string) *bt.TypedAddress {
	kind := given(r, obj, name+"_type", addressType)
	a := field(r, obj, name, deviceAddress)
	if a == nil {
		return nil
	}
	return &bt.TypedAddress{Type: kind, Address: *a}
}
