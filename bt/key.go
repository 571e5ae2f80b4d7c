package bt

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
)

// Key is a 128-bit secret (an LTK, IRK or CSRK), most significant octet first.
// It never prints: fmt, log/slog and encoding/json all show [hidden]. Whoever
// needs the octets as text asks for them with Reveal.
//
//vet:secret
type Key [16]byte

const hidden = "[hidden]"

// String hides the key.
func (k Key) String() string { return hidden }

// Format hides the key from every verb, %x and %#v included.
func (k Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

// LogValue hides the key from log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the key.
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// Reveal gives the key in hexadecimal, most significant octet first. What it
// returns is a secret.
//
//vet:secret
func (k Key) Reveal() string { return hex.EncodeToString(k[:]) }

// IsZero reports, in constant time, whether all octets are zero.
func (k Key) IsZero() bool { return k.Equal(Key{}) }

// Equal compares in constant time.
func (k Key) Equal(other Key) bool { return subtle.ConstantTimeCompare(k[:], other[:]) == 1 }

// ParseKey reads 32 hexadecimal digits, most significant octet first. Its
// errors never repeat the text.
func ParseKey(s string) (Key, error) {
	var k Key
	if len(s) != 2*len(k) {
		return Key{}, fmt.Errorf("bt: key: %d characters, want %d hexadecimal digits", len(s), 2*len(k))
	}
	octets, err := hex.DecodeString(s)
	if err != nil {
		return Key{}, fmt.Errorf("bt: key: not hexadecimal")
	}
	copy(k[:], octets)
	return k, nil
}
