// Package executor runs the specification of SMP a second time, in another way
// than package smp does, so that a mistake of the generator shows: it reads
// spec/smp_states.yaml with a reader of its own, which shares nothing with
// package gen, works out inheritance by itself, and lets looplab/fsm hold the
// states. It follows what a Procedure tells of its rules; conditions and
// actions stay with the Procedure.
package executor
