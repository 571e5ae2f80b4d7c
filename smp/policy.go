package smp

import (
	"errors"
	"fmt"
	"strings"

	"blesmp/bond"
	"blesmp/smp/toolbox"
)

// Policy is what this device insists on, whatever features the two sides
// offer. The zero Policy is the default. It is enforced in both roles, before a
// response goes out; a refusal is a *PolicyError that names the field.
type Policy struct {
	// MinKeySize is the shortest key in octets that is accepted, 7 to 16; 0
	// means 16 (Core Vol 3, Part H, 2.3.4).
	MinKeySize int

	// SCOnly refuses legacy pairing, and keys of less than 16 octets
	// (Core Vol 3, Part C, 10.2.1).
	SCOnly bool

	// RequireMITM refuses association models without MITM protection.
	RequireMITM bool

	// AcceptUnauthenticated goes on where Features.MITM asked for protection
	// and the peer has no way to give it; the level then says so. It does not
	// soften RequireMITM.
	AcceptUnauthenticated bool

	// RefuseAsInitiator and RefuseAsResponder are association models that are
	// not used in a role. To refuse either passkey entry or numeric comparison
	// keeps a user from taking one for the other.
	RefuseAsInitiator, RefuseAsResponder ModelSet

	// NotPairable refuses every pairing that the peer asks for.
	NotPairable bool

	// Repairing says which pairing may replace a bond.
	Repairing Repairing

	// LegacyPasskey says what legacy passkey entry counts as.
	LegacyPasskey LegacyPasskey

	// LostBond says what happens when a peer has lost the key of a bond.
	LostBond LostBond

	// DebugKeys accepts the published debug key pair from the peer. Whoever
	// listens can then read everything (Core Vol 3, Part H, 2.3.5.6.1).
	DebugKeys bool

	// Backoff is how long a peer has to wait after a failed attempt.
	Backoff Backoff
}

// Repairing says which pairing may replace a bond that exists.
type Repairing uint8

// The ways to replace a bond.
const (
	// RepairStrongerOrEqual lets a pairing replace a bond that has no more of
	// SC, MITM protection and key size. Just Works replaces Just Works only on
	// a link that the bond encrypts, or where Prompter.ReplaceBond agrees:
	// anybody could take the peer's place otherwise.
	RepairStrongerOrEqual Repairing = iota
	RepairNever
	RepairAsk // where the bond would become weaker, Prompter.ReplaceBond decides
	RepairAlways
)

// LegacyPasskey says what passkey entry of legacy pairing counts as.
type LegacyPasskey uint8

// The ways to count it.
const (
	LegacyPasskeyUnauthenticated LegacyPasskey = iota // as newer versions of the specification do
	LegacyPasskeyAuthenticated
	LegacyPasskeyRefused
)

// LostBond says what happens when a peer has lost the key of a bond. The bond
// stays in any case, and nothing is paired again unasked: what looks like a
// peer that has forgotten can be somebody in its place.
type LostBond uint8

// The ways to take it.
const (
	LostBondReport     LostBond = iota // BondLostEvent tells it
	LostBondDisconnect                 // and the link is dropped
)

// ModelSet is a set of association models.
type ModelSet uint8

// Models gives a set.
func Models(models ...AssociationModel) ModelSet {
	var set ModelSet
	for _, m := range models {
		set |= 1 << m
	}
	return set
}

// Has reports whether a model is in the set.
func (s ModelSet) Has(m AssociationModel) bool { return s&(1<<m) != 0 }

// String lists the models.
func (s ModelSet) String() string {
	var names []string
	for m := JustWorks; m <= OutOfBand; m++ {
		if s.Has(m) {
			names = append(names, m.String())
		}
	}
	return strings.Join(names, ", ")
}

// PolicyError says which field of the policy, or of the features, has refused.
type PolicyError struct {
	Field  string // "Policy.SCOnly"
	Detail string
}

// Error names the field and what it was about.
func (e *PolicyError) Error() string { return "smp: refused by " + e.Field + ": " + e.Detail }

// minKeySize gives the minimum in force.
func (p *Policy) minKeySize() int {
	if p.MinKeySize == 0 || p.SCOnly {
		return toolbox.MaxKeySize
	}
	return p.MinKeySize
}

// Validate reports what is wrong with the policy.
func (p *Policy) Validate() error {
	if n := p.minKeySize(); n < toolbox.MinKeySize || n > toolbox.MaxKeySize {
		return fmt.Errorf("smp: Policy.MinKeySize is %d, want %d to %d, or 0 for %d", n, toolbox.MinKeySize, toolbox.MaxKeySize, toolbox.MaxKeySize)
	}
	if p.Repairing > RepairAlways || p.LegacyPasskey > LegacyPasskeyRefused || p.LostBond > LostBondDisconnect {
		return errors.New("smp: Policy has an unknown value in Repairing, LegacyPasskey or LostBond")
	}
	if b := p.Backoff; b.First < 0 || b.Max < 0 {
		return errors.New("smp: Policy.Backoff has a negative duration")
	}
	return nil
}

// keySizeError refuses keys that are too short.
func (p *Policy) keySizeError(size int) error {
	if least := p.minKeySize(); size < least {
		field := "Policy.MinKeySize"
		if p.SCOnly {
			field = "Policy.SCOnly"
		}
		return &PolicyError{field, fmt.Sprintf("a key of %d octets, want at least %d", size, least)}
	}
	return nil
}

// bondError refuses the key of a bond that no pairing could make under this
// policy, as of a time when it was another one.
func (p *Policy) bondError(b *bond.Bond) error {
	if err := p.keySizeError(b.KeySize); err != nil {
		return err
	}
	if b.Debug && !p.DebugKeys {
		return &PolicyError{"Policy.DebugKeys", "a key from the debug key pair"}
	}
	return p.levelError(LevelOf(b), 0)
}

// levelError refuses what a pairing would come to; refused are the models that
// our role does not use.
func (p *Policy) levelError(level Level, refused ModelSet) error {
	switch {
	case p.SCOnly && !level.SC:
		return &PolicyError{"Policy.SCOnly", "legacy pairing"}
	case p.RequireMITM && !level.MITM:
		return &PolicyError{"Policy.RequireMITM", level.Model.String()}
	case refused.Has(level.Model):
		return &PolicyError{"Policy.RefuseAsInitiator or RefuseAsResponder", level.Model.String()}
	case p.LegacyPasskey == LegacyPasskeyRefused && level.isLegacyPasskey():
		return &PolicyError{"Policy.LegacyPasskey", level.Model.String() + " of legacy pairing"}
	}
	return nil
}

// replacement is what the policy says of a pairing that would replace a bond.
type replacement uint8

const (
	mayReplace replacement = iota
	askToReplace
	mayNotReplace
)

// replace judges a pairing of the new level over a bond of the old one; onOld
// says that the link is encrypted with the old bond.
func (p *Policy) replace(old, level Level, onOld bool) replacement {
	switch stronger := level.Satisfies(old); {
	case p.Repairing == RepairAlways:
		return mayReplace
	case p.Repairing == RepairNever:
		return mayNotReplace
	case stronger && (level.MITM || onOld):
		return mayReplace
	case stronger || p.Repairing == RepairAsk:
		return askToReplace
	}
	return mayNotReplace
}
