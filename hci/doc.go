// Package hci is a Bluetooth LE host: it drives one controller over HCI, finds
// and makes connections, moves their data, and hands each of them, as a
// bt.Link, to whoever does its security.
//
// Open or NewHost brings a controller up. Then Scan, Connect, Advertise and
// Accept make connections, and ServeLinks says who handles them: a handler is
// attached before the first packet of its link is delivered. Everything that a
// controller reports reaches the handlers in the controller's order, from one
// goroutine; what is sent is queued, so that nothing waits for the peer.
//
// The packets of HCI are in this package too, generated from
// spec/hci_packets.yaml: a struct for each command, its return parameters and
// each event, named as in the specification (Core Vol 4, Part E). A controller
// decodes with them what a host encodes.
package hci

//go:generate go tool smpgen gen ../spec/hci_packets.yaml
