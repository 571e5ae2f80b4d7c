// Package snoop writes down what passes between a host and a controller, and
// reads it again: btsnoop files, as Wireshark, Android and BlueZ have them.
//
// A Tap sits on a transport and records both directions. A recording holds
// every octet, the keys that the host gives to its controller included: treat it
// as a secret.
package snoop
