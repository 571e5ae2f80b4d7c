package smp_test

import (
	"crypto/aes"
	"errors"
	"testing"

	"blesmp/internal/floor"
	"blesmp/internal/load"
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
		name    string
		newLink bool
	}{{"encrypt again", false}, {"connect and encrypt", true}} {
		b.Run(test.name, func(b *testing.B) {
			stacks := connected(b, load.Models()[0])
			if err := stacks.Pair(b.Context()); err != nil {
				b.Fatal(err)
			}
			once := func() (err error) {
				if test.newLink {
					err = errors.Join(stacks.Disconnect(b.Context()), stacks.Connect(b.Context()))
				}
				return errors.Join(err, stacks.Encrypt(b.Context()))
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := once(); err != nil {
					b.Fatal(err)
				}
			}
			report(b, floor.Each(oneSchedule), floor.Each(once))
		})
	}
}
