package conformance_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/smp/smptest/conformance"
	"blesmp/smp/toolbox"

	"github.com/google/go-cmp/cmp"
)

// play plays scenarios as subtests, each in a bubble.
func play(t *testing.T, scenarios []conformance.Scenario) {
	for _, s := range scenarios {
		t.Run(s.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if r := s.Run(t.Context(), conformance.Options{WallClock: true}); r.Err != nil {
					t.Error(r.Err)
				}
			})
		})
		if s.Alias == "" {
			continue
		}
		t.Run(s.Alias, func(t *testing.T) {
			if r := s.Run(t.Context(), conformance.Options{}); r.Err != nil {
				t.Error(r.Err)
			}
		})
	}
}

func TestCases(t *testing.T) { play(t, conformance.Cases()) }

func TestAttacks(t *testing.T) { play(t, conformance.Attacks()) }

// report is that of everything, played as the command does.
var report *conformance.Report

// run makes the report, once for all tests that need it.
func run(t *testing.T) conformance.Report {
	t.Helper()
	if report == nil {
		report = &conformance.Report{}
		for _, s := range conformance.All() {
			report.Results = append(report.Results, s.Run(t.Context(), conformance.Options{}))
		}
	}
	return *report
}

// TestManualClock plays everything on clocks that move only when told to.
func TestManualClock(t *testing.T) {
	r := run(t)
	for _, result := range r.Results {
		if result.Err != nil {
			t.Errorf("%s: %v", result.Scenario.ID, result.Err)
		}
		if result.Decided == nil || len(result.Rows) == 0 {
			t.Errorf("%s: no rule was taken", result.Scenario.ID)
		}
	}
	if !r.OK() {
		t.Error("the report is not OK")
	}
	if diff := cmp.Diff("88 of 88 LE, 37 of 37 attacks", r.Summary()); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

// TestNames checks that every scenario can be found and says what it is.
func TestNames(t *testing.T) {
	forms := map[conformance.Kind]*regexp.Regexp{
		conformance.Case:   regexp.MustCompile(`^SM/((CEN|PER)/)?(PROT|EKS|JW|PKE|OOB|SIGN|KDU|PIS|SCJW|SCPK|SCOB)/B[VI]-\d\d-C$`),
		conformance.Attack: regexp.MustCompile(`^A\d\d/[-A-Za-z0-9.]+$`),
	}
	seen := map[string]bool{}
	for i, s := range conformance.All() {
		if !forms[s.Kind].MatchString(s.ID) || s.About == "" || s.Group == "" {
			t.Errorf("%s (%q) in group %q is no scenario", s.ID, s.About, s.Group)
		}
		for _, id := range []string{s.ID, s.Alias} {
			if id != "" && seen[id] {
				t.Errorf("%s occurs twice", id)
			}
			seen[id] = true
		}
		if n := i - len(conformance.Cases()) + 1; s.Kind == conformance.Attack && !strings.HasPrefix(s.ID, "A"+string(rune('0'+n/10))+string(rune('0'+n%10))+"/") {
			t.Errorf("%s is attack number %d", s.ID, n)
		}
	}
	for _, d := range conformance.CrossTransport() {
		if seen[d.ID] {
			t.Errorf("%s occurs twice", d.ID)
		}
		seen[d.ID] = true
	}
}

func TestSelect(t *testing.T) {
	tests := []struct {
		pattern string
		want    []string
	}{
		{"SM/CEN/SIGN/BV-01-C", []string{"SM/CEN/SIGN/BV-01-C"}},
		{"SM/SIGN/BV-01-C", []string{"SM/CEN/SIGN/BV-01-C"}}, // its name in Core 6.3
		{"SM/PER/PIS/*", []string{"SM/PER/PIS/BV-01-C", "SM/PER/PIS/BV-02-C"}},
		{"A16", []string{"A16/BLERP-NDSS-2026"}},
		{"*CVE-2018*", []string{"A01/CVE-2018-5383"}},
		{"nothing", nil},
	}
	for _, test := range tests {
		scenarios, err := conformance.Select(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range scenarios {
			got = append(got, s.ID)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.pattern, diff)
		}
	}
	if _, err := conformance.Select("["); err == nil {
		t.Error("a pattern that is none is taken")
	}
}

// TestCrossTransport derives the keys of the test cases that need BR/EDR, with
// the sample data of the specification (Core Vol 3, Part H, D.9 to D.12).
func TestCrossTransport(t *testing.T) {
	key := func(text string) bt.Key {
		k, err := bt.ParseKey(text)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	ltk, linkKey := key("368df9bce3264b58bd066c33334fbf64"), key("05040302010009080706050403020100")
	want := map[[2]bool]string{
		{true, true}:   "287ad379dca402530a39f1f43047b835",
		{true, false}:  "bc1ca4ef633fc1bd0d8230afee388fb0",
		{false, true}:  "e85e09eb5eccb3e269418a133211bc79",
		{false, false}: "a813fb72f1a3dfa18a2c9a43f10d0a30",
	}
	list := conformance.CrossTransport()
	if len(list) != 16 {
		t.Errorf("%d test cases, want 16", len(list))
	}
	for _, d := range list {
		t.Run(d.ID, func(t *testing.T) {
			got := toolbox.LTKFromLinkKey(linkKey, d.CT2)
			if d.ToLinkKey {
				got = toolbox.LinkKeyFromLTK(ltk, d.CT2)
			}
			if diff := cmp.Diff(want[[2]bool{d.ToLinkKey, d.CT2}], got.Reveal()); diff != "" {
				t.Errorf("key (-want +got):\n%s", diff)
			}
		})
	}
}

// TestText checks the table and what a failure looks like in it.
func TestText(t *testing.T) {
	broken := changed(t, "{if: confirmReflected, fail: ConfirmValueFailed}", "{if: confirmReflected and sc, fail: ConfirmValueFailed}")
	scenarios, err := conformance.Select("SM/CEN/JW/BI-0[16]-C")
	if err != nil {
		t.Fatal(err)
	}
	var r conformance.Report
	for _, s := range scenarios {
		r.Results = append(r.Results, s.Run(t.Context(), conformance.Options{Table: broken}))
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Legacy: Just Works\n",
		"  pass        SM/CEN/JW/BI-01-C           smp_states.yaml:",
		"  fail        SM/CEN/JW/BI-06-C ",
		"want Pairing Failed",
		"| Pairing Request ---", // of the ladder
		"\n1 of 2 LE, 0 of 0 attacks\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, &text)
		}
	}
	if r.OK() {
		t.Error("a report with a failure is OK")
	}
}

func TestJSON(t *testing.T) {
	var text bytes.Buffer
	if err := run(t).WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var got struct {
		OK      bool
		LE      struct{ Passed, Played int }
		Results []struct {
			ID, Alias, Kind, Result string
			Lines                   []int
			Decided                 struct{ Line int }
		}
	}
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !got.OK || got.LE.Passed != 88 || got.LE.Played != 88 || len(got.Results) != 125 {
		t.Errorf("%t, %+v, %d results", got.OK, got.LE, len(got.Results))
	}
	for _, r := range got.Results {
		if r.Result != "pass" || r.Decided.Line == 0 || len(r.Lines) == 0 {
			t.Errorf("%+v", r)
		}
	}
}

// TestDocument checks that docs/conformance.md is of this run, apart from what
// changes with every line of the specification.
func TestDocument(t *testing.T) {
	kept, err := os.ReadFile("../../../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	var made bytes.Buffer
	if err := run(t).WriteMarkdown(&made); err != nil {
		t.Fatal(err)
	}
	decider := regexp.MustCompile("(?m) \\| `[^\n]*$")
	plain := func(text []byte) string {
		return decider.ReplaceAllString(strings.ReplaceAll(string(text), "\r\n", "\n"), "")
	}
	if diff := cmp.Diff(plain(made.Bytes()), plain(kept)); diff != "" {
		t.Errorf("docs/conformance.md; go run ./cmd/smp conformance --markdown docs/conformance.md makes it (-want +got):\n%s", diff)
	}
}
