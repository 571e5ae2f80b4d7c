package model_test

import (
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"

	"blesmp/smp/smptest/model"
)

// TestUnnumbered takes the numbers off answers and timeouts. The moves and a
// saved sequence both show what the numbers are for.
func TestUnnumbered(t *testing.T) {
	p := gopter.DefaultTestParametersWithSeed(1)
	p.MinSuccessfulTests, p.MaxSize, p.Workers, p.MaxShrinkCount = 100, 60, 1, 0
	if result := commands.Prop(model.Commands{Unnumbered: true}).Check(p); result.Passed() {
		t.Error("random moves show nothing")
	}
	all, err := model.ReadSequences(sequences)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range all {
		s.Setup.Unnumbered = true
		problems, err := s.Play(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		found += min(1, len(problems))
	}
	if found == 0 {
		t.Error("no saved sequence shows anything")
	}
}
