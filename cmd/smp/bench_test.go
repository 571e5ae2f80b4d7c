package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/cmd/smp/internal/bench"
)

func TestBench(t *testing.T) {
	args := []string{"bench", "--only", "engine/legacy-*", "--time", "5ms", "--rounds", "7"}
	status, out, err := once(t, args...)
	if status != exitOK || !strings.Contains(out, "legacy-passkey ") || strings.Contains(out, "sc-") || !strings.Contains(err, "measuring engine/legacy-passkey\n") {
		t.Errorf("status %d\n%s%s", status, out, err)
	}
	status, out, err = once(t, append(args, "--json", "--quiet", "--bars", "--room", "1e6")...)
	var report bench.Report
	if e := json.Unmarshal([]byte(out), &report); e != nil || status != exitOK || err != "" || len(report.Figures) != 2 || report.Rounds != 7 {
		t.Errorf("status %d, %v\n%s%s", status, e, out, err)
	}
}

// TestBenchJudge exits with 1 only with --bars, and says what is missed.
func TestBenchJudge(t *testing.T) {
	report := &bench.Report{Figures: []bench.Figure{
		{Name: "engine/sc-numeric", Unit: bench.Seconds, Value: 2e-6, Floor: 1e-6, Ratio: 2, Bar: 1.1},
		{Name: "links/starvation", At: 10, Unit: bench.Times, Value: 1, Limit: 2},
	}}
	for _, test := range []struct {
		bars bool
		room float64
		want int
		say  string
	}{
		{false, 1, exitOK, ""},
		{true, 1, exitFailure, "smp: engine/sc-numeric: 2.00 times the floor, the bar is 1.10\n"},
		{true, 2, exitOK, ""},
	} {
		o := benchOptions{bars: test.bars, room: test.room}
		var said bytes.Buffer
		if got := o.judge(streams{err: &said}, report); got != test.want || said.String() != test.say {
			t.Errorf("%+v: status %d\n%s", test, got, said.String())
		}
	}
}

func TestBenchProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cpu.pprof")
	if status, out, err := once(t, "bench", "--profile", path, "--time", "10ms"); status != exitOK || out != "" {
		t.Fatalf("status %d\n%s%s", status, out, err)
	}
	profile, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(profile, []byte{0x1f, 0x8b}) { // gzip
		t.Errorf("%d octets, %v", len(profile), err)
	}
}

// TestBenchPage writes the page of a small run, with plots where there are two
// sizes.
func TestBenchPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "speed.md")
	status, _, said := once(t, "bench", "--only", "links/[mp]*", "--links", "30,60", "--time", "20ms", "--markdown", path)
	if status != exitOK {
		t.Fatal(said)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n| memory | 30 |", "\n| pair | 60 |", "](speed/links-pair.svg)", "](speed/links-memory.svg)",
		"## Where the time goes", "| P-256: key pairs, points and DHKeys |", "--bonds 1000,10000 --only 'links/*'",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page has no %q\n%s", want, page)
		}
	}
	if strings.Contains(string(page), "engine/*") || strings.Contains(string(page), ".svg)\n\n\n") {
		t.Errorf("the page\n%s", page)
	}
	if pictures, err := filepath.Glob(filepath.Join(filepath.Dir(path), "speed", "*.svg")); err != nil || len(pictures) != 2 {
		t.Errorf("pictures %q, %v", pictures, err)
	}
}

func TestBenchFull(t *testing.T) {
	flags, o := benchFlags()
	if err := parse(flags, []string{"--full", "--bonds", "50,10"}); err != nil {
		t.Fatal(err)
	}
	o.enlarge(flags)
	if o.Links[len(o.Links)-1] != 10_000 || o.Pairing != 1000 || len(o.Bonds) != 2 || o.Bonds[0] != 10 {
		t.Errorf("links %v, pairing %d, bonds %v", o.Links, o.Pairing, o.Bonds)
	}
}
