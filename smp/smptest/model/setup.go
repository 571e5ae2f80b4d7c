package model

import (
	"fmt"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Setup is what two sides bring along, as a value.
type Setup struct {
	SC    bool
	Model smp.AssociationModel
	Seed  uint64

	InitiatorKeys, ResponderKeys smp.KeyDistribution

	NoBonding  bool
	RepairAny  bool // a bond may be replaced by any other
	UsersFirst bool
	FirstUser  bt.Role
	Keypress   bool
	Unnumbered bool // answers and timeouts lose their numbers: the rules do not hold
}

// String names what was drawn.
func (s Setup) String() string {
	return fmt.Sprintf("{sc=%v %v keys %v/%v bonding=%v repairAny=%v usersFirst=%v first=%v keypress=%v seed=%d}",
		s.SC, s.Model, s.InitiatorKeys, s.ResponderKeys, !s.NoBonding, s.RepairAny, s.UsersFirst, s.FirstUser, s.Keypress, s.Seed)
}

// capabilities give each model (Core Vol 3, Part H, 2.3.5.1, table 2.8).
var capabilities = map[smp.AssociationModel][2]smp.IOCapability{
	smp.JustWorks:         {smp.NoInputNoOutput, smp.KeyboardDisplay},
	smp.InitiatorTypes:    {smp.KeyboardOnly, smp.DisplayOnly},
	smp.ResponderTypes:    {smp.DisplayOnly, smp.KeyboardOnly},
	smp.BothType:          {smp.KeyboardOnly, smp.KeyboardOnly},
	smp.NumericComparison: {smp.DisplayYesNo, smp.DisplayYesNo},
	smp.OutOfBand:         {smp.NoInputNoOutput, smp.NoInputNoOutput},
}

// keys are what a side distributes after all.
func (s Setup) keys(role bt.Role) smp.KeyDistribution {
	keys := [2]smp.KeyDistribution{s.InitiatorKeys, s.ResponderKeys}[role]
	if s.SC {
		keys = keys.WithEncKey(false)
	}
	return keys
}

// rig builds the two sides; machine is nil for smp.Table().
func (s Setup) rig(machine *table.Table) (*smptest.Rig, error) {
	addresses := [2]bt.TypedAddress{smptest.InitiatorAddress, smptest.ResponderAddress}
	var both [2]smptest.Party
	for role := range both {
		f := smp.DefaultFeatures()
		f.IOCapability = capabilities[s.Model][role]
		f.SC, f.MITM, f.Keypress, f.Bonding = s.SC, s.Model != smp.JustWorks, s.Keypress, !s.NoBonding
		f.InitiatorKeys, f.ResponderKeys = s.InitiatorKeys, s.ResponderKeys
		both[role].Features = &f
		both[role].Config.Table = machine
		if s.RepairAny {
			both[role].Config.Policy.Repairing = smp.RepairAlways
		}
	}
	if s.Model == smp.OutOfBand {
		for role := range both {
			local := smp.NewLocalOOB(addresses[role])
			both[role].Config.LocalOOB = func() *smp.LocalOOB { return local }
			both[1-role].Features.PeerOOB = &smp.PeerOOB{
				Address: local.Address, Confirm: &local.Confirm, Random: &local.Random, TK: &bt.Key{1, 2, 3},
			}
		}
	}
	rig, err := smptest.New(s.Seed, both[0], both[1])
	if err != nil {
		return nil, err
	}
	rig.UsersFirst, rig.FirstUser, rig.Unnumbered = s.UsersFirst, s.FirstUser, s.Unnumbered
	return rig, nil
}
