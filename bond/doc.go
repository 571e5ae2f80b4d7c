// Package bond holds what a device keeps from one pairing to the next: the
// bonds with its peers, its own identities, and the few counters that must
// survive a restart.
//
// A Bond is plain data, and a Store keeps bonds. NewMemory is the Store that
// forgets; package boltstore has the one that does not; package bondtest tests
// any other. A ResolvingList finds the bond of a private address for them. The
// package knows neither the protocol that makes bonds nor the controller that
// uses them: a bond's level is written down as facts of what ran, and whoever
// reads it judges.
//
//vet:deterministic
package bond
