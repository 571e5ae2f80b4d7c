// Package l2cap is the part of L2CAP that a Bluetooth LE host cannot do without:
// the basic header, its fragments on ACL, the fixed channels for ATT, LE
// signalling and SMP, and answers on the first two, so that no peer waits.
//
// Nothing here does input or output, and nothing starts a goroutine: octets go
// in and octets come out. Wire order is little endian (Core Vol 3, Part A).
package l2cap
