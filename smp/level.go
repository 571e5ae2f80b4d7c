package smp

import (
	"fmt"

	"blesmp/bond"
)

// Level is what protects a link or what a stored key can give: facts of the
// pairing that ran, never what a side had wished for (Core Vol 3, Part H, 2.3.1).
type Level struct {
	// MITM says that the association model protects against a device in the
	// middle. It is true for legacy passkey entry too; whether that counts is
	// Authenticated's business.
	MITM  bool
	SC    bool // LE Secure Connections
	Model AssociationModel

	// KeySize is the length of the key in octets, 7 to 16.
	KeySize int
}

// Authenticated reports whether the level counts as authenticated by the
// policy. Legacy passkey entry does not by default: a passive listener can
// find the passkey (Core Vol 3, Part H, 2.3.1).
func (l Level) Authenticated(policy Policy) bool {
	return l.MITM && (!l.isLegacyPasskey() || policy.LegacyPasskey == LegacyPasskeyAuthenticated)
}

func (l Level) isLegacyPasskey() bool { return !l.SC && l.MITM && l.Model != OutOfBand }

// Satisfies reports whether l is enough where want is asked: no less in SC,
// MITM and key size. The model does not count.
func (l Level) Satisfies(want Level) bool {
	return (l.SC || !want.SC) && (l.MITM || !want.MITM) && l.KeySize >= want.KeySize
}

// String gives the level for a person: "LE Secure Connections, numeric
// comparison, MITM protection, 16 octets".
func (l Level) String() string {
	kind, mitm := "legacy pairing", "no MITM protection"
	if l.SC {
		kind = "LE Secure Connections"
	}
	if l.MITM {
		mitm = "MITM protection"
	}
	return fmt.Sprintf("%s, %s, %s, %d octets", kind, l.Model, mitm, l.KeySize)
}

// LevelOf gives the level that the keys of a bond have.
func LevelOf(b *bond.Bond) Level {
	return Level{MITM: b.MITM, SC: b.SC, KeySize: b.KeySize, Model: AssociationModel(b.Model)}
}
