package toolbox_test

import (
	"crypto/rand"
	"fmt"
	"log"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

var (
	initiator = bt.TypedAddress{Address: bt.Address{0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6}, Type: bt.RandomAddress}
	responder = bt.TypedAddress{Address: bt.Address{0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6}}
)

// Legacy pairing: a confirm value commits to a random number, and the STK comes from
// the random numbers of both (the sample data of Core Vol 3, Part H, 2.2.3 and
// 2.2.4).
func ExampleC1() {
	r := [16]byte{0x57, 0x83, 0xd5, 0x21, 0x56, 0xad, 0x6f, 0x0e, 0x63, 0x88, 0x27, 0x4e, 0xc6, 0x70, 0x2e, 0xe0}
	preq := [7]byte{0x01, 0x01, 0x00, 0x00, 0x10, 0x07, 0x07} // as sent
	pres := [7]byte{0x02, 0x03, 0x00, 0x00, 0x08, 0x00, 0x05}
	a := bt.TypedAddress{Address: initiator.Address, Type: bt.RandomAddress}
	fmt.Printf("%x\n", toolbox.C1(bt.Key{}, r, preq, pres, a, responder))

	other := [16]byte{8: 0x11, 9: 0x22}
	stk, err := toolbox.Shorten(toolbox.S1(bt.Key{}, other, r), 7)
	fmt.Println(stk, err)
	// Output:
	// 1e1e3fef878988ead2a74dc5bef13b86
	// [hidden] <nil>
}

// LE Secure Connections: commit, derive the keys, and prove that both have them.
func ExampleF5() {
	var keys [2]*toolbox.KeyPair
	for i := range keys {
		var err error
		if keys[i], err = toolbox.NewKeyPair(rand.Reader); err != nil {
			log.Fatal(err)
		}
	}
	n := [2][16]byte{{1}, {2}} // random numbers, in earnest
	fmt.Println(len(toolbox.F4(keys[1].Public().X, keys[0].Public().X, n[1], 0)), "octets of confirm value")

	var ltk [2]bt.Key
	var check [2][16]byte
	for i := range keys {
		dhKey, err := keys[i].DH(keys[1-i].Public())
		if err != nil {
			log.Fatal(err)
		}
		var macKey bt.Key
		macKey, ltk[i] = toolbox.F5(dhKey, n[0], n[1], initiator, responder)
		check[i] = toolbox.F6(macKey, n[0], n[1], [16]byte{}, [3]byte{0x09, 0x00, 0x03}, initiator, responder)
	}
	fmt.Println(ltk[0].Equal(ltk[1]), check[0] == check[1])
	// Output:
	// 16 octets of confirm value
	// true true
}

// A key from the debug pair, a point off the curve, or the sample of the
// specification: what a policy may refuse.
func ExampleIsDebugKey() {
	debug, err := toolbox.DebugKeyPair()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(toolbox.IsDebugKey(debug.Public()), toolbox.IsSampleLTK(bt.Key{1}))
	fmt.Println(toolbox.PublicKey{}.Validate())
	_, err = toolbox.KeyPairFromPrivate([32]byte{})
	fmt.Println(err)
	// Output:
	// true false
	// toolbox: the public key is not a point of P-256
	// toolbox: the private key is out of range
}

// AES of one block, and the message authentication code on which the rest stands
// (RFC 4493, example 2).
func ExampleCMAC() {
	key := bt.Key{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c}
	message := []byte{0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a}
	fmt.Printf("%x\n", toolbox.CMAC(key, message))
	fmt.Printf("%x\n", toolbox.E(key, [16]byte(message)))
	// Output:
	// 070a16b46b4d4144f79bdd9dd04a287c
	// 3ad77bb40d7a3660a89ecaf32466ef97
}

// A private address is made from an IRK, and only its holders recognize it.
func ExampleNewResolvable() {
	irk := bt.Key{0x01, 0x23}
	a, err := toolbox.NewResolvable(irk, rand.Reader)
	fmt.Println(toolbox.Resolve(irk, a), toolbox.Resolve(bt.Key{0x45}, a), err)
	fmt.Println(toolbox.AH(irk, [3]byte(a[:3])) == [3]byte(a[3:]))
	// Output:
	// true false <nil>
	// true
}

// One key for both transports: the link key from the LTK, or the other way round.
func ExampleLinkKeyFromLTK() {
	ltk := bt.Key{0x36, 0x8d, 0xf9, 0xbc}
	linkKey := toolbox.LinkKeyFromLTK(ltk, true) // both devices set CT2
	byHand := toolbox.H6(toolbox.H7([16]byte{12: 't', 'm', 'p', '1'}, ltk), toolbox.LEBR)
	fmt.Println(linkKey.Equal(byHand))
	fmt.Println(toolbox.LTKFromLinkKey(linkKey, true)) // not the LTK again, and never printed
	// Output:
	// true
	// [hidden]
}

// Several keys from one stored secret (Core Vol 3, Part H, Appendix B).
func ExampleD1() {
	er := bt.Key{0x42}
	fmt.Println(toolbox.D1(er, 1, 0).Equal(toolbox.D1(er, 2, 0)))
	// Output: false
}

// A signature carries a counter, and holds for these octets alone.
func ExampleSign() {
	csrk := bt.Key{0x10, 0x20}
	write := []byte{0xd2, 0x12, 0x00, 0x13, 0x37}
	signature := toolbox.Sign(csrk, write, 7)
	fmt.Println(signature.Counter(), toolbox.Verify(csrk, write, signature))
	write[4] = 0x38
	fmt.Println(toolbox.Verify(csrk, write, signature))
	// Output:
	// 7 true
	// false
}
