package model_test

import (
	"fmt"
	"log"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest/model"
)

// A sequence of moves that somebody has written down is played on two Procedures.
// What is wrong comes back, in words.
func ExampleSequence_Play() {
	s, err := model.ParseSequence(`
# Somebody forges Pairing Failed.
setup sc=true model=NumericComparison initiator=7 responder=7 seed=1
Begin central
Go central 4
Inject peripheral 0 0508
Finish central
`)
	if err != nil {
		log.Fatal(err)
	}
	problems, err := s.Play(nil, nil)
	fmt.Println(len(s.Moves), problems, err)

	all, err := model.ReadSequences("../../testdata/sequences")
	fmt.Println(len(all) > 0, err)
	// Output:
	// 4 [] <nil>
	// true <nil>
}

// The PDUs of a pairing in order, written from the message charts of the
// specification.
func ExampleChart() {
	for _, line := range model.Chart(model.Setup{SC: true, Model: smp.JustWorks})[:5] {
		fmt.Println(line.From, line.Code)
	}
	// Output:
	// central PairingRequest
	// peripheral PairingResponse
	// central PublicKey
	// peripheral PublicKey
	// peripheral PairingConfirm
}

// The association model of two IO capabilities, from the reasons behind the table;
// and every pair of them, held against what Procedures do.
func ExampleAssociation() {
	fmt.Println(model.Association(true, smp.DisplayYesNo, smp.KeyboardDisplay))
	fmt.Println(model.Association(false, smp.DisplayYesNo, smp.KeyboardDisplay))
	fmt.Println(model.Capabilities(nil))
	// Output:
	// numeric comparison
	// passkey, responder types
	// []
}

// A Trial is one system under test; the kinds that are not legal disturb it.
func ExampleTrial() {
	trial, err := model.NewTrial(model.Setup{SC: true, Model: smp.JustWorks, Seed: 1}, nil)
	if err != nil {
		log.Fatal(err)
	}
	trial.Rig.Pair()
	trial.Rig.Drop(bt.ConnectionTimeout)
	if err := trial.Rig.Run(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(trial.Problems(), len(model.Disturbing()) > 10)
	// Output: [] true
}
