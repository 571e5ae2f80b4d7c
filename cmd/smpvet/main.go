// Command smpvet runs the analyzers of the package gen/vet within go vet:
//
//	go build -o smpvet ./cmd/smpvet
//	go vet -vettool=$PWD/smpvet ./...
//
// A name of an analyzer as a flag runs that one alone, -NAME=false leaves it
// out: go vet -vettool=$PWD/smpvet -documented ./... Alone, smpvet help lists
// the analyzers and their flags.
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"blesmp/gen/vet"
)

func main() { unitchecker.Main(vet.Analyzers()...) }
