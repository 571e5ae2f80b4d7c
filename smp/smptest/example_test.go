package smptest_test

import (
	"fmt"
	"log"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// keyboard gives a side that can do everything, with a user of its own.
func keyboard(user smptest.User) smptest.Party {
	f := smp.DefaultFeatures()
	f.IOCapability, f.MITM = smp.KeyboardDisplay, true
	return smptest.Party{Features: &f, User: user}
}

// Two Procedures pair without hosts and radio; the users compare six digits.
func ExampleRig() {
	rig, err := smptest.New(1, keyboard(smptest.Agreeable), keyboard(nil))
	if err != nil {
		log.Fatal(err)
	}
	rig.Pair()
	if err := rig.Run(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(rig.Initiator.Results[0].Level)
	fmt.Println(rig.Encrypted(), rig.Broken)
	// Output:
	// LE Secure Connections, numeric comparison, MITM protection, 16 octets
	// true []
}

// Users are made of one another: this one refuses the comparison.
func ExampleRefuses() {
	rig, err := smptest.New(1, keyboard(smptest.Refuses(smp.EffectAskCompare, 0, smptest.Agreeable)), keyboard(nil))
	if err != nil {
		log.Fatal(err)
	}
	rig.Pair()
	if err := rig.Run(); err != nil {
		log.Fatal(err)
	}
	failure := rig.Responder.Failures[0]
	fmt.Println(failure.State, failure.Reason.String(), failure.Remote)
	// Output: Compare numeric comparison failed true
}

// A user who never answers: after thirty seconds the timer ends it.
func ExampleIgnores() {
	silent := smptest.Ignores(smp.EffectAskCompare, smptest.Agreeable)
	rig, err := smptest.New(1, keyboard(silent), keyboard(nil))
	if err != nil {
		log.Fatal(err)
	}
	rig.Pair()
	if err := rig.Run(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(rig.Initiator.State(), "in a pairing:", smptest.Pairing(rig.Initiator.State()))
	rig.Elapse(smp.TimerProcedure.Duration())
	fmt.Println(rig.Initiator.State(), "in a pairing:", smptest.Pairing(rig.Initiator.State()))
	// Output:
	// Compare in a pairing: true
	// Mute in a pairing: false
}

// A user who types the wrong passkey, and one who says yes to any number.
func ExampleTypes() {
	display := smp.DefaultFeatures()
	display.IOCapability, display.MITM = smp.DisplayOnly, true
	rig, err := smptest.New(1, smptest.Party{Features: &display}, keyboard(smptest.Types(123456, smptest.SaysYes(smptest.Agreeable))))
	if err != nil {
		log.Fatal(err)
	}
	rig.Pair()
	if err := rig.Run(); err != nil {
		log.Fatal(err)
	}
	failure := rig.Initiator.Failures[0]
	fmt.Println(failure.State, failure.Reason.String(), failure.Remote)
	// Output: PasskeyAwaitRandom confirm value failed true
}

// A script is the steps of a pairing, to be changed. Those of Passkey Entry have the
// round in their names.
func ExampleScript() {
	data, err := smptest.NewOOB() // what a label would carry
	if err != nil {
		log.Fatal(err)
	}
	plan := smptest.Plan{Role: bt.Central, SC: true, Model: smp.OutOfBand, DeviceOOB: data}
	script := plan.Script().
		Through("receive Pairing Response").
		Then(smptest.SendOctets("nonsense", []byte{0x0c, 0x00}))
	fmt.Println(len(script), script.Index("send nonsense"))

	plan.Model = smp.ResponderTypes
	fmt.Println(plan.Script().Index("send Pairing Confirm"+smptest.RoundSuffix(19)) > 0)
	// Output:
	// 3 2
	// true
}
