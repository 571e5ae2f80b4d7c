package smp_test

import (
	"context"
	"fmt"

	"blesmp/bond"
	"blesmp/smp"
)

// A gateway that has a thousand sensors pair at the same moment, as after a power
// cut, makes their key pairs ahead: each of them then waits for one calculation on
// the curve in place of two.
func ExampleManager_Warm() {
	manager := smp.NewManager(bond.NewMemory(), smp.Options{KeyPairs: 1000})
	if err := manager.Warm(context.Background()); err != nil {
		fmt.Println("not all of them:", err)
		return
	}
	fmt.Println("ready")
	// Output: ready
}
