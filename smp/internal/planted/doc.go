// Package planted plants faults in the protocol and shows each of them to
// everything that can find one. The test does it all, and writes the table of what
// found what into docs/verification.md.
package planted
