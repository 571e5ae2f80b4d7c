// Package replay holds the Security Manager against recorded exchanges.
//
// A Transcript is one exchange in the format smp-transcript/1: what both sides
// sent, what their controllers and users did, and what it came to. Play runs
// one side of it with a real smp.Procedure that has the recorded addresses,
// features, keys and random values: what the other side did is fed in, and
// what the procedure does is held against the record, octet for octet.
package replay
