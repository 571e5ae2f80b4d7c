package verify_test

import (
	"context"
	"fmt"
	"log"

	"blesmp/smp/smptest/verify"
)

// One of the setups, with every order of events: nothing is violated.
func ExampleRun() {
	setups := verify.Setups(true)
	fmt.Println(setups[0].Name)
	report, err := verify.Run(context.Background(), verify.Options{Quick: true, Only: setups[0].Name})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.States > 1000, report.Violations())
	// Output:
	// legacy, just works, LTK and identity
	// true []
}
