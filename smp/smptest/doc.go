// Package smptest helps to test programs that use package smp, and smp itself,
// without a radio. It is public, so that a user's tests can do the same for
// products of their own; it imports neither package testing nor a test
// framework.
//
// A Rig links two Procedures, scripts their users and makes links fail.
//
// A Transcript is one recorded exchange in the format smp-transcript/1: what
// both sides sent, what their controllers and users did, and what it came to.
// Play runs one side of it with a real smp.Procedure that has the recorded
// addresses, features, keys and random values: what the other side did is fed
// in, and what the procedure does is held against the record, octet for octet.
package smptest
