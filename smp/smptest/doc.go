// Package smptest helps to test programs that use package smp, and smp itself,
// without a radio. It is public, so that a user's tests can do the same for
// products of their own; it imports neither package testing nor a test
// framework.
//
// A Rig links two Procedures, scripts their users and makes links fail. A Peer
// is one side played from a script, step by step, right or deliberately wrong,
// against a whole host on a virtual controller. Package replay plays recorded
// exchanges.
package smptest
