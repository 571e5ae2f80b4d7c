package main

import (
	"flag"
	"path/filepath"

	"blesmp/gen"
	"blesmp/gen/explore"
)

func verifyCommand() *command {
	var most int
	return &command{
		name:    "verify",
		args:    "[FILE...]",
		summary: "explores state machines and proves what their specifications promise",
		help: `Explores each state machine, one role after the other, against a peer that may
send anything at any time, with every answer of the guards that Go code decides
and every value of inputs and event fields that a condition tells apart.

It proves that rows marked as unreachable are, that effects come in their phases
and after what they need, that timers run exactly where they belong, that phases
which must be left can be, that no choice goes on for ever, that variables keep
to their ranges, and the file's own properties. What does not hold is shown with
a shortest way to it.`,
		examples: []string{"smpgen verify", "smpgen verify spec/protocol.yaml"},
		flags: func(f *flag.FlagSet) {
			f.IntVar(&most, "max-states", 0, "give up beyond this many states at one role; 0 means 5 million")
		},
		run: func(in *invocation) error { return runVerify(in, explore.Options{MaxStates: most}) },
	}
}

func runVerify(in *invocation, o explore.Options) error {
	paths, err := specs(in.args)
	if err != nil {
		return err
	}
	violated := false
	for _, path := range paths {
		m, err := gen.Load(path)
		if err != nil {
			return err
		}
		if m.File.Machine == nil {
			continue
		}
		results, err := explore.Explore(m, o)
		for _, r := range results {
			violated = violated || len(r.Violations) > 0
			if err := r.Print(in.stdout, filepath.Base(path)); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	if violated {
		return errFound
	}
	return nil
}
