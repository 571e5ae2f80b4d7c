// Package load puts the stack under load: pairings one after another at the
// engine alone and through two whole hosts, and thousands of links in one
// process. It says what is done; whoever measures does the timing.
//
// A Fleet holds many links. Its hosts have controllers without a radio, so that
// what is measured is the stack: engine, sessions, L2CAP and HCI octets. Behind
// each of these links is a bare Procedure that answers.
package load
