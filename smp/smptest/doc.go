// Package smptest helps to test programs that use package smp, and smp itself,
// without a radio. It is public, so that a user's tests can do the same for
// products of their own; it imports neither package testing nor a test
// framework.
//
// A Rig links two Procedures, scripts their users and makes links fail. A Peer
// is one side played from a script, step by step, right or deliberately wrong,
// against a whole host on a virtual controller. Package replay plays recorded
// exchanges.
//
// # Rules
//
// A Rig holds both sides to these at every step, whatever users, peers and
// controllers do. What breaks one is put in Rig.Broken.
//
//   - No key reaches the controller or the store before authentication has ended
//     at that side: the PDUs of the exchange were sent and received, and the user
//     has answered what was asked.
//   - A pairing starts encryption at most once, and is reported exactly once when
//     it ends. It stores a bond at most once, after its encryption and if both
//     sides want it.
//   - Pairing Failed is not answered. Nothing is sent after a timeout or the end
//     of the link.
//   - Two bonds of one pairing agree in keys, level and identities, unless
//     somebody has changed what an encrypted link or the key fields of a feature
//     PDU carried.
//   - The procedure's timer runs in a pairing and while a Security Request waits,
//     and starts anew with what is sent, and with the two requests.
//   - The controller gets one answer to each request for a key.
//   - Stored keys are used as they are stored.
package smptest
