// Package explore proves what it can about a resolved state machine alone: one
// role against a peer that may send anything at any time. It knows no protocol.
//
// From the initial state it tries every event with every value of its fields
// that the conditions tell apart, every answer of the opaque guards, every value
// of the inputs, and every value that an action may give to what it sets, until
// nothing new comes up. An answer of a guard holds until the rule that was
// chosen has done something; an input holds for one step.
//
// A state of the exploration is a state of the machine with its variables, the
// timers that run, and the facts that have been made. Variables that nothing
// can read any more are left out, which changes no outcome.
package explore
