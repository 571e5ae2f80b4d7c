package smptest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// number gives the place of a name.
func number(t *testing.T, names []string, name string) uint8 {
	t.Helper()
	i := slices.Index(names, name)
	if i < 0 {
		t.Fatalf("no %s", name)
	}
	return uint8(i)
}

// faulty is a table of our own in which faults can be planted.
func faulty() *table.Table {
	f := *smp.Table()
	f.Cells, f.Rules, f.Ops = slices.Clone(f.Cells), slices.Clone(f.Rules), slices.Clone(f.Ops)
	return &f
}

// cell is where the rules for an event in a state are found.
func cell(f *table.Table, role bt.Role, state smp.State, event smp.EventKind) *table.Span {
	return &f.Cells[(int(role)*len(f.States)+int(state))*len(f.Events)+int(event)]
}

// copyCell lets a state take an event as another state does.
func copyCell(role bt.Role, state, as smp.State, event smp.EventKind) func(*testing.T, *table.Table) {
	return func(_ *testing.T, f *table.Table) {
		*cell(f, role, state, event) = *cell(f, role, as, event)
	}
}

// add puts ops into a new rule that is alone in its cell.
func add(role bt.Role, state smp.State, event smp.EventKind, next smp.State, kinds ...func(*testing.T, *table.Table) table.Op) func(*testing.T, *table.Table) {
	return func(t *testing.T, f *table.Table) {
		t.Helper()
		rule := table.Rule{Ops: table.Span{First: uint16(len(f.Ops)), Len: uint16(len(kinds))}, Next: uint8(next)}
		for _, op := range kinds {
			f.Ops = append(f.Ops, op(t, f))
		}
		*cell(f, role, state, event) = table.Span{First: uint16(len(f.Rules)), Len: 1}
		f.Rules = append(f.Rules, rule)
	}
}

func emits(effect string) func(*testing.T, *table.Table) table.Op {
	return func(t *testing.T, f *table.Table) table.Op {
		t.Helper()
		return table.Op{Kind: table.Emit, ID: number(t, f.Effects, effect)}
	}
}

func sends(pdu string) func(*testing.T, *table.Table) table.Op {
	return func(t *testing.T, f *table.Table) table.Op {
		t.Helper()
		return table.Op{Kind: table.Send, ID: number(t, f.PDUs, pdu)}
	}
}

// legacy is Just Works of legacy pairing.
func legacy() smptest.Party {
	f := smp.DefaultFeatures()
	f.SC = false
	return smptest.Party{Features: &f}
}

func pairTo(role bt.Role, state smp.State) func(*testing.T, *smptest.Rig) {
	return func(t *testing.T, rig *smptest.Rig) {
		t.Helper()
		rig.Pair()
		if !rig.RunTo(role, state) {
			t.Fatalf("the %v does not get to %v", role, state)
		}
	}
}

// TestRules plants faults in the table and demands that the rig finds each.
func TestRules(t *testing.T) {
	tests := []struct {
		name  string
		fault func(*testing.T, *table.Table)
		play  func(*testing.T, *smptest.Rig)
		found string
	}{
		{
			"Pairing Failed is answered",
			add(bt.Central, smp.StateAwaitResponse, smp.EventPairingFailed, smp.StateIdle, sends("PairingRequest"), emits("ReportFailure")),
			func(_ *testing.T, rig *smptest.Rig) {
				rig.Pair()
				rig.Inject(bt.Central, 5, 8)
			},
			"Pairing Failed answered",
		},
		{
			"a PDU after a timeout",
			copyCell(bt.Peripheral, smp.StateMute, smp.StateIdle, smp.EventSecurityRequest),
			func(t *testing.T, rig *smptest.Rig) {
				rig.Responder.User = smptest.Ignores(smp.EffectAskPairing, smptest.Agreeable)
				rig.Pair()
				if err := rig.Run(); err != nil {
					t.Fatal(err)
				}
				rig.Elapse(time.Minute)
				rig.Inject(bt.Peripheral, 0x0b, 0)
			},
			"sent after timeout",
		},
		{
			"a PDU after the end of the link",
			copyCell(bt.Peripheral, smp.StateClosed, smp.StateIdle, smp.EventSecurityRequest),
			func(t *testing.T, rig *smptest.Rig) {
				rig.Drop(bt.ConnectionTimeout)
				if err := rig.Run(); err != nil {
					t.Fatal(err)
				}
				rig.Inject(bt.Peripheral, 0x0b, 0)
			},
			"end of link",
		},
		{
			"a key in phase 2",
			copyCell(bt.Peripheral, smp.StateLegacyAwaitRandom, smp.StateAwaitLTKRequest, smp.EventLTKRequest),
			func(t *testing.T, rig *smptest.Rig) {
				pairTo(bt.Peripheral, smp.StateLegacyAwaitRandom)(t, rig)
				rig.RequestLTK(0, 0)
			},
			"key before the end of authentication",
		},
		{
			"two keys",
			add(bt.Peripheral, smp.StateAwaitEncryption, smp.EventLTKRequest, smp.StateAwaitEncryption, emits("ReplyPairingKey")),
			func(t *testing.T, rig *smptest.Rig) {
				pairTo(bt.Peripheral, smp.StateAwaitEncryption)(t, rig)
				rig.RequestLTK(0, 0)
			},
			"encryption started twice",
		},
		{
			"no report",
			add(bt.Central, smp.StateAwaitResponse, smp.EventCancel, smp.StateIdle, sends("PairingRequest")),
			func(_ *testing.T, rig *smptest.Rig) {
				rig.Pair()
				rig.Do(bt.Central, smp.Input{Event: smp.EventCancel})
			},
			"0 reports",
		},
		{
			"two reports",
			add(bt.Central, smp.StateAwaitResponse, smp.EventCancel, smp.StateIdle, emits("ReportTimeout"), emits("ReportTimeout")),
			func(_ *testing.T, rig *smptest.Rig) {
				rig.Pair()
				rig.Do(bt.Central, smp.Input{Event: smp.EventCancel})
			},
			"2 reports",
		},
		{
			"a report out of the blue",
			add(bt.Central, smp.StateIdle, smp.EventCancel, smp.StateIdle, emits("ReportTimeout")),
			func(_ *testing.T, rig *smptest.Rig) { rig.Do(bt.Central, smp.Input{Event: smp.EventCancel}) },
			"1 reports",
		},
		{
			"a timer that is not stopped",
			add(bt.Central, smp.StateAwaitResponse, smp.EventCancel, smp.StateIdle, emits("ReportTimeout")),
			func(_ *testing.T, rig *smptest.Rig) {
				rig.Pair()
				rig.Do(bt.Central, smp.Input{Event: smp.EventCancel})
			},
			"timer runs true",
		},
		{
			"a controller that gets no answer",
			add(bt.Peripheral, smp.StateIdle, smp.EventLTKRequest, smp.StateIdle, emits("ReportEncryptionFailure")),
			func(_ *testing.T, rig *smptest.Rig) { rig.RequestLTK(0, 0) },
			"0 replies",
		},
		{
			"a bond without encryption",
			add(bt.Central, smp.StateLegacyAwaitRandom, smp.EventCancel, smp.StateIdle, emits("StoreBond"), emits("ReportComplete")),
			func(t *testing.T, rig *smptest.Rig) {
				pairTo(bt.Central, smp.StateLegacyAwaitRandom)(t, rig)
				rig.Do(bt.Central, smp.Input{Event: smp.EventCancel})
			},
			"bond stored out of turn",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := faulty()
			both := [2]smptest.Party{legacy(), legacy()}
			for i := range both {
				both[i].Config.Table = f
			}
			test.fault(t, f)
			rig, err := smptest.New(1, both[0], both[1])
			if err != nil {
				t.Fatal(err)
			}
			test.play(t, rig)
			if !slices.ContainsFunc(rig.Broken, func(text string) bool { return strings.Contains(text, test.found) }) {
				t.Errorf("found %q, want %q", rig.Broken, test.found)
			}
		})
	}
}

// TestRig shows an undisturbed exchange move by move.
func TestRig(t *testing.T) {
	rig, err := smptest.New(7, smptest.Party{}, smptest.Party{})
	if err != nil {
		t.Fatal(err)
	}
	rig.Pair()
	if rig.Responder.Waiting() != 1 || rig.Responder.NextPDU()[0] != byte(smp.CodePairingRequest) {
		t.Fatalf("%d things wait for the responder", rig.Responder.Waiting())
	}
	if err := rig.Run(); err != nil {
		t.Fatal(err)
	}
	if !rig.Encrypted() || rig.Next() {
		t.Error("the exchange has not come to its end")
	}
	for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
		if len(d.Results) != 1 || d.Bond() == nil || len(rig.Broken) != 0 {
			t.Errorf("%v: %d results, broken rules %v", d.Role, len(d.Results), rig.Broken)
		}
	}
	again, err := smptest.New(7, smptest.Party{}, smptest.Party{})
	if err != nil {
		t.Fatal(err)
	}
	again.Pair()
	if err := again.Run(); err != nil {
		t.Fatal(err)
	}
	for i, pdu := range again.Initiator.Sent {
		if !slices.Equal(pdu, rig.Initiator.Sent[i]) {
			t.Errorf("PDU %d differs though the seed is the same", i)
		}
	}
}
