package virtual

import (
	"crypto/aes"
	"encoding/binary"

	"blesmp/bt"
)

// diversifiers are what the two controllers add to the Long Term Key so that
// every encryption of a link uses a key and nonces of its own: the session key
// diversifiers and the initialization vectors of LL_ENC_REQ and LL_ENC_RSP
// (Core Vol 6, Part B, 2.4.2.4 and 2.4.2.5).
type diversifiers struct {
	skdCentral, skdPeripheral uint64
	ivCentral, ivPeripheral   uint32
}

// sessionKey gives e(LTK, SKD), where the peripheral's half is the more
// significant one (Core Vol 6, Part B, 5.1.3.1).
func sessionKey(ltk bt.Key, d diversifiers) [16]byte {
	var skd, key [16]byte
	binary.BigEndian.PutUint64(skd[:8], d.skdPeripheral)
	binary.BigEndian.PutUint64(skd[8:], d.skdCentral)
	block, err := aes.NewCipher(ltk[:])
	if err != nil {
		panic(err) // the key is sixteen octets by its type
	}
	block.Encrypt(key[:], skd[:])
	return key
}

// session is the encryption of one link as one of its ends keeps it: the key
// and the two packet counters, which start at zero with every session (Core
// Vol 6, Part E, 2.1).
type session struct {
	cipher   *ccm
	iv       [8]byte // as it travels: IV of the central, then of the peripheral
	sent     uint64
	received uint64
}

func newSession(ltk bt.Key, d diversifiers) *session {
	s := &session{cipher: newCCM(sessionKey(ltk, d), micSize)}
	binary.LittleEndian.PutUint32(s.iv[:4], d.ivCentral)
	binary.LittleEndian.PutUint32(s.iv[4:], d.ivPeripheral)
	return s
}

// seal encrypts the payload of the next data channel PDU from this role and
// appends its MIC. Only those header bits are authenticated that do not change
// when a PDU is sent again (Core Vol 6, Part E, 2.2).
func (s *session) seal(dst []byte, from bt.Role, header byte, payload []byte) []byte {
	nonce := s.nonce(s.sent, from)
	dst = s.cipher.seal(dst, &nonce, payload, []byte{header & headerAuthenticated})
	s.sent++
	return dst
}

// open appends to dst, which may be the memory of the payload, what the next data
// channel PDU from this role carries, or reports false: a MIC failure.
func (s *session) open(dst []byte, from bt.Role, header byte, payload []byte) ([]byte, bool) {
	nonce := s.nonce(s.received, from)
	opened, ok := s.cipher.open(dst, &nonce, payload, []byte{header & headerAuthenticated})
	if ok {
		s.received++
	}
	return opened, ok
}

// nonce is the packet counter of 39 bits, the direction (1 from the central)
// and the initialization vector (Core Vol 6, Part E, 2.1).
func (s *session) nonce(counter uint64, from bt.Role) (n [nonceSize]byte) {
	var octets [8]byte
	binary.LittleEndian.PutUint64(octets[:], counter)
	copy(n[:5], octets[:5])
	n[4] &= 0x7f
	if from == bt.Central {
		n[4] |= 0x80
	}
	copy(n[5:], s.iv[:])
	return n
}
