package table

import "encoding/binary"

// AppendReversed appends the octets of a value, the last one first: the other end
// first, for a protocol whose values travel the other way round than they are
// written.
func AppendReversed(b, value []byte) []byte {
	n := len(b)
	b = append(b, value...)
	Reverse(b[n:])
	return b
}

// Reverse turns octets around, eight at a time where it can: keys and random
// numbers are read again in larger pieces right after, for which a processor waits
// where they were written octet by octet.
func Reverse(b []byte) {
	for len(b) >= 16 {
		end := len(b) - 8
		first, last := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[end:])
		binary.BigEndian.PutUint64(b, last)
		binary.BigEndian.PutUint64(b[end:], first)
		b = b[8:end]
	}
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}
