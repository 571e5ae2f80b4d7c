package explore_test

import (
	"fmt"
	"log"

	"blesmp/gen/explore"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

// Every state that a role can come to is tried with every event: promises hold in
// all of them, or the way to one where they do not is shown.
func ExampleExplore() {
	f, err := spec.Load("../testdata/market.yaml")
	if err != nil {
		log.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		log.Fatal(err)
	}
	results, err := explore.Explore(m, explore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range results {
		fmt.Println(r.Role, r.States > 100, "violations:", len(r.Violations))
	}
	// Output:
	// buyer true violations: 0
	// seller true violations: 0
}
