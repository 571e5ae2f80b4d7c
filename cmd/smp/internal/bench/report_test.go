package bench_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/cmd/smp/internal/bench"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// sample is a report with figures of all kinds.
func sample() *bench.Report {
	return &bench.Report{
		Go: "go1.0", System: "plan9/mips", Cores: 2, Rounds: 7, Links: []int{100, 1000}, Pairing: 200, Bonds: []int{1000, 10_000},
		Figures: []bench.Figure{
			{Name: "engine/sc-just-works", Value: 130e-6, Unit: bench.Seconds, Floor: 125e-6, Ratio: 1.04, Bar: 1.1},
			{Name: "engine/legacy-just-works", Value: 4e-6, Unit: bench.Seconds, Floor: 800e-9, Ratio: 5, Bar: 4},
			{Name: "stack/encrypt", Value: 0.0456, Unit: bench.Seconds},
			{Name: "links/memory", At: 100, Value: 5100, Unit: bench.Octets},
			{Name: "links/memory", At: 1000, Value: 16_000, Unit: bench.Octets, Limit: 15_000},
			{Name: "links/starvation", At: 1000, Value: 1.05, Unit: bench.Times, Limit: 2},
			{Name: "links/pair", At: 100, Value: 170e-6, Unit: bench.Seconds, Floor: 150e-6, Ratio: 1.13},
			{Name: "links/pair", At: 1000, Value: 180e-6, Unit: bench.Seconds, Floor: 150e-6, Ratio: 1.2},
			{Name: "bonds/open", At: 1000, Value: 1.5, Unit: bench.Seconds},
			{Name: "bonds/put-100", At: 1000, Value: 12e-6, Unit: bench.Seconds, Floor: 600e-6, Ratio: 0.02},
			{Name: "bonds/memory", At: 10_000, Value: 520, Unit: bench.Octets, Limit: 600},
			{Name: "bonds/memory", At: 1_000_000, Unit: bench.Octets, Limit: 600},
		},
	}
}

func TestWriteText(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteText(&b, 1); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", b.Bytes())
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got bench.Report
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), &got); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}

func TestMissed(t *testing.T) {
	for _, test := range []struct {
		room float64
		want []string
	}{
		{1, []string{
			"engine/legacy-just-works: 5.00 times the floor, the bar is 4.00",
			"links/memory with 1,000: 16.0 kB, the bar is 15.0 kB",
		}},
		{1.2, []string{"engine/legacy-just-works: 5.00 times the floor, the bar is 4.00, with room 1.20 times that"}},
		{1.25, nil},
	} {
		var got []string
		for _, f := range sample().Missed(test.room) {
			got = append(got, f.Verdict(test.room))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("room %v (-want +got):\n%s", test.room, diff)
		}
	}
}

func TestMatches(t *testing.T) {
	for glob, want := range map[string]int{
		"": len(bench.Names()), "engine/*": 6, "*/sc-numeric": 2, "bonds/put*": 3, "links/pair": 1, "*": 0, "[": 0,
	} {
		if got := bench.Matches(glob); len(got) != want {
			t.Errorf("%q matches %s", glob, strings.Join(got, ", "))
		}
	}
}
