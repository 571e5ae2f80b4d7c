// Package machine resolves a specification: it looks every name up, works out
// which line decides each cell of the machine, checks the rules of the language
// and builds the table. What it finds wrong it reports all at once, each with
// its position.
//
// A Machine is the input of everything that comes after: the Go emitters, the
// diagrams, the explorer, explain. It knows the language and no protocol.
package machine
