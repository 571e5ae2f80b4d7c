package toolbox

import "blesmp/bt"

// C1 computes the confirm value of LE legacy pairing from the TK, the random
// number that it commits to, the features that were exchanged, and the addresses
// of the link. preq and pres are the Pairing Request and the Pairing Response as
// they were sent: seven octets, the code first. initiator and responder are the
// addresses on the air when the link was made, of which only the lowest bit of
// the type counts. The two sides give the same arguments but for r (Core Vol 3,
// Part H, 2.2.3).
func C1(tk bt.Key, r [16]byte, preq, pres [7]byte, initiator, responder bt.TypedAddress) [16]byte {
	return NewCipher(tk).C1(r, preq, pres, initiator, responder)
}

// C1 is the function C1 with the cipher's key as TK.
func (c Cipher) C1(r [16]byte, preq, pres [7]byte, initiator, responder bt.TypedAddress) [16]byte {
	var p1, p2 [16]byte
	for i := range preq {
		p1[6-i] = pres[i]
		p1[13-i] = preq[i]
	}
	p1[14] = typeOctet(responder)
	p1[15] = typeOctet(initiator)
	copy(p2[4:10], initiator.Address[:])
	copy(p2[10:16], responder.Address[:])

	chain := c.chain()
	chain.state = xor(r, p1)
	chain.encrypt()
	chain.state = xor(chain.state, p2)
	chain.encrypt()
	return chain.release()
}

// S1 computes the STK of LE legacy pairing from the TK and the random numbers of
// the responder, which comes first, and the initiator. Only the eight least
// significant octets of each enter (Core Vol 3, Part H, 2.2.4).
func S1(tk bt.Key, responder, initiator [16]byte) bt.Key {
	return NewCipher(tk).S1(responder, initiator)
}

// S1 is the function S1 with the cipher's key as TK.
func (c Cipher) S1(responder, initiator [16]byte) bt.Key {
	var r [16]byte
	copy(r[:8], responder[8:])
	copy(r[8:], initiator[8:])
	return c.encrypt(r)
}

// typeOctet is an address type as the functions take it: seven zero bits, and
// one that is set for a random address.
func typeOctet(a bt.TypedAddress) byte { return byte(a.Type) & 1 }
