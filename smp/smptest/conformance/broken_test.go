package conformance_test

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
	"blesmp/smp/smptest/conformance"
)

const specification = "../../../spec/smp_states.yaml"

// changed builds the table of a specification in which texts are replaced, as
// often as they occur: pairs of an old text and a new one.
func changed(t *testing.T, edits ...string) *table.Table {
	t.Helper()
	octets, err := os.ReadFile(specification)
	if err != nil {
		t.Fatal(err)
	}
	source := string(octets)
	for pair := range slices.Chunk(edits, 2) {
		if !strings.Contains(source, pair[0]) {
			t.Fatalf("the specification does not have %q", pair[0])
		}
		source = strings.ReplaceAll(source, pair[0], pair[1])
	}
	f, err := spec.Parse(specification, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	return m.Table()
}

// TestBrokenRules breaks one rule of the specification after another: the
// scenarios that are about it fail, and no others. Where the generator refuses
// the broken rule already, what it holds it against is taken out too.
func TestBrokenRules(t *testing.T) {
	tests := []struct {
		name      string
		old, new  string
		more      []string // edits of what else would refuse it
		want, may []string // patterns of ids that have to fail, and that may
	}{
		{
			name: "drop the check for our own key",
			old:  "{if: keyReflected, fail: DHKeyCheckFailed}", new: "{if: keyReflected and not sc, fail: DHKeyCheckFailed}",
			want: []string{"A02*", "A03*", "SM/CEN/KDU/BI-04-C"},
		},
		{
			name: "drop the check of public keys",
			old:  "{if: not publicKeyValid, fail: DHKeyCheckFailed}", new: "{if: not publicKeyValid and not sc, fail: DHKeyCheckFailed}",
			more: []string{"{needs: [validKey, ownKey], makes: [dhKey]", "{needs: [ownKey], makes: [dhKey]"},
			want: []string{"A01*", "A18*", "A25*", "SM/*/KDU/BI-01-C", "SM/*/KDU/BI-04-C"},
		},
		{
			name: "accept a 21st round",
			old:  "              DHKeyCheck: {do: [keepCheck], goto: JudgeCheck}\n",
			new:  "              DHKeyCheck: {do: [keepCheck], goto: JudgeCheck}\n              PairingConfirm: ignore\n",
			want: []string{"A24*"},
			may:  []string{"A33*", "A36*"},
		},
		{
			name: "reply to an early LTK request",
			old:  "          AwaitCheck:\n",
			new: "          AwaitCheck:\n            responder:\n              LTKRequest:\n" +
				"                - {if: zeroEDIV, emit: [ReplyPairingKey], goto: AwaitEncryption}\n" +
				"                - {emit: [NegativeReply, ReportEncryptionFailure]}\n",
			more: []string{"    only_in: [Encryption]\n", "", ", authenticated]", "]", "needs: [authenticated], ", ""},
			want: []string{"A20*", "A21*"},
		},
		{
			name: "answer Pairing Failed",
			old:  "      PairingFailed: {end: ByPeer, ref: 3.5.5}\n      any_pdu:", new: "      PairingFailed: {fail: UnspecifiedReason, ref: 3.5.5}\n      any_pdu:",
			want: []string{"A34*", "SM/CEN/JW/BV-05-C", "SM/CEN/PKE/BI-02-C", "SM/PER/KDU/BI-0[23]-C", "SM/CEN/SCJW/BI-01-C", "SM/PER/SCJW/BI-02-C", "SM/CEN/SCPK/BI-01-C", "SM/PER/SCPK/BI-04-C", "SM/CEN/SCOB/BI-01-C", "SM/PER/SCOB/BI-02-C"},
		},
		{
			name: "take our own confirm value back",
			old:  "{if: confirmReflected, fail: ConfirmValueFailed}", new: "{if: confirmReflected and sc, fail: ConfirmValueFailed}",
			want: []string{"A04*", "SM/CEN/JW/BI-06-C", "SM/CEN/PKE/BI-03-C"},
		},
		{
			name: "answer no Security Request during a pairing",
			old:  "  SecurityRequest: {ignore: true, ref: 2.4.6}", new: "  SecurityRequest: {fail: UnspecifiedReason, ref: 2.4.6}",
			want: []string{"SM/CEN/PIS/BV-03-C"},
			may:  []string{"A36*"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			broken := changed(t, append(test.more, test.old, test.new)...)
			for _, s := range conformance.All() {
				err := s.Run(t.Context(), conformance.Options{Table: broken}).Err
				switch wanted := matches(t, s.ID, test.want); {
				case wanted && err == nil:
					t.Errorf("%s passes", s.ID)
				case !wanted && err != nil && !matches(t, s.ID, test.may):
					t.Errorf("%s fails: %v", s.ID, err)
				}
			}
		})
	}
}

// TestCallsWithoutEnd breaks rules with which a call of our device ends: the
// scenario says that it does not return. One that waited for it would be a
// deadlock of the bubble.
func TestCallsWithoutEnd(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		id       string
		want     string
	}{
		{
			name: "Pair begins within the waiting interval",
			old:  "{if: tooSoon, refuse: WaitingInterval, ref: 2.3.6}", new: "{if: tooSoon and not tooSoon, refuse: WaitingInterval, ref: 2.3.6}",
			id: "SM/CEN/KDU/BI-01-C", want: "a call of Pair right after a failure returned nothing, with our device in AwaitResponse, want a BackoffError",
		},
		{
			name: "Pair is ignored within the waiting interval, and nothing ends it but the link",
			old:  "{if: tooSoon, refuse: WaitingInterval, ref: 2.3.6}", new: "{if: tooSoon, ignore: true, ref: 2.3.6}",
			id: "SM/CEN/KDU/BI-01-C", want: "a call of Pair right after a failure returned nothing, with our device in Idle, want a BackoffError",
		},
		{
			name: "Encrypt waits in another state",
			old:  "{emit: [StartStoredEncryption], goto: EncryptingStored, ref: 2.4.4.2}", new: "{emit: [StartStoredEncryption], goto: Settling, ref: 2.4.4.2}",
			id: "A15/CVE-2020-9770", want: "a call of Encrypt returned nothing, with our device in Idle, want PIN or key missing",
		},
		{
			name: "success of encryption is not reported",
			old:  "EncryptionOn:  {emit: [ReportLevel], goto: Idle}", new: "EncryptionOn:  {goto: Idle}",
			id: "SM/CEN/EKS/BV-01-C", want: "a call of Encrypt returned nothing, with our device in Idle",
		},
		{
			name: "failure of encryption is not reported",
			old:  "- {emit: [ReportEncryptionFailure], goto: Idle}", new: "- {goto: Idle}",
			id: "A15/CVE-2020-9770", want: "a call of Encrypt returned nothing, with our device in Idle, want PIN or key missing",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			scenarios, err := conformance.Select(test.id)
			if err != nil || len(scenarios) != 1 {
				t.Fatalf("%d scenarios, %v", len(scenarios), err)
			}
			broken := changed(t, test.old, test.new)
			synctest.Test(t, func(t *testing.T) {
				err := scenarios[0].Run(t.Context(), conformance.Options{Table: broken}).Err
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want an error with %q", err, test.want)
				}
			})
		})
	}
}

// matches reports whether a pattern matches an id; * does not end at a slash.
func matches(t *testing.T, id string, patterns []string) bool {
	t.Helper()
	flat := func(s string) string { return strings.ReplaceAll(s, "/", ":") }
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(flat(p), flat(id))
		if err != nil {
			t.Fatal(err)
		}
		return ok
	})
}
