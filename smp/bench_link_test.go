package smp_test

import (
	"crypto/aes"
	"testing"

	"blesmp/internal/floor"
	"blesmp/smp"
)

// oneSchedule is what the cryptography of starting encryption comes to: the
// controller of each side derives the session key, one block under the LTK, and
// makes its schedule (Core Vol 6, Part B, 5.1.3.1).
func oneSchedule() error {
	var key [16]byte
	for range 2 {
		block, err := aes.NewCipher(key[:])
		if err != nil {
			return err
		}
		block.Encrypt(key[:], key[:])
		if _, err := aes.NewCipher(key[:]); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkReconnect encrypts with the bond: on a link that is encrypted already,
// and on a new one, which is made too.
func BenchmarkReconnect(b *testing.B) {
	for _, test := range []struct {
		name string
		once func(*devices) error
	}{
		{"encrypt again", (*devices).encrypt},
		{"connect and encrypt", (*devices).reconnect},
	} {
		b.Run(test.name, func(b *testing.B) {
			features := smp.DefaultFeatures()
			d := newDevices(b, both(features), nil)
			if err := d.pair(features); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := test.once(d); err != nil {
					b.Fatal(err)
				}
			}
			report(b, floor.Each(oneSchedule), floor.Each(func() error { return test.once(d) }))
		})
	}
}
