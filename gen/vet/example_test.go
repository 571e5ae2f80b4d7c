package vet_test

import (
	"fmt"

	"blesmp/gen/vet"
)

// The analyzers for golang.org/x/tools/go/analysis/unitchecker, as cmd/smpvet has
// them.
func ExampleAnalyzers() {
	for _, a := range vet.Analyzers() {
		fmt.Println(a.Name)
	}
	// Output:
	// actions
	// deterministic
	// documented
	// guards
	// secretequal
	// secretprint
}
