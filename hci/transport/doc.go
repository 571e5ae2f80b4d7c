// Package transport moves whole HCI packets between a host and a controller.
//
// A packet is in the form of the UART transport, called H4: one octet says the
// packet's type, and the packet follows (Core Vol 4, Part A, 2). Open opens a
// controller by its address, H4 frames any byte stream, and Pipe joins a host
// and a controller inside one process. Listen is the other side of Open: it
// waits for hosts.
//
// # Addresses
//
// A controller has one of these addresses:
//
//	hci0                           the Linux HCI user channel of this interface
//	serial:DEVICE,BAUD             H4 over a serial line, 8N1, without flow control
//	serial:DEVICE,BAUD,rtscts      the same, with RTS/CTS hardware flow control
//	tcp:HOST:PORT                  H4 over TCP
//	unix:PATH                      H4 over a unix stream socket
//
// The user channel takes a controller away from the kernel as long as it is
// open, so that the kernel's own Security Manager is out of the way. The
// interface must be down, and the process needs CAP_NET_ADMIN.
//
// The Core has H4 over a real UART use RTS/CTS (Core Vol 4, Part A, 3). Use
// rtscts where the lines are wired, which is needed from about 460800 baud; on a
// line without them, or on most USB serial ports, it would stop all traffic, or
// change nothing. It is for Linux and macOS.
//
// # When a transport ends
//
// H4 has no mark by which to find the next packet in a stream. Octets that can
// be no packet therefore end a TCP or unix transport with a FrameError. A serial
// line first has to find the controller's first answer among what else may come
// (see NewUART); from then on it is as strict. The user channel gives whole
// packets, and what is wrong with one of them leaves the next alone.
//
// No transport reconnects: after an error it stays broken, and the controller
// has forgotten the host, or the host what the controller does. Whoever wants to
// go on opens the address again and brings a new host up on it.
package transport
