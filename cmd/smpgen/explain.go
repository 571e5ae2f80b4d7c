package main

import (
	"errors"
	"fmt"

	"blesmp/gen"
)

func explainCommand() *command {
	return &command{
		name:    "explain",
		args:    "STATE EVENT [FILE...]",
		summary: "says which line decides what happens on an event in a state",
		help: `Tells for each role which line of the specification decides the event in the
state, what happens then, and which lines of outer scopes it hides.`,
		examples: []string{"smpgen explain Idle Timeout", "smpgen explain Open Knock spec/door.yaml"},
		run:      runExplain,
	}
}

func runExplain(in *invocation) error {
	if len(in.args) < 2 {
		return usageError{"want a state and an event"}
	}
	state, event := in.args[0], in.args[1]
	paths, err := specs(in.args[2:])
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		m, err := gen.Load(path)
		if err != nil {
			return err
		}
		if m.File.Machine == nil {
			continue
		}
		text, err := m.Explain(state, event)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
			continue
		}
		_, err = fmt.Fprint(in.stdout, text)
		return err
	}
	if len(errs) == 0 {
		return errors.New("smpgen explain: no specification has states")
	}
	return errors.Join(errs...)
}
