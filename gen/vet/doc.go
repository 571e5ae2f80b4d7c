// Package vet holds analyzers for go vet: what a compiler does not check of
// code that a generated table binds, and of code that handles secrets. The
// analyzers know no protocol. They learn from the code what it is:
//
//   - The interfaces actions and guards of a generated file say which methods a
//     table binds.
//   - The directive //vet:secret, in the comment of a type, a field or a
//     function, says that the values are secrets.
//   - The directive //vet:deterministic, in the comment of a package, says that
//     the package takes time and chance from its caller.
//
// A finding that is meant to be is allowed where it stands, with the reason,
// at the end of its line or on the line before:
//
//	//vet:allow secretprint: the user has asked for it
//
// An allowance that allows nothing is a finding itself. Files of tests are not
// looked at. The command smpvet runs the analyzers within go vet.
package vet

import "golang.org/x/tools/go/analysis"

// Analyzers are all analyzers of the package, in the order of their names.
func Analyzers() []*analysis.Analyzer {
	return []*analysis.Analyzer{Actions, Deterministic, Documented, Guards, SecretEqual, SecretPrint}
}
