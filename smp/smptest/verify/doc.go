// Package verify explores two real Procedures on one link, or one against an
// attacker, with every order of events up to a bound, and holds each step
// against what no pairing may do.
//
// The engine is package smp's own, with its table or another one. Only the
// cryptography is replaced, by tokens: values that are equal exactly where the
// real ones would be. docs/verification.md says what is explored and proved, and
// what is not.
package verify
