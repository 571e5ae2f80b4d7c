package replay

import (
	"encoding/binary"

	"blesmp/bt"
	"blesmp/smp"
)

// random gives the procedure the octets that it drew in the record: keys where
// encryption has just begun, else the nonce of a confirm value.
func (p *play) random(b []byte) {
	if !p.drawing {
		nonce := p.nonce()
		copy(b, nonce[:])
		return
	}
	p.drawn++
	switch p.drawn {
	case 1:
		ltk := p.ownKey(smp.CodeEncryptionInformation, p.expected().ltk)
		copy(b, ltk[:])
	case 2:
		ediv, _ := p.ownNumbers()
		copy(b, binary.BigEndian.AppendUint16(nil, ediv))
	case 3:
		_, rand := p.ownNumbers()
		copy(b, binary.BigEndian.AppendUint64(nil, rand))
	case 4:
		csrk := p.ownKey(smp.CodeSigningInformation, p.expected().csrk)
		copy(b, csrk[:])
	}
}

// ownNumbers gives the EDIV and Rand that our side distributes.
func (p *play) ownNumbers() (ediv uint16, rand uint64) {
	var pdu smp.CentralIdentification
	if s := p.ownPDU(smp.CodeCentralIdentification); s != nil {
		_ = pdu.Unmarshal(s.PDU) // a malformed one leaves zeros, and is found when it is due
	}
	if p.count(smp.CodeCentralIdentification) > 1 {
		return pdu.EDIV, pdu.Rand
	}
	return valueOr(p.expected().ediv, pdu.EDIV), valueOr(p.expected().rand, pdu.Rand)
}

// nonce gives the nonce that the next Pairing Random of our side opens. Where
// the pairing ends before one, nobody knows it, unless the transcript says it.
func (p *play) nonce() (nonce [16]byte) {
	p.nonceKnown = true
	for i := max(p.at, p.nextNonce); i < len(p.t.Steps); i++ {
		s := &p.t.Steps[i]
		if s.carries(smp.CodePairingFailed) || s.carries(smp.CodePairingRequest) && i > p.at {
			break
		}
		if s.At == p.role && s.carries(smp.CodePairingRandom) && len(s.PDU) == 1+len(bt.Key{}) {
			p.nextNonce = i + 1
			return keyOf(s.PDU)
		}
	}
	p.nonceKnown = p.own().random != nil
	return valueOr(p.own().random, nonce)
}

// encryptionNumbers gives the Rand and EDIV of LE Enable Encryption.
func encryptionNumbers(params []byte) (rand uint64, ediv uint16) {
	return binary.LittleEndian.Uint64(params[2:]), binary.LittleEndian.Uint16(params[10:])
}
