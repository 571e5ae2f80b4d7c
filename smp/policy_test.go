package smp

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"blesmp/bond"
)

// levels are all levels that matter to a policy.
func levels() []Level {
	var all []Level
	for _, sc := range []bool{false, true} {
		for _, size := range []int{7, 15, 16} {
			for model := JustWorks; model <= OutOfBand; model++ {
				if model == NumericComparison && !sc {
					continue
				}
				all = append(all, Level{SC: sc, MITM: model != JustWorks, KeySize: size, Model: model})
			}
		}
	}
	return all
}

// TestRepairing holds the default policy against every pair of an old and a new
// level (A16, A29): a bond never becomes weaker in anything, and Just Works
// needs the old bond's encryption or the user.
func TestRepairing(t *testing.T) {
	for _, old := range levels() {
		for _, level := range levels() {
			for _, onOld := range []bool{false, true} {
				weaker := old.SC && !level.SC || old.MITM && !level.MITM || level.KeySize < old.KeySize
				want := map[Repairing]replacement{
					RepairStrongerOrEqual: mayReplace,
					RepairAsk:             mayReplace,
					RepairNever:           mayNotReplace,
					RepairAlways:          mayReplace,
				}
				switch {
				case weaker:
					want[RepairStrongerOrEqual], want[RepairAsk] = mayNotReplace, askToReplace
				case level.Model == JustWorks && !onOld:
					want[RepairStrongerOrEqual], want[RepairAsk] = askToReplace, askToReplace
				}
				for repairing, want := range want {
					policy := Policy{Repairing: repairing}
					if got := policy.replace(old, level, onOld); got != want {
						t.Errorf("%v over %v, on the old bond %v, policy %d: %d, want %d", level, old, onOld, repairing, got, want)
					}
				}
			}
		}
	}
}

func TestPolicyLevel(t *testing.T) {
	tests := []struct {
		name    string
		policy  Policy
		refused ModelSet
		level   Level
		field   string // "" where the level is good enough
	}{
		{"default takes legacy Just Works", Policy{}, 0, Level{KeySize: 16}, ""},
		{"SC only, legacy", Policy{SCOnly: true}, 0, Level{MITM: true, Model: OutOfBand, KeySize: 16}, "Policy.SCOnly"},
		{"SC only, SC", Policy{SCOnly: true}, 0, Level{SC: true, KeySize: 16}, ""},
		{"MITM required, Just Works", Policy{RequireMITM: true}, 0, Level{SC: true, KeySize: 16}, "Policy.RequireMITM"},
		{"MITM required, comparison", Policy{RequireMITM: true}, 0, Level{SC: true, MITM: true, Model: NumericComparison}, ""},
		{"A09 a model that our role does not use", Policy{}, Models(InitiatorTypes), Level{SC: true, MITM: true, Model: InitiatorTypes}, "Policy.RefuseAsInitiator or RefuseAsResponder"},
		{"another model", Policy{}, Models(InitiatorTypes, BothType), Level{SC: true, MITM: true, Model: ResponderTypes}, ""},
		{"A06 legacy passkey refused", Policy{LegacyPasskey: LegacyPasskeyRefused}, 0, Level{MITM: true, Model: BothType}, "Policy.LegacyPasskey"},
		{"legacy passkey refused, out of band", Policy{LegacyPasskey: LegacyPasskeyRefused}, 0, Level{MITM: true, Model: OutOfBand}, ""},
		{"legacy passkey refused, SC passkey", Policy{LegacyPasskey: LegacyPasskeyRefused}, 0, Level{SC: true, MITM: true, Model: BothType}, ""},
		{"legacy passkey refused, Just Works", Policy{LegacyPasskey: LegacyPasskeyRefused}, 0, Level{}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.policy.levelError(test.level, test.refused)
			if got := fieldOf(err); got != test.field {
				t.Errorf("refused by %q, want %q", got, test.field)
			}
		})
	}
}

// fieldOf gives the field that a PolicyError names.
func fieldOf(err error) string {
	if refused, ok := errors.AsType[*PolicyError](err); ok {
		return refused.Field
	}
	return ""
}

func TestPolicyKeySize(t *testing.T) {
	tests := []struct {
		policy Policy
		size   int
		field  string
	}{
		{Policy{}, 16, ""},
		{Policy{}, 15, "Policy.MinKeySize"},
		{Policy{MinKeySize: 7}, 7, ""},
		{Policy{MinKeySize: 8}, 7, "Policy.MinKeySize"},
		{Policy{MinKeySize: 7, SCOnly: true}, 15, "Policy.SCOnly"},
	}
	for _, test := range tests {
		if got := fieldOf(test.policy.keySizeError(test.size)); got != test.field {
			t.Errorf("%+v, %d octets: refused by %q, want %q", test.policy, test.size, got, test.field)
		}
	}
}

func TestPolicyValidate(t *testing.T) {
	for _, good := range []Policy{{}, {MinKeySize: 7}, {MinKeySize: 16}, {SCOnly: true, MinKeySize: 7}, {Backoff: Backoff{Off: true}}} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for _, bad := range []Policy{
		{MinKeySize: 6}, {MinKeySize: 17}, {MinKeySize: -1}, {Repairing: RepairAlways + 1}, {LegacyPasskey: LegacyPasskeyRefused + 1},
		{LostBond: LostBondDisconnect + 1}, {Backoff: Backoff{First: -time.Second}}, {Backoff: Backoff{Max: -time.Second}},
	} {
		if err := bad.Validate(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestLevelAuthenticated(t *testing.T) {
	for _, level := range levels() {
		legacyPasskey := !level.SC && level.Model != JustWorks && level.Model != OutOfBand
		want := map[LegacyPasskey]bool{
			LegacyPasskeyUnauthenticated: level.MITM && !legacyPasskey,
			LegacyPasskeyAuthenticated:   level.MITM,
		}
		for as, want := range want {
			if got := level.Authenticated(Policy{LegacyPasskey: as}); got != want {
				t.Errorf("%v counted as %d: authenticated %v, want %v", level, as, got, want)
			}
		}
	}
}

func TestLevelSatisfies(t *testing.T) {
	full := Level{MITM: true, SC: true, KeySize: 16, Model: NumericComparison}
	tests := []struct {
		level, want Level
		satisfied   bool
	}{
		{Level{}, Level{}, true},
		{full, full, true},
		{full, Level{KeySize: 7, Model: BothType}, true},
		{Level{MITM: true, KeySize: 16}, Level{SC: true}, false},
		{Level{SC: true, KeySize: 16}, Level{MITM: true}, false},
		{Level{SC: true, MITM: true, KeySize: 15}, Level{KeySize: 16}, false},
	}
	for _, test := range tests {
		if got := test.level.Satisfies(test.want); got != test.satisfied {
			t.Errorf("%v satisfies %v: %v", test.level, test.want, got)
		}
	}
	if got, want := full.String(), "LE Secure Connections, numeric comparison, MITM protection, 16 octets"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := (Level{KeySize: 7}).String(), "legacy pairing, just works, no MITM protection, 7 octets"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLevelOf(t *testing.T) {
	got := LevelOf(&bond.Bond{MITM: true, SC: true, KeySize: 9, Model: uint8(BothType)})
	if want := (Level{MITM: true, SC: true, KeySize: 9, Model: BothType}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestModelSet(t *testing.T) {
	set := Models(JustWorks, OutOfBand)
	for m := JustWorks; m <= OutOfBand; m++ {
		if got, want := set.Has(m), m == JustWorks || m == OutOfBand; got != want {
			t.Errorf("%v: %v", m, got)
		}
	}
	if got, want := fmt.Sprint(set), "just works, out of band"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
