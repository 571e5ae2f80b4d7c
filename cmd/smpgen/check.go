package main

import (
	"fmt"

	"blesmp/gen"
	"blesmp/gen/diag"
)

func checkCommand() *command {
	return &command{
		name:    "check",
		args:    "[FILE...]",
		summary: "finds mistakes in specifications and in the Go that they bind",
		help: `Reports everything that is wrong with each specification, and with the
hand-written Go methods that it names: methods that are missing, unused or of
another signature, actions that decide, guards that write. Notes are no
mistakes.`,
		examples: []string{"smpgen check", "smpgen check spec/protocol.yaml"},
		run:      runCheck,
	}
}

func runCheck(in *invocation) error {
	paths, err := specs(in.args)
	if err != nil {
		return err
	}
	all := new(diag.List)
	for _, path := range paths {
		all.Join(path, gen.Check(path))
	}
	if all.Len() == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(in.stdout, all); err != nil {
		return err
	}
	if all.HasErrors() {
		return errFound
	}
	return nil
}
