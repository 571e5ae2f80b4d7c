// Package conformance holds a Security Manager to what the Bluetooth SIG's test
// suite checks and to what published attacks do: scenarios with names, each
// played over HCI by a smptest.Peer.
//
// Cases are the test cases for LE by their ids, with a description of our own;
// the suite's text is the SIG's. Attacks are the published attacks and bugs.
// Every scenario plays against this project's host inside the process, on a
// clock of its own, so that thirty seconds of silence cost nothing; those that
// need no knowledge of the device play against a foreign host as well.
//
// This is neither a qualification nor a replacement of the Profile Tuning
// Suite: whoever qualifies a product runs the SIG's tests.
package conformance
