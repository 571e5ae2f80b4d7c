package virtual

import (
	"encoding/binary"

	"blesmp/bt"
)

// Logical link identifiers: the two low bits of a data channel PDU's header
// (Core Vol 6, Part B, 2.4).
const (
	llidContinue = 0b01 // the continuation of an L2CAP message
	llidStart    = 0b10 // the start of an L2CAP message, or all of it
	llidControl  = 0b11
)

// Bits of a data channel PDU's header (Core Vol 6, Part B, 2.4).
const (
	headerLLID          = 0x03
	headerNESN          = 0x04
	headerSN            = 0x08
	headerAuthenticated = 0xe3 // all but NESN, SN and MD
	headerSize          = 2    // octets: the bits and the length
)

// Link layer control PDUs (Core Vol 6, Part B, 2.4.2).
const (
	opConnectionUpdateInd  = 0x00
	opTerminateInd         = 0x02
	opEncReq               = 0x03
	opEncRsp               = 0x04
	opStartEncReq          = 0x05
	opStartEncRsp          = 0x06
	opUnknownRsp           = 0x07
	opFeatureReq           = 0x08
	opFeatureRsp           = 0x09
	opPauseEncReq          = 0x0a
	opPauseEncRsp          = 0x0b
	opVersionInd           = 0x0c
	opRejectInd            = 0x0d
	opPeripheralFeatureReq = 0x0e
	opRejectExtInd         = 0x11
	opLengthReq            = 0x14
	opLengthRsp            = 0x15
)

// controlSizes are the octets of the control PDUs that this link layer takes,
// the opcode included. Any other length makes a PDU invalid; it is dropped.
var controlSizes = map[byte]int{
	opConnectionUpdateInd:  12,
	opTerminateInd:         2,
	opEncReq:               23,
	opEncRsp:               13,
	opStartEncReq:          1,
	opStartEncRsp:          1,
	opUnknownRsp:           2,
	opFeatureReq:           9,
	opFeatureRsp:           9,
	opPauseEncReq:          1,
	opPauseEncRsp:          1,
	opVersionInd:           6,
	opRejectInd:            2,
	opPeripheralFeatureReq: 9,
	opRejectExtInd:         3,
	opLengthReq:            9,
	opLengthRsp:            9,
}

// maxControlOctets holds each of them: LL_ENC_REQ is the longest.
const maxControlOctets = 23

// encReq is LL_ENC_REQ (Core Vol 6, Part B, 2.4.2.4).
type encReq struct {
	rand uint64
	ediv uint16
	skd  uint64
	iv   uint32
}

func (r encReq) append(b []byte) []byte {
	b = append(b, opEncReq)
	b = binary.LittleEndian.AppendUint64(b, r.rand)
	b = binary.LittleEndian.AppendUint16(b, r.ediv)
	b = binary.LittleEndian.AppendUint64(b, r.skd)
	return binary.LittleEndian.AppendUint32(b, r.iv)
}

// parseEncReq takes a PDU of the right length, opcode first.
func parseEncReq(b []byte) encReq {
	return encReq{
		rand: binary.LittleEndian.Uint64(b[1:]),
		ediv: binary.LittleEndian.Uint16(b[9:]),
		skd:  binary.LittleEndian.Uint64(b[11:]),
		iv:   binary.LittleEndian.Uint32(b[19:]),
	}
}

// encRsp is LL_ENC_RSP (Core Vol 6, Part B, 2.4.2.5).
type encRsp struct {
	skd uint64
	iv  uint32
}

func (r encRsp) append(b []byte) []byte {
	b = append(b, opEncRsp)
	b = binary.LittleEndian.AppendUint64(b, r.skd)
	return binary.LittleEndian.AppendUint32(b, r.iv)
}

// parseEncRsp takes a PDU of the right length, opcode first.
func parseEncRsp(b []byte) encRsp {
	return encRsp{skd: binary.LittleEndian.Uint64(b[1:]), iv: binary.LittleEndian.Uint32(b[9:])}
}

// dataLength is what LL_LENGTH_REQ and LL_LENGTH_RSP carry: the octets of
// payload, and the microseconds, that a device takes and sends (Core Vol 6,
// Part B, 2.4.2.21).
type dataLength struct {
	maxRxOctets, maxRxTime, maxTxOctets, maxTxTime uint16
}

func (l dataLength) append(b []byte, opcode byte) []byte {
	b = append(b, opcode)
	for _, v := range [...]uint16{l.maxRxOctets, l.maxRxTime, l.maxTxOctets, l.maxTxTime} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

// parseDataLength takes a PDU of the right length, opcode first.
func parseDataLength(b []byte) dataLength {
	return dataLength{
		maxRxOctets: binary.LittleEndian.Uint16(b[1:]),
		maxRxTime:   binary.LittleEndian.Uint16(b[3:]),
		maxTxOctets: binary.LittleEndian.Uint16(b[5:]),
		maxTxTime:   binary.LittleEndian.Uint16(b[7:]),
	}
}

// Advertising channel PDUs: the four low bits of the header (Core Vol 6, Part
// B, 2.3).
const (
	pduAdvInd        = 0x0
	pduAdvDirectInd  = 0x1
	pduAdvNonconnInd = 0x2
	pduScanReq       = 0x3
	pduScanRsp       = 0x4
	pduConnectInd    = 0x5
	pduAdvScanInd    = 0x6
)

// advertisingAccessAddress is the one of all advertising channel PDUs (Core
// Vol 6, Part B, 2.1.2).
const advertisingAccessAddress = 0x8e89bed6

// crcInit is what the CRC of every packet starts from, on the links as on the
// advertising channels (Core Vol 6, Part B, 3.1.1).
const crcInit = 0x555555

// advertisingPDU gives an advertising channel PDU: its header with the types of
// the addresses in TxAdd and RxAdd, the sender's address, the receiver's where
// the PDU has one, and the rest of the payload.
func advertisingPDU(kind byte, sender bt.TypedAddress, receiver *bt.TypedAddress, rest []byte) []byte {
	header := kind
	if sender.Type == bt.RandomAddress {
		header |= 1 << 6
	}
	pdu := appendAddress([]byte{header, 0}, sender.Address)
	if receiver != nil {
		if receiver.Type == bt.RandomAddress {
			pdu[0] |= 1 << 7
		}
		pdu = appendAddress(pdu, receiver.Address)
	}
	pdu = append(pdu, rest...)
	pdu[1] = byte(len(pdu) - headerSize)
	return pdu
}

// appendAddress appends an address least significant octet first.
func appendAddress(b []byte, a bt.Address) []byte {
	for i := len(a) - 1; i >= 0; i-- {
		b = append(b, a[i])
	}
	return b
}
