package spec_test

import (
	"fmt"
	"log"

	"blesmp/gen/spec"
)

// A file becomes a tree in which everything has its place.
func ExampleLoad() {
	f, err := spec.Load("../testdata/market.yaml")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Protocol.Text, len(f.PDUs), f.PDUs[0].Name.Text)
	// Output: Market 10 Order
}

// What is wrong with the form is said at once, with the place and a guess.
func ExampleParse() {
	_, err := spec.Parse("door.yaml", []byte("protocol: Door\ngo: {package: door, dir: .}\nbyteorder: big\nenums:\n  Why: {value: {No: 1}}\n"))
	fmt.Println(err)
	// Output:
	// door.yaml:3:1: the file: unknown key "byteorder" (did you mean byte_order?)
	//     byteorder: big
	//     ^
	// door.yaml:5:8: enum Why: missing key "values"
	//     Why: {value: {No: 1}}
	//          ^
	// door.yaml:5:9: enum Why: unknown key "value" (did you mean values?)
	//     Why: {value: {No: 1}}
	//           ^
}

const untidy = `
protocol: Gate
go: {package: gate, dir: .}
roles: [gate]
phases:
  All:
    states:
      Open:
        when:
          Push: {goto: Locked, emit: [Ring], if: daytime}
`

// Layout is settled: a rule is written in the order in which it happens.
func ExampleFormat() {
	text, err := spec.Format([]byte(untidy))
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// protocol: Gate
	// go: {package: gate, dir: .}
	// roles: [gate]
	// phases:
	//   All:
	//     states:
	//       Open:
	//         when:
	//           Push: {if: daytime, emit: [Ring], goto: Locked}
	// <nil>
}
