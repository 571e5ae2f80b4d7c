package smp_test

import (
	"os"
	"strconv"

	"blesmp/gen/table"
	"blesmp/internal/mutate"
)

// mutant is the machine that the rigs follow in place of the specification's,
// nil for none: `smp mutate --tests` sets SMP_MUTANT to its number.
var mutant *table.Table

func loadMutant() error {
	number := os.Getenv(mutate.MutantVariable)
	if number == "" {
		return nil
	}
	id, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	const path = "../spec/smp_states.yaml"
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	source, err := mutate.NewSource(path, text)
	if err != nil {
		return err
	}
	mutant, err = source.Table(id)
	return err
}
