package replay_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"blesmp/bt"
	"blesmp/smp/smptest/replay"
)

const recorded = "../../testdata/transcripts/nimble-sc-peer-nc-iio1-rio1-b1-iat0-rat0-ik5-rk7.json"

// A recorded pairing is played with a real Procedure: every octet has to be the same.
func ExamplePlay() {
	t, err := replay.Read(recorded)
	if err != nil {
		log.Fatal(err)
	}
	for _, role := range t.Roles() {
		fmt.Println(t.Method, role, replay.Play(t, role))
	}
	// Output: sc-numeric-comparison peripheral <nil>
}

// With another request than the recorded one, the Procedure does something else.
func ExampleParse() {
	text, err := os.ReadFile("../../testdata/transcripts/neg-key-size-17-request.json")
	if err != nil {
		log.Fatal(err)
	}
	t, err := replay.Parse("changed.json", []byte(strings.Replace(string(text), `"01040005110707"`, `"01040005100707"`, 1)))
	if err != nil {
		log.Fatal(err)
	}
	var different *replay.Mismatch
	err = replay.Play(t, bt.Peripheral)
	fmt.Println(errors.As(err, &different))
	fmt.Println(err)
	// Output:
	// true
	// step 2: want Pairing Failed 050a (invalid parameters), got Pairing Response 02030009100303
}
