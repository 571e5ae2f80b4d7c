package gen_test

import (
	"fmt"
	"log"
	"path/filepath"

	"blesmp/gen"
)

// All that smpgen does with a file: read it, look for mistakes, write Go.
func Example() {
	const path = "testdata/market.yaml"
	m, err := gen.Load(path)
	if err != nil {
		log.Fatal(err) // all mistakes, each with its place
	}
	fmt.Println(m.File.Protocol.Text, m.Roles)
	fmt.Println("mistakes:", gen.Check(path)) // of the file, and of the code that it binds

	files, err := gen.Generate(path)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		fmt.Println(filepath.Base(f.Path), len(f.Content) > 0)
	}
	// Output:
	// Market [buyer seller]
	// mistakes: <nil>
	// zz_generated.go true
	// zz_generated_test.go true
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

// Lay a specification out, as smpgen fmt does.
func ExampleFormat() {
	text, err := gen.Format("gate.yaml", []byte(untidy))
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

// The specifications of a module stand in its folder spec.
func ExampleFindModule() {
	m, err := gen.FindModule(".")
	if err != nil {
		log.Fatal(err)
	}
	specs, err := m.Specs()
	fmt.Println(m.Root != "", len(specs) > 0, err)
	// Output: true true <nil>
}
