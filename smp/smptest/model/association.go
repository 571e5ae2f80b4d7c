package model

import (
	"fmt"

	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Association says in a few rules which association model two IO capabilities
// give where one side wants MITM protection and there is no out-of-band data. It
// is written from the reasons behind the specification's table, not from the
// table (Core Vol 3, Part H, 2.3.5.1).
func Association(sc bool, initiator, responder smp.IOCapability) smp.AssociationModel {
	displays := func(c smp.IOCapability) bool { return c != smp.KeyboardOnly && c != smp.NoInputNoOutput }
	types := func(c smp.IOCapability) bool { return c == smp.KeyboardOnly || c == smp.KeyboardDisplay }
	confirms := func(c smp.IOCapability) bool { return c == smp.DisplayYesNo || c == smp.KeyboardDisplay }
	switch {
	case sc && confirms(initiator) && confirms(responder):
		return smp.NumericComparison
	case displays(initiator) && types(responder):
		return smp.ResponderTypes
	case types(initiator) && displays(responder):
		return smp.InitiatorTypes
	case types(initiator) && types(responder):
		return smp.BothType
	}
	return smp.JustWorks
}

// Capabilities has all pairs of IO capabilities begin to pair, and tells where
// the two sides do not come to the model of Association, or do not refuse Just
// Works though they want MITM protection. The table is nil for smp.Table().
func Capabilities(machine *table.Table) (problems []string) {
	for n := range 2 * 25 {
		sc, initiator, responder := n%2 == 1, smp.IOCapability(n/2%5), smp.IOCapability(n/10)
		if err := agree(machine, sc, initiator, responder); err != nil {
			problems = append(problems, fmt.Sprintf("SC %v, %v and %v: %v", sc, initiator, responder, err))
		}
	}
	return problems
}

func agree(machine *table.Table, sc bool, capabilities ...smp.IOCapability) error {
	var both [2]smptest.Party
	for role := range both {
		f := smp.DefaultFeatures()
		f.IOCapability, f.SC, f.MITM = capabilities[role], sc, true
		both[role].Features, both[role].Config.Table = &f, machine
		both[role].User = smptest.Ignores(smp.EffectAskFeatures, smptest.Agreeable)
	}
	rig, err := smptest.New(1, both[0], both[1])
	if err != nil {
		return err
	}
	rig.Pair()
	if err := rig.Run(); err != nil {
		return err
	}
	want := Association(sc, capabilities[0], capabilities[1])
	d := rig.Responder
	if want == smp.JustWorks {
		if len(d.Failures) != 1 || d.Failures[0].Reason != smp.AuthenticationRequirements {
			return fmt.Errorf("the %v in %v has failures %v, want authentication requirements not met", d.Role, d.State(), d.Failures)
		}
		return nil
	}
	if d.Question == nil || d.Question.Kind != smp.EffectAskFeatures {
		return fmt.Errorf("the %v in %v does not ask about features", d.Role, d.State())
	}
	if got := d.Question.Level.Model; got != want {
		return fmt.Errorf("the %v in %v asks about %v, want %v", d.Role, d.State(), got, want)
	}
	return nil
}
