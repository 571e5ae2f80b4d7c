package schema_test

import (
	"encoding/json"
	"fmt"
	"log"

	"blesmp/gen/machine"
	"blesmp/gen/schema"
	"blesmp/gen/spec"
)

// The schema beside a specification completes the names of its states in an editor.
func ExampleWrite() {
	f, err := spec.Load("../testdata/market.yaml")
	if err != nil {
		log.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		log.Fatal(err)
	}
	text, err := schema.Write(m)
	fmt.Println(schema.FileName("spec/market.yaml"), json.Valid(text), err)
	// Output: spec/market.schema.json true <nil>
}
