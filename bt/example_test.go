package bt_test

import (
	"errors"
	"fmt"

	"blesmp/bt"
)

// Addresses are written most significant octet first; the type says how one was
// made.
func ExampleParseTypedAddress() {
	for _, text := range []string{"00:1B:DC:07:32:EF", "C0:11:22:33:44:55/random", "7F:11:22:33:44:55/random", "C0:11:22"} {
		a, err := bt.ParseTypedAddress(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(a, "identity:", a.IsIdentity(), "private:", a.IsResolvable())
	}
	bare, err := bt.ParseAddress("C0:11:22:33:44:55")
	fmt.Printf("%#02x %v\n", bare[0], err)
	// Output:
	// 00:1B:DC:07:32:EF/public identity: true private: false
	// C0:11:22:33:44:55/random identity: true private: false
	// 7F:11:22:33:44:55/random identity: false private: true
	// bt: address "C0:11:22": want six octets such as C0:11:22:33:44:55
	// 0xc0 <nil>
}

// A key never prints by accident.
func ExampleKey() {
	key, err := bt.ParseKey("000102030405060708090a0b0c0d0e0f")
	fmt.Println(key, err)
	fmt.Printf("%x\n", key)
	fmt.Println(key.Reveal()) // on purpose
	_, err = bt.ParseKey("my secret")
	fmt.Println(err) // nor does an error repeat it
	// Output:
	// [hidden] <nil>
	// [hidden]
	// 000102030405060708090a0b0c0d0e0f
	// bt: key: 9 characters, want 32 hexadecimal digits
}

// A status other than Success is an error by itself.
func ExampleStatus() {
	err := fmt.Errorf("the link has ended: %w", bt.ConnectionTimeout)
	fmt.Println(err)
	fmt.Println(errors.Is(err, bt.ConnectionTimeout))
	// Output:
	// the link has ended: hci: connection timeout (0x08)
	// true
}
