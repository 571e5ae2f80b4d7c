package smp

import (
	"errors"
	"fmt"

	"blesmp/smp/toolbox"
)

// Policy is what this device insists on, whatever features the two sides
// offer. The zero Policy is the default.
type Policy struct {
	// MinKeySize is the shortest key in octets that is accepted, 7 to 16; 0
	// means 16 (Core Vol 3, Part H, 2.3.4).
	MinKeySize int

	// SCOnly refuses legacy pairing, and keys of less than 16 octets
	// (Core Vol 3, Part C, 10.2.1).
	SCOnly      bool
	RequireMITM bool // refuse association models without MITM protection
	NotPairable bool // refuse every pairing that the peer begins

	// Repairing says which pairing may replace a bond.
	Repairing Repairing

	// JustWorksAgain lets Just Works replace a Just Works bond of the same
	// strength on a link that the old bond does not encrypt. Anybody can then
	// take the peer's place.
	JustWorksAgain bool

	LegacyPasskey LegacyPasskey

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
	RepairStrongerOrEqual Repairing = iota // no less in SC, MITM protection and key size
	RepairNever
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
	if b := p.Backoff; b.First < 0 || b.Max < 0 {
		return errors.New("smp: Policy.Backoff has a negative duration")
	}
	return nil
}

// tooWeak reports whether the policy refuses the level.
func (p *Policy) tooWeak(level Level) bool {
	switch {
	case p.SCOnly && !level.SC, p.RequireMITM && !level.MITM:
		return true
	case level.SC || !level.MITM || level.Model == OutOfBand:
		return false
	}
	return p.LegacyPasskey == LegacyPasskeyRefused
}

// mayReplace reports whether a pairing of the new level may replace a bond of
// the old one; onOld says that the link is encrypted with the old bond.
func (p *Policy) mayReplace(old, level Level, onOld bool) bool {
	switch p.Repairing {
	case RepairAlways:
		return true
	case RepairNever:
		return false
	}
	if !level.Satisfies(old) {
		return false
	}
	return level.MITM || onOld || p.JustWorksAgain
}
