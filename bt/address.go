package bt

import (
	"fmt"
	"strings"
)

// Address is a Bluetooth device address, most significant octet first, as it
// is written: Address{0xC0, 0x11, 0x22, 0x33, 0x44, 0x55} is
// C0:11:22:33:44:55. On the wire the octets go the other way round; only the
// codecs know that.
type Address [6]byte

// AddressType says how an address was made, with the values that HCI and the
// Identity Address Information PDU use (Core Vol 3, Part H, 3.6.5).
type AddressType uint8

// The address types.
const (
	PublicAddress AddressType = 0x00
	RandomAddress AddressType = 0x01
)

// TypedAddress is what identifies a device on the air or as a bond: an address
// is unique only together with its type (Core Vol 6, Part B, 1.3).
type TypedAddress struct {
	Type    AddressType
	Address Address
}

// String gives the six octets in hexadecimal, most significant first.
func (a Address) String() string {
	return fmt.Sprintf("%02X:%02X:%02X:%02X:%02X:%02X", a[0], a[1], a[2], a[3], a[4], a[5])
}

// String gives "public" or "random".
func (t AddressType) String() string {
	switch t {
	case PublicAddress:
		return "public"
	case RandomAddress:
		return "random"
	}
	return fmt.Sprintf("AddressType(0x%02x)", uint8(t))
}

// String gives the address and its type, as C0:11:22:33:44:55/random, the form
// that ParseTypedAddress takes.
func (a TypedAddress) String() string {
	return a.Address.String() + "/" + a.Type.String()
}

// IsZero reports whether no address has been set.
func (a TypedAddress) IsZero() bool { return a == TypedAddress{} }

// IsStatic reports whether a is a static random address: one that a device
// keeps at least until it is powered off (Core Vol 6, Part B, 1.3.2.1).
func (a TypedAddress) IsStatic() bool {
	return a.Type == RandomAddress && a.Address[0]>>6 == 0b11
}

// IsResolvable reports whether a is a resolvable private address: only the
// holder of the IRK knows whose (Core Vol 6, Part B, 1.3.2.2).
func (a TypedAddress) IsResolvable() bool {
	return a.Type == RandomAddress && a.Address[0]>>6 == 0b01
}

// IsIdentity reports whether a can be a device's identity: a public or a
// static random address (Core Vol 3, Part H, 3.6.5).
func (a TypedAddress) IsIdentity() bool {
	return a.Type == PublicAddress || a.IsStatic()
}

// IsPossible reports whether a device can have this address. Any public address
// will do; of the random ones those with the two most significant bits 10 are
// reserved, and the random part, 46 bits or the 22 of a resolvable private
// address, has at least one 0 and one 1 (Core Vol 6, Part B, 1.3.2).
func (a TypedAddress) IsPossible() bool {
	if a.Type != RandomAddress {
		return a.Type == PublicAddress
	}
	random := a.Address[:]
	switch a.Address[0] >> 6 {
	case 0b10:
		return false
	case 0b01:
		random = a.Address[:3]
	}
	var ones, zeros byte
	for i, octet := range random {
		mask := byte(0xff)
		if i == 0 {
			mask = 0x3f
		}
		ones |= octet & mask
		zeros |= ^octet & mask
	}
	return ones != 0 && zeros != 0
}

// ParseAddress reads six octets in hexadecimal, most significant first, with a
// colon between them.
func ParseAddress(s string) (Address, error) {
	var a Address
	parts := strings.Split(s, ":")
	if len(parts) != len(a) {
		return Address{}, fmt.Errorf("bt: address %q: want six octets such as C0:11:22:33:44:55", s)
	}
	for i, part := range parts {
		octet, ok := parseOctet(part)
		if !ok {
			return Address{}, fmt.Errorf("bt: address %q: octet %q is not two hexadecimal digits", s, part)
		}
		a[i] = octet
	}
	return a, nil
}

// ParseTypedAddress reads an address with "/public" or "/random" behind it;
// without either it is public.
func ParseTypedAddress(s string) (TypedAddress, error) {
	text, kind, typed := strings.Cut(s, "/")
	address, err := ParseAddress(text)
	if err != nil {
		return TypedAddress{}, err
	}
	switch {
	case !typed, kind == "public":
		return TypedAddress{Type: PublicAddress, Address: address}, nil
	case kind == "random":
		return TypedAddress{Type: RandomAddress, Address: address}, nil
	}
	return TypedAddress{}, fmt.Errorf("bt: address %q: type %q is neither public nor random", s, kind)
}

func parseOctet(s string) (byte, bool) {
	if len(s) != 2 {
		return 0, false
	}
	high, okHigh := hexDigit(s[0])
	low, okLow := hexDigit(s[1])
	return high<<4 | low, okHigh && okLow
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// MarshalText gives the form of String.
func (a TypedAddress) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the form that ParseTypedAddress takes.
func (a *TypedAddress) UnmarshalText(text []byte) error {
	parsed, err := ParseTypedAddress(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
