package diag_test

import (
	"fmt"

	"blesmp/gen/diag"
)

// Everything that is wrong comes out at once, sorted, with the line and a caret.
func ExampleList() {
	var l diag.List
	l.Source("door.yaml", []byte("states:\n  Opne: {}\n  Shut: {}\n"))
	l.Errorf("door.yaml", 3, 3, "state %s cannot be reached", "Shut")
	l.Add(diag.Diagnostic{
		Path: "door.yaml", Line: 2, Col: 3, Message: "unknown state Opne",
		Hint: diag.DidYouMean("Opne", []string{"Open", "Shut"}),
	})
	fmt.Println(l.Err())
	fmt.Println(diag.Suggest("Shot", []string{"Open", "Shut"}))
	// Output:
	// door.yaml:2:3: unknown state Opne (did you mean Open?)
	//     Opne: {}
	//     ^
	// door.yaml:3:3: state Shut cannot be reached
	//     Shut: {}
	//     ^
	// Shut
}
