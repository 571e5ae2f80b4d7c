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

// A Cipher computes the DHKey Checks of both sides with one key schedule.
func ExampleNewCipher() {
	macKey := bt.Key{1}
	central, peripheral := [16]byte{2}, [16]byte{3}
	a1 := bt.TypedAddress{Address: bt.Address{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}}
	a2 := bt.TypedAddress{Address: bt.Address{0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}}

	cipher := toolbox.NewCipher(macKey)
	ea := cipher.F6(central, peripheral, [16]byte{}, [3]byte{0x09, 0x00, 0x03}, a1, a2)
	eb := cipher.F6(peripheral, central, [16]byte{}, [3]byte{0x09, 0x00, 0x03}, a2, a1)
	fmt.Println(ea == toolbox.F6(macKey, central, peripheral, [16]byte{}, [3]byte{0x09, 0x00, 0x03}, a1, a2))
	fmt.Println(ea == eb)
	// Output:
	// true
	// false
}
