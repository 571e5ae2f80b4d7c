package toolbox_test

import (
	"crypto/rand"
	"fmt"
	"log"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// The number that both users compare is shown with its leading zeros.
func ExampleG2() {
	pka, pkb := [32]byte{0: 0x01}, [32]byte{0: 0x02} // the X coordinates
	na, nb := [16]byte{0: 0x03}, [16]byte{0: 0x04}
	fmt.Printf("%06d\n", toolbox.Digits(toolbox.G2(pka, pkb, na, nb)))
	// Output: 415784
}

func ExampleResolve() {
	irk, err := bt.ParseKey("ec0234a357c8ad05341010a60a397d9b")
	if err != nil {
		log.Fatal(err)
	}
	a, err := bt.ParseAddress("70:81:94:0D:FB:AA")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(toolbox.Resolve(irk, a))
	// Output: true
}

func ExampleKeyPair_DH() {
	own, err := toolbox.NewKeyPair(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	peer, err := toolbox.NewKeyPair(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	dhKey, err := own.DH(peer.Public())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dhKey)
	// Output: [hidden]
}
