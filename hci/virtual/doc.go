// Package virtual provides LE controllers without a radio. Controllers share an
// Air, on which they advertise, scan, connect and encrypt as the link layer of
// the Core does, with the PDUs and the AES-CCM of a real one: two hosts with
// different Long Term Keys see a MIC failure because the MIC fails.
//
// A host inside the process opens a Controller directly, since it is a
// transport.Transport; any other host, ble-host or Linux for example, is
// attached over H4 with Serve. Nothing takes radio time, so that a test is done
// when its packets are, and everything runs inside a testing/synctest bubble.
//
//	air := virtual.NewAir(virtual.Options{})
//	central := air.NewController(virtual.Config{})
//	peripheral := air.NewController(virtual.Config{})
//
// An air can be recorded, with a Capture, and made to go wrong, with Faults: both
// are ready-made for the Observer and the interceptors of Options.
//
// What the Core leaves open is documented where it is decided. Not provided:
// BR/EDR, extended and periodic advertising, other PHYs than LE 1M,
// isochronous channels, and flow control towards the host.
package virtual
