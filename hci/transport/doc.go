// Package transport moves whole HCI packets between a host and a controller.
//
// A packet is in the form of the UART transport, called H4: one octet says the
// packet's type, and the packet follows (Core Vol 4, Part A, 2). Dial opens a
// controller by its address, H4 frames any byte stream, and Pipe joins a host
// and a controller inside one process.
package transport
