package bench_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"blesmp/cmd/smp/internal/bench"
)

// TestRun measures everything for a moment, and wants every figure with values
// that can be.
func TestRun(t *testing.T) {
	report, err := bench.Run(t.Context(), bench.Options{
		Time: time.Millisecond, Rounds: 7, Links: []int{2, 4}, Pairing: 3, Bonds: []int{20}, Folder: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for _, f := range report.Figures {
		names[f.Name]++
		lost := strings.Contains(f.Name, "/memory") // among the heap's spans, with so few links and bonds
		if f.Value <= 0 && !lost || (f.Floor > 0) != (f.Ratio > 0) {
			t.Errorf("%+v", f)
		}
	}
	for _, name := range bench.Names() {
		want := 1
		if name == "links/memory" || name == "links/pair" {
			want = 2
		}
		if names[name] != want {
			t.Errorf("%s: %d figures, want %d", name, names[name], want)
		}
	}
	for _, name := range []string{"engine/legacy-passkey", "stack/sc-oob", "links/throughput", "bonds/put-10", "bonds/resolve-miss"} {
		if !slices.ContainsFunc(report.Figures, func(f bench.Figure) bool { return f.Name == name && f.Ratio > 0 }) {
			t.Errorf("%s has no floor", name)
		}
	}
}

// TestOnly measures nothing that was not asked for.
func TestOnly(t *testing.T) {
	var progress []string
	report, err := bench.Run(t.Context(), bench.Options{
		Only: "*/legacy-just-works", Time: time.Millisecond, Rounds: 7, Links: []int{1}, Pairing: 1, Bonds: []int{1},
		Progress: func(names string) { progress = append(progress, names) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"engine/legacy-just-works", "stack/legacy-just-works"}
	if len(report.Figures) != 2 || !slices.Equal(progress, want) {
		t.Errorf("figures %+v, progress %q", report.Figures, progress)
	}
}

// TestPage holds the page of the documentation against what can be measured.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range bench.Names() {
		_, short, _ := strings.Cut(name, "/")
		if !strings.Contains(string(text), "| "+short+" |") {
			t.Errorf("the page has no %s; write it again", name)
		}
	}
}
