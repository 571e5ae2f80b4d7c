// Package bridge lets the verifier, which stands outside of package smp, save
// and restore a procedure, and see what its future depends on. Package smp fills
// it in; nobody else writes to it.
package bridge

// Snapshot is what a procedure remembers between two steps. It does not change
// until it is given to Free.
type Snapshot interface {
	// AppendTo appends everything on which later steps depend. Numbers of
	// questions and timers are left out: only whether they are the last counts.
	AppendTo(dst []byte) []byte

	// Question and Arming are the numbers of the last question and of the
	// timer's last start or stop.
	Question() uint64
	Arming() uint64

	// State is the smp.State.
	State() uint8

	// Free lets a later Save use the memory. Nobody may look at the Snapshot
	// from then on.
	Free()
}

// Save gives what a *smp.Procedure remembers.
var Save func(procedure any) Snapshot

// Load makes a *smp.Procedure go on from a snapshot, which may come of another
// one with the same Config.
var Load func(procedure any, from Snapshot)
