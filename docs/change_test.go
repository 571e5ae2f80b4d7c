package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"blesmp/gen/emit"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

var changeBlock = regexp.MustCompile("(?ms)^<!-- changes ([^ ]+) -->\n```diff\n(.*?)^```$")

// changed carries out the changes that the tour shows, each by itself.
func changed(t *testing.T) []*machine.Machine {
	t.Helper()
	var all []*machine.Machine
	for _, block := range changeBlock.FindAllStringSubmatch(read(t, "tour.md"), -1) {
		source := read(t, filepath.Join("..", filepath.FromSlash(block[1])))
		var was, is strings.Builder
		for line := range strings.Lines(block[2]) {
			if line[0] != '+' {
				was.WriteString(line[1:])
			}
			if line[0] != '-' {
				is.WriteString(line[1:])
			}
		}
		if n := strings.Count(source, was.String()); n != 1 {
			t.Fatalf("this stands %d times in %s:\n%s", n, block[1], was.String())
		}
		f, err := spec.Parse(block[1], []byte(strings.Replace(source, was.String(), is.String(), 1)))
		if err != nil {
			t.Fatal(err)
		}
		m, err := machine.Resolve(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// TestTourChanges makes the two changes of the tour and looks whether the code, the
// pages and the engine follow.
func TestTourChanges(t *testing.T) {
	all := changed(t)
	if len(all) != 2 {
		t.Fatalf("%d changes", len(all))
	}
	reason, refusal := all[0], all[1]

	code, err := emit.Go(reason, reason.Table(), emit.Options{Source: "spec/smp_states.yaml", Import: "example.com/smp"})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`NotToday\s+Reason = 0x11`).Match(code) {
		t.Error("the new reason is not in the code")
	}
	pages := drawn(t, reason, "../../spec/smp_states.yaml")
	if !strings.Contains(pages["smp-answers.md"], "## 0x11 NotToday") || !strings.Contains(pages["smp-pdus.md"], "NotToday") {
		t.Error("the new reason is not in the pages")
	}

	pages = drawn(t, refusal, "../../spec/smp_states.yaml")
	for _, page := range []string{"smp-matrix.md", "smp.md", "smp/features-responder.svg"} {
		if !strings.Contains(pages[page], "[model == NumericComparison]") {
			t.Errorf("the new row is not in %s", page)
		}
	}
	before, after := numeric(t, smp.Table()), numeric(t, refusal.Table())
	if before != nil || after == nil || after.Reason != smp.AuthenticationRequirements {
		t.Errorf("numeric comparison ends in %v, and after the change in %v", before, after)
	}
}

// numeric pairs by numeric comparison over a table, and gives the responder's
// failure.
func numeric(t *testing.T, over *table.Table) *smp.PairingError {
	t.Helper()
	f := smp.DefaultFeatures()
	f.IOCapability, f.MITM = smp.DisplayYesNo, true
	party := smptest.Party{Features: &f, Config: smp.Config{Table: over}}
	rig, err := smptest.New(1, party, party)
	if err != nil {
		t.Fatal(err)
	}
	rig.Pair()
	if err := rig.Run(); err != nil {
		t.Fatal(err)
	}
	if failures := rig.Responder.Failures; len(failures) > 0 {
		return failures[0]
	}
	return nil
}
