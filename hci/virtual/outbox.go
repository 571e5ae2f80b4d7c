package virtual

import "encoding/binary"

// outbox keeps the packets that wait for the host, one behind the other in one
// piece of memory that is used again.
type outbox struct {
	octets []byte // each packet behind its length in two octets
	read   int    // octets that the host has
}

// lengthSize is what stands before each packet of an outbox, in octets.
const lengthSize = 2

// put copies a packet behind the others.
func (o *outbox) put(packet []byte) {
	if o.read > len(o.octets)/2 && len(o.octets)+lengthSize+len(packet) > cap(o.octets) {
		o.octets, o.read = o.octets[:copy(o.octets, o.octets[o.read:])], 0
	}
	o.octets = binary.LittleEndian.AppendUint16(o.octets, uint16(len(packet)))
	o.octets = append(o.octets, packet...)
}

func (o *outbox) empty() bool { return o.read == len(o.octets) }

// take appends the oldest packet to buf; there has to be one.
func (o *outbox) take(buf []byte) []byte {
	begin := o.read + lengthSize
	end := begin + int(binary.LittleEndian.Uint16(o.octets[o.read:]))
	buf = append(buf, o.octets[begin:end]...)
	if o.read = end; o.empty() {
		o.octets, o.read = o.octets[:0], 0
	}
	return buf
}
