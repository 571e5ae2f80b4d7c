package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// recordVersion is the first octet of every record; the format is in the
// package comment.
const recordVersion = 1

const (
	addressSize   = 7
	keySize       = 16
	checksumSize  = 4
	maxRecordSize = 256 // no record is as long
	maxKeyName    = 32  // octets of a key in an error
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal makes a record of its content. The checksum covers the key as well, so
// that a record under another's key is found out.
func seal(key, content []byte) []byte {
	record := make([]byte, 0, 1+len(content)+checksumSize)
	record = append(record, recordVersion)
	record = append(record, content...)
	return binary.BigEndian.AppendUint32(record, checksum(key, record))
}

// unseal gives the content of a record, which shares memory with it.
func unseal(key, record []byte) ([]byte, error) {
	if len(record) < 1+checksumSize || len(record) > maxRecordSize {
		return nil, fmt.Errorf("%d octets, want %d to %d", len(record), 1+checksumSize, maxRecordSize)
	}
	if len(key) > maxRecordSize {
		return nil, fmt.Errorf("key of %d octets", len(key))
	}
	body, sum := record[:len(record)-checksumSize], record[len(record)-checksumSize:]
	if binary.BigEndian.Uint32(sum) != checksum(key, body) {
		return nil, errors.New("checksum differs")
	}
	if body[0] != recordVersion {
		return nil, fmt.Errorf("record version %d, want %d", body[0], recordVersion)
	}
	return body[1:], nil
}

func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

func appendAddress(dst []byte, a bt.TypedAddress) []byte {
	return append(append(dst, byte(a.Type)), a.Address[:]...)
}

func parseAddress(b []byte) (bt.TypedAddress, error) {
	if len(b) != addressSize {
		return bt.TypedAddress{}, fmt.Errorf("address of %d octets, want %d", len(b), addressSize)
	}
	if b[0] > byte(bt.RandomAddress) {
		return bt.TypedAddress{}, fmt.Errorf("address type 0x%02x, want 0 or 1", b[0])
	}
	return bt.TypedAddress{Type: bt.AddressType(b[0]), Address: bt.Address(b[1:])}, nil
}

// pairKey is the key of everything that is kept for a peer of a local
// identity.
func pairKey(local, peer bt.TypedAddress) []byte {
	return appendAddress(appendAddress(make([]byte, 0, 2*addressSize), local), peer)
}

func parsePairKey(key []byte) (local, peer bt.TypedAddress, err error) {
	if len(key) != 2*addressSize {
		return local, peer, fmt.Errorf("key of %d octets, want %d", len(key), 2*addressSize)
	}
	if local, err = parseAddress(key[:addressSize]); err != nil {
		return local, peer, err
	}
	peer, err = parseAddress(key[addressSize:])
	return local, peer, err
}

// keyName is how a CorruptError names the record under a key: the addresses in
// it, or the octets.
func keyName(key []byte) string {
	if local, peer, err := parsePairKey(key); err == nil {
		return fmt.Sprintf("local %v, peer %v", local, peer)
	}
	if a, err := parseAddress(key); err == nil {
		return a.String()
	}
	return fmt.Sprintf("%x", key[:min(len(key), maxKeyName)])
}

// The flags of a bond's record.
const (
	flagSC = 1 << iota
	flagMITM
	flagDebug
	flagOnAir
	flagLocalLTK
	flagPeerLTK
	flagPeerIRK
	flagLocalCSRK
	flagPeerCSRK
	flagLinkKey
	flagsEnd
)

// encodeBond makes the key and the record of a valid bond.
func encodeBond(b bond.Bond) (key, record []byte) {
	var flags uint16
	for _, f := range []struct {
		set  bool
		flag uint16
	}{
		{b.SC, flagSC},
		{b.MITM, flagMITM},
		{b.Debug, flagDebug},
		{!b.OnAir.IsZero(), flagOnAir},
		{b.LocalLTK != nil, flagLocalLTK},
		{b.PeerLTK != nil, flagPeerLTK},
		{b.PeerIRK != nil, flagPeerIRK},
		{b.LocalCSRK != nil, flagLocalCSRK},
		{b.PeerCSRK != nil, flagPeerCSRK},
		{b.LinkKey != nil, flagLinkKey},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	content := binary.BigEndian.AppendUint16(make([]byte, 0, 160), flags)
	content = append(content, byte(b.KeySize), b.Model)
	content = binary.BigEndian.AppendUint64(content, uint64(b.Created.Unix()))
	content = binary.BigEndian.AppendUint32(content, uint32(b.Created.Nanosecond()))
	if flags&flagOnAir != 0 {
		content = appendAddress(content, b.OnAir)
	}
	content = appendLTK(content, b.LocalLTK)
	content = appendLTK(content, b.PeerLTK)
	content = appendKey(content, b.PeerIRK)
	if content = appendKey(content, b.LocalCSRK); b.LocalCSRK != nil {
		content = binary.BigEndian.AppendUint32(content, b.LocalSignCounter)
	}
	if content = appendKey(content, b.PeerCSRK); b.PeerCSRK != nil {
		content = binary.BigEndian.AppendUint32(content, b.PeerSignCounter)
	}
	content = appendKey(content, b.LinkKey)
	key = pairKey(b.Local, b.Peer)
	return key, seal(key, content)
}

func appendKey(dst []byte, k *bt.Key) []byte {
	if k == nil {
		return dst
	}
	return append(dst, k[:]...)
}

func appendLTK(dst []byte, ltk *bond.LongTermKey) []byte {
	if ltk == nil {
		return dst
	}
	dst = append(dst, ltk.Key[:]...)
	dst = binary.BigEndian.AppendUint16(dst, ltk.EDIV)
	return binary.BigEndian.AppendUint64(dst, ltk.Rand)
}

// decodeBond reads what encodeBond made, and nothing else. What it returns
// shares no memory with its arguments.
func decodeBond(key, record []byte) (bond.Bond, error) {
	content, err := unseal(key, record)
	if err != nil {
		return bond.Bond{}, err
	}
	var b bond.Bond
	if b.Local, b.Peer, err = parsePairKey(key); err != nil {
		return bond.Bond{}, err
	}
	r := reader{rest: content}
	flags := r.uint16()
	b.SC, b.MITM, b.Debug = flags&flagSC != 0, flags&flagMITM != 0, flags&flagDebug != 0
	b.KeySize, b.Model = int(r.uint8()), r.uint8()
	seconds, nanoseconds := int64(r.uint64()), r.uint32()
	b.Created = time.Unix(seconds, int64(nanoseconds)).UTC()
	if flags&flagOnAir != 0 {
		b.OnAir = r.address()
	}
	b.LocalLTK = r.ltk(flags & flagLocalLTK)
	b.PeerLTK = r.ltk(flags & flagPeerLTK)
	b.PeerIRK = r.key(flags & flagPeerIRK)
	if b.LocalCSRK = r.key(flags & flagLocalCSRK); b.LocalCSRK != nil {
		b.LocalSignCounter = r.uint32()
	}
	if b.PeerCSRK = r.key(flags & flagPeerCSRK); b.PeerCSRK != nil {
		b.PeerSignCounter = r.uint32()
	}
	b.LinkKey = r.key(flags & flagLinkKey)

	switch {
	case flags >= flagsEnd:
		return bond.Bond{}, fmt.Errorf("unknown flags in 0x%04x", flags)
	case r.err != nil:
		return bond.Bond{}, r.err
	case len(r.rest) > 0:
		return bond.Bond{}, fmt.Errorf("%d octets too many", len(r.rest))
	case nanoseconds >= 1e9:
		return bond.Bond{}, fmt.Errorf("%d nanoseconds", nanoseconds)
	case flags&flagOnAir != 0 && b.OnAir.IsZero():
		return bond.Bond{}, errors.New("on-air address is zero")
	}
	if err := b.Validate(); err != nil {
		return bond.Bond{}, err
	}
	return b, nil
}

// reader takes fields from the front of a record. After the first failure it
// gives zero values.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) take(n int) []byte {
	if r.err == nil && len(r.rest) < n {
		r.err = errors.New("too short for its flags")
	}
	if r.err != nil {
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uint8() uint8   { return r.take(1)[0] }
func (r *reader) uint16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) uint64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *reader) address() bt.TypedAddress {
	a, err := parseAddress(r.take(addressSize))
	if r.err == nil {
		r.err = err
	}
	return a
}

// key and ltk take nothing where the flag is not set.
func (r *reader) key(flag uint16) *bt.Key {
	if flag == 0 {
		return nil
	}
	k := bt.Key(r.take(keySize))
	return &k
}

func (r *reader) ltk(flag uint16) *bond.LongTermKey {
	if flag == 0 {
		return nil
	}
	return &bond.LongTermKey{Key: bt.Key(r.take(keySize)), EDIV: r.uint16(), Rand: r.uint64()}
}

func encodeIdentity(l bond.LocalIdentity) (key, record []byte) {
	key = appendAddress(nil, l.Address)
	return key, seal(key, appendKey(nil, l.IRK))
}

func decodeIdentity(key, record []byte) (bond.LocalIdentity, error) {
	content, err := unseal(key, record)
	if err != nil {
		return bond.LocalIdentity{}, err
	}
	var l bond.LocalIdentity
	if l.Address, err = parseAddress(key); err != nil {
		return bond.LocalIdentity{}, err
	}
	switch len(content) {
	case 0:
	case keySize:
		irk := bt.Key(content)
		l.IRK = &irk
	default:
		return bond.LocalIdentity{}, fmt.Errorf("content of %d octets, want 0 or %d", len(content), keySize)
	}
	if err := l.Validate(); err != nil {
		return bond.LocalIdentity{}, err
	}
	return l, nil
}

// decodeIRK reads an entry of the index irks; its key is a pairKey.
func decodeIRK(key, record []byte) (bt.Key, error) {
	content, err := unseal(key, record)
	if err != nil {
		return bt.Key{}, err
	}
	if len(content) != keySize {
		return bt.Key{}, fmt.Errorf("content of %d octets, want %d", len(content), keySize)
	}
	return bt.Key(content), nil
}

// decodeOnAir reads an entry of the index onair.
func decodeOnAir(key, record []byte) (peer bt.TypedAddress, err error) {
	content, err := unseal(key, record)
	if err != nil {
		return bt.TypedAddress{}, err
	}
	return parseAddress(content)
}

func encodeAttempts(key []byte, written uint64, state []byte) []byte {
	return seal(key, append(binary.BigEndian.AppendUint64(nil, written), state...))
}

// decodeAttempts gives a state that shares memory with the record.
func decodeAttempts(key, record []byte) (written uint64, state []byte, err error) {
	content, err := unseal(key, record)
	if err != nil {
		return 0, nil, err
	}
	if len(content) <= 8 || len(content) > 8+bond.MaxAttemptsSize {
		return 0, nil, fmt.Errorf("content of %d octets, want %d to %d", len(content), 9, 8+bond.MaxAttemptsSize)
	}
	return binary.BigEndian.Uint64(content), content[8:], nil
}
