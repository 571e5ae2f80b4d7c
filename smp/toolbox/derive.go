package toolbox

import (
	"encoding/binary"

	"blesmp/bt"
)

// KeyID names the purpose of a derived key: four ASCII letters, the first most
// significant (Core Vol 3, Part H, 2.4.2.4 and 2.4.2.5).
type KeyID uint32

// The key identifiers of cross-transport key derivation.
const (
	TMP1 KeyID = 0x746d7031 // "tmp1": the intermediate link key
	LEBR KeyID = 0x6c656272 // "lebr": the link key
	TMP2 KeyID = 0x746d7032 // "tmp2": the intermediate LTK
	BRLE KeyID = 0x62726c65 // "brle": the LTK
)

// H6 converts a key to another for the purpose that keyID names (Core Vol 3,
// Part H, 2.2.10).
func H6(w bt.Key, keyID KeyID) bt.Key {
	c := newChain(w)
	c.writeUint32(uint32(keyID))
	return bt.Key(c.mac())
}

// H7 converts a key to another with a salt; unlike in H6 the key is the message,
// and the salt keys the code (Core Vol 3, Part H, 2.2.11).
func H7(salt [16]byte, w bt.Key) bt.Key {
	return bt.Key(CMAC(bt.Key(salt), w[:]))
}

// LinkKeyFromLTK derives the BR/EDR link key of a device with which we share the
// LTK. ct2 says whether both devices set CT2 in AuthReq. The LTK is the one of 16
// octets that F5 gave, before Shorten (Core Vol 3, Part H, 2.4.2.4).
func LinkKeyFromLTK(ltk bt.Key, ct2 bool) bt.Key {
	return convert(ltk, ct2, TMP1, LEBR)
}

// LTKFromLinkKey derives the LTK of a device with which we share the BR/EDR link
// key. ct2 says whether both devices set CT2 in AuthReq (Core Vol 3, Part H,
// 2.4.2.5).
func LTKFromLinkKey(linkKey bt.Key, ct2 bool) bt.Key {
	return convert(linkKey, ct2, TMP2, BRLE)
}

func convert(key bt.Key, ct2 bool, intermediate, final KeyID) bt.Key {
	if !ct2 {
		return H6(H6(key, intermediate), final)
	}
	var salt [16]byte
	binary.BigEndian.PutUint32(salt[12:], uint32(intermediate))
	return H6(H7(salt, key), final)
}

// D1 diversifies a root key: it makes an LTK, an IRK or a CSRK from one stored
// secret, the diversifier d that tells them apart, and r, which is 0 unless keys
// of one d have to differ (Core Vol 3, Part H, Appendix B).
func D1(k bt.Key, d, r uint16) bt.Key {
	var block [16]byte
	binary.BigEndian.PutUint16(block[12:], r)
	binary.BigEndian.PutUint16(block[14:], d)
	return bt.Key(E(k, block))
}
