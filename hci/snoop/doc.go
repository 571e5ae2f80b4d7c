// Package snoop writes down what passes between a host and a controller, and
// reads it again: btsnoop files, as Wireshark, Android and BlueZ have them. It
// does the same with what is on the air between two controllers, in pcap files
// of the LE link layer.
//
// A Tap sits on a transport and records both directions. A recording holds
// every octet, the keys that the host gives to its controller included: treat it
// as a secret.
package snoop
