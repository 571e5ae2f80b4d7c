package toolbox

import (
	"errors"

	"blesmp/bt"
)

// The sizes of an encryption key in octets (Core Vol 3, Part H, 2.3.4).
const (
	MinKeySize = 7
	MaxKeySize = 16
)

// ErrKeySize is returned for a key size outside MinKeySize to MaxKeySize.
var ErrKeySize = errors.New("toolbox: the key size is not 7 to 16 octets")

// Shorten cuts an STK or LTK to the size in octets that the two devices agreed
// on: it zeroes the most significant ones. A size outside 7 to 16 gives ErrKeySize
// and a zero key. Link keys are derived from the LTK that has not been cut (Core
// Vol 3, Part H, 2.3.4).
func Shorten(key bt.Key, size int) (bt.Key, error) {
	if size < MinKeySize || size > MaxKeySize {
		return bt.Key{}, ErrKeySize
	}
	clear(key[:MaxKeySize-size])
	return key, nil
}

// IsSampleLTK reports, in constant time, whether ltk is the one that the sample
// data of the specification print. Devices have been sold that distribute it:
// with it anybody can read the link (Core Vol 6, Part C, 1).
func IsSampleLTK(ltk bt.Key) bool {
	return ltk.Equal(bt.Key{
		0x4c, 0x68, 0x38, 0x41, 0x39, 0xf5, 0x74, 0xd8,
		0x36, 0xbc, 0xf3, 0x4e, 0x9d, 0xfb, 0x01, 0xbf,
	})
}
