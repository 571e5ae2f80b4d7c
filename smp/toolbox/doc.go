// Package toolbox holds the cryptographic functions of the LE Security Manager:
// e, ah, c1, s1, AES-CMAC, f4, f5, f6, g2, h6 and h7, key derivation between the
// transports, the signature of the Attribute Protocol, and P-256 (Core Vol 3,
// Part H, 2.2 to 2.4).
//
// Every value goes in and comes out most significant octet first, as the
// specification prints it and as package bt holds it. Two functions take octets
// that have been or will be sent, and take them in the order in which they are
// sent: C1 its two pairing PDUs, and Sign and Verify the signed data and the
// signature. They reverse inside.
//
// The functions keep no state and may be called from any goroutine. They hold no
// policy: whether a debug key, a sample key or a reflected key is acceptable is
// for the caller to decide.
//
//vet:deterministic
package toolbox
