package bind_test

import (
	"fmt"
	"log"
	"path/filepath"

	"blesmp/gen"
	"blesmp/gen/bind"
)

// Hand-written Go is held against the specification that it belongs to.
func ExampleCheck() {
	const path = "../testdata/market.yaml"
	m, err := gen.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	files, err := gen.Generate(path)
	if err != nil {
		log.Fatal(err)
	}
	overlay := map[string][]byte{} // what would be generated stands in for what is there
	for _, f := range files {
		whole, err := filepath.Abs(f.Path)
		if err != nil {
			log.Fatal(err)
		}
		overlay[whole] = f.Content
	}
	fmt.Println(bind.Check(m, "../internal/market", overlay))
	// Output: <nil>
}
