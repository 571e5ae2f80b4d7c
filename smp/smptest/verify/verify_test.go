package verify_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest/verify"
)

// edited makes a table of the specification after some replacements; each old
// text has to be there once.
func edited(t *testing.T, changes ...string) *table.Table {
	t.Helper()
	const path = "../../../spec/smp_states.yaml"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	source := string(b)
	for i := 0; i+1 < len(changes); i += 2 {
		if n := strings.Count(source, changes[i]); n != 1 {
			t.Fatalf("%q stands %d times in the specification", changes[i], n)
		}
		source = strings.Replace(source, changes[i], changes[i+1], 1)
	}
	f, err := spec.Parse(path, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	return m.Table()
}

// neverStops takes all stops of timers out of a table; no file can say so.
func neverStops(t *table.Table) *table.Table {
	var ops []table.Op
	for i := range t.Rules {
		span := t.Rules[i].Ops
		first := len(ops)
		for _, op := range t.Ops[span.First : span.First+span.Len] {
			if op.Kind != table.StopTimer {
				ops = append(ops, op)
			}
		}
		t.Rules[i].Ops = table.Span{First: uint16(first), Len: uint16(len(ops) - first)}
	}
	t.Ops = ops
	return t
}

// repliesEarly lets the responder answer a request for the key while it waits for
// the peer's check. The static checks refuse a file that says so.
func repliesEarly(t *table.Table) *table.Table {
	at := func(state smp.State) *table.Span {
		return &t.Cells[(len(t.States)+int(state))*len(t.Events)+int(smp.EventLTKRequest)]
	}
	*at(smp.StateAwaitCheck) = *at(smp.StateAwaitLTKRequest)
	return t
}

const (
	legacyJust = "legacy, just works, LTK and identity"
	secureJust = "SC, just works, LTK and identity"
	numeric    = "SC, numeric comparison, LTK and identity"
)

// TestFaults plants faults in the specification and demands that each is found.
func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		table *table.Table
		setup string
		want  string
	}{
		{
			"two states swapped",
			edited(t,
				"do: [keepRandom, computeSTK]\n                  send: [PairingRandom]\n                  goto: AwaitLTKRequest",
				"do: [keepRandom, computeSTK]\n                  send: [PairingRandom]\n                  goto: AwaitEncryption"),
			legacyJust, "the responder waits in Settling, and nobody has anything to do",
		},
		{
			"no check for our own key",
			edited(t,
				"initiator:\n              PublicKey:\n                - {if: keyReflected, fail: DHKeyCheckFailed}\n",
				"initiator:\n              PublicKey:\n"),
			secureJust, "the initiator goes on with its own public key",
		},
		{
			"a key before authentication has ended",
			repliesEarly(edited(t)),
			"attack on the responder: " + secureJust, "the responder gives a key before the end of authentication",
		},
		{
			"a timer that never stops", neverStops(edited(t)),
			secureJust, "the timer of the initiator: runs true in Mute, started anew false",
		},
		{
			"a bond without encryption",
			edited(t, "EncryptionFailed:\n                - if: encrypted\n                  emit: [ReportEncryptionFailure, Disconnect]\n                  end: EncryptionLost\n                  goto: Idle\n",
				"EncryptionFailed:\n                - {if: not encrypted, do: [makeOwnKeys], goto: Encrypted}\n                - if: encrypted\n                  emit: [ReportEncryptionFailure, Disconnect]\n                  end: EncryptionLost\n                  goto: Idle\n"),
			secureJust, "the initiator stores a bond out of turn",
		},
		{
			"Pairing Failed is answered",
			edited(t, "      PairingFailed: {end: ByPeer, ref: 3.5.5}\n      any_pdu:       {fail", "      PairingFailed: {fail: UnspecifiedReason, ref: 3.5.5}\n      any_pdu:       {fail"),
			secureJust, "the initiator answers Pairing Failed",
		},
		{
			"an authentication that the user did not give",
			edited(t, "DHKeyCheck:   {do: [keepCheck], goto: CompareHoldCheck}", "DHKeyCheck:   {do: [keepCheck], goto: CompareHoldCheck}\n              Delivered:    {do: [computeKeys], goto: AwaitCheck}"),
			numeric, "the responder gives a key before the end of authentication",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found(t, verify.Options{Quick: true, Table: test.table, Only: test.setup}, test.want)
		})
	}
}

// TestPromises takes the driver's promises away, one after the other, and
// demands that each shows what it is for.
func TestPromises(t *testing.T) {
	const bonds = secureJust + ", SC bonds"
	tests := []struct {
		name    string
		options verify.Options
		want    string
	}{
		{"order", verify.Options{NoOrder: true, Only: bonds}, "the two sides start encryption with different keys"},
		{"flush before encryption", verify.Options{NoFlush: true, Only: bonds}, "the two sides start encryption with different keys"},
		{"numbered answers", verify.Options{NoNumbers: true, Only: numeric + ", three pairings"}, ""},
		{"results of earlier encryption", verify.Options{NoChanges: true, Only: numeric + ", bonds"}, "the two sides report different levels"},
		{"fresh secrets", verify.Options{NoFresh: true, Only: "attack on the initiator: legacy, initiator types, LTK and identity"}, "the initiator gives an attacker a key, though its user asked for protection"},
		{"a pause after a failure", verify.Options{NoPause: true, Only: secureJust + ", SC bonds at the responder"}, "the responder waits in AwaitPublicKey, and nobody has anything to do"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.options.Quick = !test.options.NoFresh // which takes two pairings
			found(t, test.options, test.want)
		})
	}
}

// found explores one setup and demands a violation, which can be drawn.
func found(t *testing.T, o verify.Options, want string) {
	t.Helper()
	o.Workers = 1
	report, err := verify.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Outcomes) != 1 {
		t.Fatalf("%d setups are called %q", len(report.Outcomes), o.Only)
	}
	violations := report.Violations()
	if len(violations) != 1 {
		t.Fatalf("%d violations in %d states", len(violations), report.States)
	}
	v := violations[0]
	if !strings.Contains(v.Text, want) {
		t.Errorf("found: %s\nwant: %s", v.Text, want)
	}
	var drawn, mermaid strings.Builder
	if err := errors.Join(v.WriteLadder(&drawn), v.WriteMermaid(&mermaid)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"initiator", "smp_states.yaml:", v.Setup} {
		if !strings.Contains(drawn.String(), text) {
			t.Errorf("the ladder does not say %s:\n%s", text, drawn.String())
		}
	}
	if !strings.HasPrefix(mermaid.String(), "sequenceDiagram\n") || !strings.Contains(mermaid.String(), "->>") {
		t.Errorf("no diagram:\n%s", mermaid.String())
	}
}

// TestHolds explores some setups of the shipped table; smp verify explores all.
func TestHolds(t *testing.T) {
	for _, name := range []string{
		legacyJust, secureJust, numeric, "legacy, initiator types, LTK and identity", "SC, out of band, LTK and identity",
		"attack on the initiator: " + numeric, "attack on the responder: SC, responder types, LTK and identity",
		secureJust + ", and a new link",
	} {
		t.Run(name, func(t *testing.T) {
			report, err := verify.Run(context.Background(), verify.Options{Quick: true, Only: name, Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range report.Violations() {
				var b strings.Builder
				if err := v.WriteLadder(&b); err != nil {
					t.Fatal(err)
				}
				t.Error(b.String())
			}
			if len(report.Outcomes) != 1 || report.States < 200 {
				t.Errorf("%d setups, %d states", len(report.Outcomes), report.States)
			}
		})
	}
}

// TestAllRounds plays a passkey pairing with all 20 rounds and no fault but one.
func TestAllRounds(t *testing.T) {
	o := verify.Options{Quick: true, Only: "SC, responder types, LTK and identity", LastRound: 19, Workers: 1}
	report, err := verify.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(report.Violations()); n > 0 || report.States < 15_000 {
		t.Errorf("%d violations, %d states", n, report.States)
	}
}

// TestSetups demands that the names of the setups are unique, and that the quick
// ones are a part.
func TestSetups(t *testing.T) {
	full := map[string]bool{}
	for _, s := range verify.Setups(false) {
		if full[s.Name] {
			t.Errorf("two setups are called %s", s.Name)
		}
		full[s.Name] = true
	}
	for _, s := range verify.Setups(true) {
		if !full[s.Name] {
			t.Errorf("%s is not in the full run", s.Name)
		}
	}
}

// TestCoverage counts the rules that one setup takes. All setups together leave
// out none without a reason: smp verify fails where they do.
func TestCoverage(t *testing.T) {
	report, err := verify.Run(context.Background(), verify.Options{Quick: true, Only: legacyJust, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := &report.Coverage
	if c.Rows < 300 || c.Taken() < 60 || c.Taken() > c.Rows/2 {
		t.Errorf("%d of %d rules taken by %s", c.Taken(), c.Rows, legacyJust)
	}
	reasons := 0
	for _, m := range c.Missed {
		if m.Reason != "" {
			reasons++
		}
		if m.Line == 0 || m.Cell == "" {
			t.Errorf("a row without a place: %v", m)
		}
	}
	if reasons != verify.Reasons() {
		t.Errorf("%d reasons for rows that are not taken, of which %d belong to a row of this table", verify.Reasons(), reasons)
	}
	if n := len(c.Unexplained()); n != c.Rows-c.Taken()-reasons {
		t.Errorf("%d rows without a reason", n)
	}
}

// TestLimits demands an error where there are too many states or no more time.
func TestLimits(t *testing.T) {
	_, err := verify.Run(context.Background(), verify.Options{Only: secureJust, MaxStates: 1000})
	var limit *verify.LimitError
	if !errors.As(err, &limit) || limit.Max != 1000 {
		t.Errorf("Run: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := verify.Run(ctx, verify.Options{Only: secureJust, Table: smp.Table()}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
}
