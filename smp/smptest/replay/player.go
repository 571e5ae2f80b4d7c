package replay

import (
	"fmt"
	"slices"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
)

// Player plays transcripts. The zero Player is ready to use.
type Player struct {
	// ShowKeys puts keys into errors, in place of [key hidden].
	ShowKeys bool

	// Table is the machine to run, smp.Table by default.
	Table *table.Table

	// Played is told of every step, once it is over or has failed.
	Played func(Played)
}

// Played is one step as it went.
type Played struct {
	Step *Step
	Rows []smp.Trace // what the procedure did in it, in order
}

// Play plays one side of the transcript; its error says where the procedure
// did something else. Roles says which sides can be played.
func Play(t *Transcript, role bt.Role) error { return Player{}.Play(t, role) }

// Roles gives the sides that can be played: both where a legacy pairing
// succeeds, those with a known private key where LE Secure Connections are
// recorded; for everything else the one that the transcript is about. A side
// other than that one is left out where it has sent what no procedure sends,
// such as reserved bits.
func (t *Transcript) Roles() []bt.Role {
	iut, other := t.IUT, t.other(t.IUT)
	known := func(r bt.Role) bool { return t.sides[r].privateKey != nil }
	both := t.expect.outcome == paired
	switch {
	case t.Method == "negative":
		return []bt.Role{iut}
	case t.secure() && !known(iut) && known(other):
		return []bt.Role{other}
	case t.secure():
		both = known(other)
	}
	if both && t.sendable(other) {
		return []bt.Role{iut, other}
	}
	return []bt.Role{iut}
}

func (t *Transcript) other(r bt.Role) bt.Role { return 1 - r }

// secure reports whether public keys are exchanged.
func (t *Transcript) secure() bool {
	return slices.ContainsFunc(t.Steps, func(s Step) bool { return s.carries(smp.CodePublicKey) })
}

// sendable reports whether a procedure could have sent the side's features.
func (t *Transcript) sendable(r bt.Role) bool {
	own, other := t.features(r), t.features(t.other(r))
	if own == nil {
		return true
	}
	const defined = smp.KeyDistributionEncKey | smp.KeyDistributionIdKey | smp.KeyDistributionSignKey | smp.KeyDistributionLinkKey
	plain := smp.AuthReq(own[3]&0x3f).Bonding() <= 1 && own[3] <= 0x3f
	for _, i := range []int{5, 6} {
		keys := smp.KeyDistribution(own[i])
		plain = plain && keys&^defined == 0
		if r == bt.Peripheral && other != nil {
			plain = plain && keys&^smp.KeyDistribution(other[i]) == 0
		}
	}
	return plain
}

// features gives the first well-formed feature PDU of a side, nil where there
// is none.
func (t *Transcript) features(r bt.Role) []byte {
	code := [2]smp.PDUCode{smp.CodePairingRequest, smp.CodePairingResponse}[r]
	for i := range t.Steps {
		if s := &t.Steps[i]; s.At == r && s.carries(code) && len(s.PDU) == featuresSize {
			return s.PDU
		}
	}
	return nil
}

// featuresSize is the length of Pairing Request and Pairing Response.
const featuresSize = 7

// carries reports whether the step is a PDU with this code.
func (s *Step) carries(code smp.PDUCode) bool {
	return s.Kind == PDUStep && outputOf(s).is(code)
}

// produced reports whether the Security Manager of that side makes the step
// happen: a PDU, or one of its commands.
func (s *Step) produced(r bt.Role) bool {
	if s.At != r {
		return false
	}
	switch s.Kind {
	case PDUStep:
		return true
	case CommandStep:
		return s.Code == enableEncryption || s.Code == ltkReply || s.Code == ltkNegativeReply
	}
	return false
}

// failure gives the reason where the step is a Pairing Failed.
func (s *Step) failure() (smp.Reason, bool) {
	if s.Kind != PDUStep {
		return 0, false
	}
	return outputOf(s).failure()
}

// Describe gives the step in one line, keys hidden unless show is set.
func (s *Step) Describe(show bool) string {
	switch s.Kind {
	case PDUStep:
		return fmt.Sprintf("%s sends %s", sideNames[s.At], outputOf(s).describe(show))
	case CommandStep:
		return fmt.Sprintf("%s commands %s", sideNames[s.At], outputOf(s).describe(show))
	case EventStep:
		name := s.Name
		if layout, ok := hciLayouts[s.Code]; ok {
			name = layout.name
		}
		return fmt.Sprintf("%s has the event %s %x", sideNames[s.At], name, s.Params)
	case UserStep:
		return fmt.Sprintf("%s's user: %s", sideNames[s.At], s.Name)
	case HostStep:
		return fmt.Sprintf("%s's host: %s", sideNames[s.At], s.Name)
	}
	return "silence: " + s.Name
}
