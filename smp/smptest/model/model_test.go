package model_test

import (
	"os"
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

// TestTwoSides plays random moves on two linked Procedures, and follows them
// with the executor.
func TestTwoSides(t *testing.T) {
	spec, err := executor.Load("../../../spec/smp_states.yaml")
	if err != nil {
		t.Fatal(err)
	}
	states := map[smp.State]int{}
	completed := 0
	properties := gopter.NewProperties(parameters(t, 300))
	properties.Property("two sides keep the rules", commands.Prop(model.Commands{
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
	t.Logf("%d states seen, %d pairings completed", len(states), completed)
	if completed < 20 {
		t.Errorf("only %d pairings were completed: the moves do not get far", completed)
	}
}
