package diagram_test

import (
	"context"
	"fmt"
	"log"

	"blesmp/gen/diagram"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

// Pages and pictures of a protocol, from its specification.
func ExampleFiles() {
	f, err := spec.Parse("ping.yaml", []byte(`
protocol: Ping
go: {package: ping, dir: .}
byte_order: big
pdus:
  Ping: {code: 1, doc: asks whether somebody is there, fields: [{name: Number, type: uint16}], examples: ["01 00 07"]}
`))
	if err != nil {
		log.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		log.Fatal(err)
	}
	files, err := diagram.Files(context.Background(), m, diagram.Options{Source: "../spec/ping.yaml"})
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range files {
		fmt.Printf("%s\n%s", file.Path, file.Content)
	}
	// Output:
	// ping-pdus.md
	// <!-- Drawn by smpgen from ping.yaml; DO NOT EDIT. -->
	//
	// # Ping, PDUs
	//
	// Numbers of several octets are big-endian. Offsets count octets from 0.
	//
	// ## Ping
	//
	// Asks whether somebody is there. [Line 6](../spec/ping.yaml#L6).
	// Code 0x01.
	//
	// | octets | field | type | values |
	// | --- | --- | --- | --- |
	// | 0 | Code | uint8 | 0x01 |
	// | 1 to 2 | Number | uint16 |  |
	//
	// Example: `01 00 07`
}
