// Package lamps is a toy: generated codecs of a protocol of frames, for the
// tests of gen.
package lamps

//go:generate go run blesmp/cmd/smpgen gen ../../testdata/lamps.yaml

// Serial is the number of a lamp, most significant octet first.
type Serial [5]byte

// Level is how bright a lamp is.
type Level uint16
