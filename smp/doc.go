// Package smp is a Bluetooth LE Security Manager: pairing, bonding and the
// set-up of encryption, for both roles (Core Vol 3, Part H).
//
// There are two levels. A Procedure is the protocol of one connection without
// input or output: it is stepped with what happens and says what to do. A
// Manager with its Sessions drives procedures over links of a host stack,
// keeps bonds, asks the user and reports events; most programs want that.
//
// States, transitions, PDUs and association models are not written here: they
// are data in spec/smp_states.yaml, from which smpgen makes zz_generated.go.
// What stands beside it is what data cannot say: cryptography, storage, and
// the talk with the user. Every step can be traced back to its line of the
// specification.
//
//vet:deterministic
package smp

//go:generate go tool smpgen gen ../spec/smp_states.yaml
