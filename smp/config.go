package smp

import (
	"errors"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp/toolbox"
)

// Config is what a Procedure works with. Only Role, Local and Peer have no
// default. The functions are called during Step, on its goroutine.
type Config struct {
	Role bt.Role

	// Local and Peer are the addresses of the link on the air: they enter the
	// confirm and check values (Core Vol 3, Part H, 2.2).
	Local, Peer bt.TypedAddress

	// LocalIdentity and PeerIdentity are who the two devices are: bonds are
	// kept under them. They are the addresses on the air by default.
	// LocalIdentity and LocalIRK are what we distribute.
	LocalIdentity, PeerIdentity bt.TypedAddress
	LocalIRK                    bt.Key

	Policy Policy

	// CTKD offers and accepts the LinkKey bit: a link key for BR/EDR is then
	// derived from the LTK (Core Vol 3, Part H, 2.3.5.7).
	CTKD bool

	// FindBond gives the bond with a peer, by its identity, or nil. During one
	// Step it gives the same answers.
	FindBond func(peer bt.TypedAddress) *bond.Bond

	// Waiting reports whether the waiting interval after failed attempts of
	// this peer still runs (Core Vol 3, Part H, 2.3.6).
	Waiting func() bool

	// Encrypted says that the link is encrypted when the Procedure begins, and
	// Level with what.
	Encrypted bool
	Level     Level

	// LocalOOB is the out-of-band data that we gave out, or nil.
	LocalOOB func() *LocalOOB

	// Rand fills a slice with random octets; crypto/rand by default. It is
	// asked for 16 octets for every nonce of a confirm value, and, when keys
	// are distributed, for 16 of LTK, 2 of EDIV, 8 of Rand and 16 of CSRK in
	// this order, most significant octet first, whichever of them are sent.
	Rand func(p []byte)

	// NewKeyPair gives a P-256 key pair that was never used before, and
	// NewPasskey a random number of up to six digits. Both draw from Rand by
	// default.
	NewKeyPair func() KeyPair
	NewPasskey func() uint32

	Toolbox Toolbox      // package toolbox by default
	Table   *table.Table // Table() by default

	// Trace is told of every rule that is taken.
	Trace func(Trace)
}

// complete fills the defaults in.
func (c *Config) complete() error {
	if c.Role > bt.Peripheral {
		return errors.New("smp: Config.Role is neither central nor peripheral")
	}
	if err := c.Policy.Validate(); err != nil {
		return err
	}
	if c.LocalIdentity.IsZero() {
		c.LocalIdentity = c.Local
	}
	if c.PeerIdentity.IsZero() {
		c.PeerIdentity = c.Peer
	}
	if c.FindBond == nil {
		c.FindBond = func(bt.TypedAddress) *bond.Bond { return nil }
	}
	if c.Waiting == nil {
		c.Waiting = func() bool { return false }
	}
	if c.LocalOOB == nil {
		c.LocalOOB = func() *LocalOOB { return nil }
	}
	if c.Rand == nil {
		c.Rand = fillRandom
	}
	if c.NewKeyPair == nil {
		c.NewKeyPair = freshKeyPair(c.Rand)
	}
	if c.NewPasskey == nil {
		c.NewPasskey = randomPasskey(c.Rand)
	}
	if c.Table == nil {
		c.Table = Table()
	}
	return nil
}

// freshKeyPair draws key pairs from rand, and from crypto/rand where rand gives
// nothing that could be a private key.
func freshKeyPair(rand func([]byte)) func() KeyPair {
	return func() KeyPair {
		for source := rand; ; source = fillRandom {
			if pair, err := toolbox.NewKeyPair(sourceReader(source)); err == nil {
				return pair
			}
		}
	}
}

// Passkeys are the numbers below this one (Core Vol 3, Part H, 2.3.5.3).
const passkeyLimit = 1_000_000

// randomPasskey draws passkeys of equal likelihood: 20 random bits at a time,
// until they make a passkey.
func randomPasskey(rand func([]byte)) func() uint32 {
	return func() uint32 {
		for {
			var b [3]byte
			rand(b[:])
			if n := uint32(b[0]&0x0f)<<16 | uint32(b[1])<<8 | uint32(b[2]); n < passkeyLimit {
				return n
			}
		}
	}
}
