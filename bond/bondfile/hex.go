package bondfile

import (
	"encoding/hex"
	"fmt"
	"slices"

	"blesmp/bt"
)

// parseOctets reads hexadecimal digits, between low and high octets of them.
// Its errors never repeat the text, which may be a key.
func parseOctets(text string, low, high int) ([]byte, error) {
	octets, err := hex.DecodeString(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%d characters that are not pairs of hexadecimal digits", len(text))
	case len(octets) >= low && len(octets) <= high:
		return octets, nil
	case low == high:
		return nil, fmt.Errorf("%d hexadecimal digits, want %d", len(text), 2*low)
	}
	return nil, fmt.Errorf("%d hexadecimal digits, want %d to %d", len(text), 2*low, 2*high)
}

// parseKey reads a key, most significant octet first.
func parseKey(text string) (bt.Key, error) {
	octets, err := parseOctets(text, len(bt.Key{}), len(bt.Key{}))
	if err != nil {
		return bt.Key{}, err
	}
	return bt.Key(octets), nil
}

// parseWireKey reads a key in the order of the wire.
func parseWireKey(text string) (bt.Key, error) {
	octets, err := parseOctets(text, len(bt.Key{}), len(bt.Key{}))
	if err != nil {
		return bt.Key{}, err
	}
	slices.Reverse(octets)
	return bt.Key(octets), nil
}

// wire gives the first n octets of a key in the order of the wire.
func wire(k bt.Key, n int) []byte {
	octets := slices.Clone(k[:])
	slices.Reverse(octets)
	return octets[:n]
}

// cut clears what a key of n octets does not have.
func cut(k bt.Key, n int) bt.Key {
	clear(k[:len(k)-n])
	return k
}
