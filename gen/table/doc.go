// Package table is the small runtime behind generated state machines: the
// table as plain data, the machine that steps over it, and the error of the
// generated codecs. It imports the standard library alone and knows no
// protocol.
//
// A Table is a value. A program that wants to run another one (an edited
// specification, a mutant, a fragment for a test) builds it at run time and
// hands it to the same hand-written actions, as long as the names are the same.
// For the machine of the specification itself there is code that does what the
// table says, which smpgen writes beside it.
//
//vet:deterministic
package table
