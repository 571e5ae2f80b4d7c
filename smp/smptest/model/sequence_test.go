package model_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/internal/executor"
	"blesmp/smp/smptest/model"
)

// sequences is where shrunk failures are kept.
const sequences = "../../testdata/sequences"

func load(t testing.TB) *executor.Spec {
	t.Helper()
	spec, err := executor.Load("../../../spec/smp_states.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// TestSequences plays what has failed once, on two sides and the executor.
func TestSequences(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(sequences, "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d sequences, %v", len(paths), err)
	}
	spec := load(t)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := model.ParseSequence(string(text))
			if err != nil {
				t.Fatal(err)
			}
			problems, err := s.Play(nil, spec.Follow().Step)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				t.Error(p)
			}
		})
	}
}

func TestSequenceText(t *testing.T) {
	want := model.Sequence{
		Setup: model.Setup{
			SC: true, Model: smp.OutOfBand, Seed: 1 << 63, InitiatorKeys: 7, ResponderKeys: 2,
			NoBonding: true, RepairAny: true, UsersFirst: true, FirstUser: bt.Peripheral, Keypress: true,
		},
		Moves: []model.Move{
			{Kind: model.Begin},
			{Kind: model.Go, N: 12},
			{Kind: model.Inject, Role: bt.Peripheral, PDU: "\x0b\x0d"},
			{Kind: model.Stale, Role: bt.Peripheral},
		},
	}
	got, err := model.ParseSequence("# a remark\n\n" + string(want.AppendTo(nil)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("written and read (-want +got):\n%s", diff)
	}
}

func TestParseSequenceErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "no setup"},
		{"Begin central", "line 1: the first line is not the setup"},
		{"setup sc=true loud", `line 1: unknown word "loud"`},
		{"setup colour=red", `line 1: unknown key "colour"`},
		{"setup model=Telepathy", `line 1: unknown model "Telepathy"`},
		{"setup sc=false model=NumericComparison", "line 1: legacy pairing has no numeric comparison"},
		{"setup initiator=8", "line 1: keys 8: the largest is 7"},
		{"setup first=observer", `line 1: there is no role "observer"`},
		{"setup\nsetup", `line 2: unknown move "setup"`},
		{"setup\n\nBegin", "line 3: a move is its name"},
		{"setup\nGo central x", "line 2: strconv.ParseUint"},
		{"setup\nInject central 0 0", "line 2: encoding/hex"},
	} {
		if _, err := model.ParseSequence(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %q", test.text, err, test.want)
		}
	}
}

// TestCapabilities holds every pair of IO capabilities against a few rules.
func TestCapabilities(t *testing.T) {
	for _, p := range model.Capabilities(nil) {
		t.Error(p)
	}
	broken := *smp.Table()
	broken.Grids = append(broken.Grids[:0:0], broken.Grids...)
	cells := append([]uint8{}, broken.Grids[0].Cells...)
	cells[0] = uint8(smp.BothType)
	broken.Grids[0].Cells = cells
	if got := model.Capabilities(&broken); len(got) != 1 {
		t.Errorf("one wrong cell gives %q", got)
	}
}

// FuzzSequence reads anything, and plays what it can read: any moves on two
// sides, held to the rules of smptest and to the executor.
func FuzzSequence(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join(sequences, "*.txt"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("%d sequences, %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	spec := load(f)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := model.ParseSequence(text)
		if err != nil || len(s.Moves) > 100 {
			return
		}
		again, err := model.ParseSequence(string(s.AppendTo(nil)))
		if err != nil || !cmp.Equal(s, again) {
			t.Fatalf("written as %q: %v", s.AppendTo(nil), err)
		}
		problems, err := s.Play(nil, spec.Follow().Step)
		if err != nil {
			t.Fatal(err)
		}
		if len(problems) > 0 {
			t.Errorf("%q", problems)
		}
	})
}
