package transport

// Transport is the way to a controller: it sends and receives whole packets,
// the H4 packet type octet first.
//
// WritePacket and ReadPacket may run at the same time; several callers of
// WritePacket are kept apart, ReadPacket has one caller. Close ends both.
type Transport interface {
	// WritePacket sends one packet and does not keep p.
	WritePacket(p []byte) error

	// ReadPacket waits for one packet and returns it. It uses the memory of buf
	// where that suffices, so that the packet is valid until buf is used again.
	// The error is io.EOF where the other side closed between two packets; no
	// error leaves the transport usable.
	ReadPacket(buf []byte) ([]byte, error)

	// Close ends the transport, and calls that wait in it.
	Close() error
}

// Immediate is a Transport that takes every packet at once, as one that keeps them
// in memory does: who has something to say to its controller can say it himself,
// and need not wait for a goroutine that could be made to wait.
type Immediate interface {
	Transport

	// WritesImmediately does nothing.
	WritesImmediately()
}

// The packet types that H4 puts first (Core Vol 4, Part A, 2).
const (
	CommandPacket     = 0x01
	ACLPacket         = 0x02
	SynchronousPacket = 0x03
	EventPacket       = 0x04
	ISOPacket         = 0x05
)
