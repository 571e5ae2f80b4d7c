package machine_test

import (
	"fmt"
	"log"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

// A resolved machine explains each of its cells, and becomes a table.
func ExampleResolve() {
	f, err := spec.Load("../testdata/market.yaml")
	if err != nil {
		log.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		log.Fatal(err) // names that there are not, cells that nothing decides, ...
	}
	text, err := m.Explain("Bite", "Choose")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	_, err = m.Explain("Bites", "Choose")
	fmt.Println(err)
	fmt.Println(len(m.Table().States) == len(m.States))
	// Output:
	// Bite on Choose
	//
	// buyer: the state does not exist here
	//
	// seller: state Bite, its choice (market.yaml:304)
	//   1. line 304, if coinGood: emit Ring, goto Next
	//   2. line 305, else: send Sorry WrongCoin (macro fail), emit Broken WrongCoin (macro fail), stop timer patience, do wave (on_leave of Deal), do wipe (on_leave of Deal), goto Idle
	// unknown state "Bites" (did you mean Bite?)
	// true
}
