package model_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"

	"blesmp/smp"
	"blesmp/smp/internal/executor"
	"blesmp/smp/smptest"
	"blesmp/smp/smptest/model"
)

// parameters come from SMP_SEED, which replays a run, and SMP_N, which makes it
// longer.
func parameters(t *testing.T, n int) *gopter.TestParameters {
	t.Helper()
	seed := time.Now().UnixNano()
	if text := os.Getenv("SMP_SEED"); text != "" {
		given, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatalf("SMP_SEED: %v", err)
		}
		seed = given
	}
	if text := os.Getenv("SMP_N"); text != "" {
		given, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("SMP_N: %v", err)
		}
		n = given
	}
	t.Logf("SMP_SEED=%d SMP_N=%d", seed, n)
	p := gopter.DefaultTestParametersWithSeed(seed)
	p.MinSuccessfulTests = n
	p.MaxSize = 60
	p.Workers = 1
	return p
}

// keep saves what a failure was shrunk to, for TestSequences to play from then
// on.
func keep(t *testing.T, seed int64, s model.Sequence) {
	t.Helper()
	path := filepath.Join(sequences, fmt.Sprintf("failed-%d.txt", seed))
	text := fmt.Appendf(nil, "# TestTwoSides failed with SMP_SEED=%d.\n", seed)
	if err := os.WriteFile(path, s.AppendTo(text), 0o644); err != nil {
		t.Error(err)
		return
	}
	t.Logf("saved as %s", path)
}

// TestShrunk wants the moves of a failure, which play to the same failure.
func TestShrunk(t *testing.T) {
	broken := *smp.Table()
	broken.Cells = slices.Clone(broken.Cells)
	at := (int(smp.StateAwaitPublicKey))*len(broken.Events) + int(smp.EventPublicKey)
	broken.Cells[at] = broken.Cell(0, uint8(smp.StateAwaitPublicKey), uint8(smp.EventReservedPDU))
	var shrunk *model.Sequence
	p := gopter.DefaultTestParametersWithSeed(1)
	p.MinSuccessfulTests, p.MaxSize, p.Workers = 100, 60, 1
	result := commands.Prop(model.Commands{Table: &broken, Failed: func(s model.Sequence) {
		if shrunk == nil || len(s.Moves) < len(shrunk.Moves) {
			shrunk = &s
		}
	}}).Check(p)
	if result.Passed() || shrunk == nil {
		t.Fatalf("a central that ignores the public key: %v, moves %v", result.Status, shrunk)
	}
	again, err := model.ParseSequence(string(shrunk.AppendTo(nil)))
	if err != nil {
		t.Fatal(err)
	}
	problems, err := again.Play(&broken, nil)
	if err != nil || len(problems) == 0 || len(again.Moves) > 3 {
		t.Errorf("shrunk to %s which shows %q, %v", shrunk.AppendTo(nil), problems, err)
	}
	if problems, err := again.Play(nil, nil); err != nil || len(problems) > 0 {
		t.Errorf("on the machine as it is: %q, %v", problems, err)
	}
}

// TestTwoSides plays random moves on two linked Procedures, and follows them
// with the executor.
func TestTwoSides(t *testing.T) {
	spec, err := executor.Load("../../../spec/smp_states.yaml")
	if err != nil {
		t.Fatal(err)
	}
	states := map[smp.State]int{}
	completed := 0
	var shrunk *model.Sequence
	parameters := parameters(t, 300)
	properties := gopter.NewProperties(parameters)
	properties.Property("two sides keep the rules", commands.Prop(model.Commands{
		Failed: func(s model.Sequence) {
			if shrunk == nil || len(s.Moves) < len(shrunk.Moves) {
				shrunk = &s
			}
		},
		NewWatch: func() func(smptest.Moment) error {
			follower := spec.Follow()
			return func(m smptest.Moment) error {
				states[m.After]++
				for _, e := range m.Effects {
					if e.Kind == smp.EffectReportComplete {
						completed++
					}
				}
				return follower.Step(m)
			}
		},
	}))
	properties.TestingRun(t)
	if shrunk != nil {
		keep(t, parameters.Seed(), *shrunk)
	}
	t.Logf("%d states seen, %d pairings completed", len(states), completed)
	if completed < 20 {
		t.Errorf("only %d pairings were completed: the moves do not get far", completed)
	}
}
