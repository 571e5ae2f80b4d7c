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

// A Cipher makes the key schedule once: MacKey serves both checks of stage 2.
func ExampleNewCipher() {
	mac := toolbox.NewCipher(bt.Key{15: 1})
	initiator, responder := bt.TypedAddress{Address: bt.Address{5: 1}}, bt.TypedAddress{Address: bt.Address{5: 2}}
	var na, nb, none [16]byte
	na[0], nb[0] = 1, 2
	ea := mac.F6(na, nb, none, [3]byte{0x0d, 0x00, 0x01}, initiator, responder)
	eb := mac.F6(nb, na, none, [3]byte{0x0d, 0x00, 0x01}, responder, initiator)
	fmt.Println(ea == eb, ea == toolbox.F6(bt.Key{15: 1}, na, nb, none, [3]byte{0x0d, 0x00, 0x01}, initiator, responder))
	// Output: false true
}
