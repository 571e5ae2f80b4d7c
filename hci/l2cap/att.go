package l2cap

import "encoding/binary"

// DefaultATTMTU is the MTU of ATT on LE before any exchange, in octets, and the
// one that AnswerATT keeps to (Core Vol 3, Part G, 5.2.1).
const DefaultATTMTU = 23

// The ATT opcodes with a meaning for a server without attributes (Core Vol 3,
// Part F, 3.4.8).
const (
	attErrorResponse            = 0x01
	attExchangeMTURequest       = 0x02
	attExchangeMTUResponse      = 0x03
	attFindInformationRequest   = 0x04
	attFindByTypeValueRequest   = 0x06
	attReadByTypeRequest        = 0x08
	attReadRequest              = 0x0a
	attReadBlobRequest          = 0x0c
	attReadMultipleRequest      = 0x0e
	attReadByGroupTypeRequest   = 0x10
	attWriteRequest             = 0x12
	attPrepareWriteRequest      = 0x16
	attExecuteWriteRequest      = 0x18
	attExecuteWriteResponse     = 0x19
	attHandleValueNotification  = 0x1b
	attHandleValueIndication    = 0x1d
	attHandleValueConfirmation  = 0x1e
	attReadMultipleVariable     = 0x20
	attMultipleNotification     = 0x23
	attCommandFlag              = 0x40
	attInvalidHandle            = 0x01
	attInvalidPDU               = 0x04
	attRequestNotSupported      = 0x06
	attAttributeNotFound        = 0x0a
	attUUID16Size, attUUID128   = 2, 16
	attHandleSize, attRangeSize = 2, 4
)

// AnswerATT is an ATT server without attributes: it appends to dst the answer to
// one PDU, which may be none. An MTU exchange is answered with DefaultATTMTU, a
// search with Attribute Not Found, access to a handle with Invalid Handle, an
// indication with its confirmation, and what is unknown with Request Not
// Supported. Commands, notifications and responses have no answer.
//
// Core Vol 3, Part F, 3.4.
func AnswerATT(dst, pdu []byte) []byte {
	if len(pdu) == 0 || pdu[0]&attCommandFlag != 0 {
		return dst
	}
	opcode, parameters := pdu[0], pdu[1:]
	switch opcode {
	case attExchangeMTURequest:
		if len(parameters) != 2 {
			return appendATTError(dst, opcode, 0, attInvalidPDU)
		}
		return append(dst, attExchangeMTUResponse, DefaultATTMTU, 0)

	case attFindInformationRequest:
		return answerSearch(dst, pdu, len(parameters) == attRangeSize)
	case attFindByTypeValueRequest:
		return answerSearch(dst, pdu, len(parameters) >= attRangeSize+attUUID16Size)
	case attReadByTypeRequest, attReadByGroupTypeRequest:
		uuid := len(parameters) - attRangeSize
		return answerSearch(dst, pdu, uuid == attUUID16Size || uuid == attUUID128)

	case attReadRequest:
		return answerAccess(dst, pdu, len(parameters) == attHandleSize)
	case attReadBlobRequest:
		return answerAccess(dst, pdu, len(parameters) == attHandleSize+2)
	case attReadMultipleRequest, attReadMultipleVariable:
		return answerAccess(dst, pdu, len(parameters) >= 2*attHandleSize && len(parameters)%attHandleSize == 0)
	case attWriteRequest:
		return answerAccess(dst, pdu, len(parameters) >= attHandleSize)
	case attPrepareWriteRequest:
		return answerAccess(dst, pdu, len(parameters) >= attHandleSize+2)

	case attExecuteWriteRequest:
		if len(parameters) != 1 || parameters[0] > 1 {
			return appendATTError(dst, opcode, 0, attInvalidPDU)
		}
		return append(dst, attExecuteWriteResponse) // nothing was ever prepared

	case attHandleValueIndication:
		if len(parameters) < attHandleSize {
			return dst
		}
		return append(dst, attHandleValueConfirmation)
	case attHandleValueNotification, attHandleValueConfirmation, attMultipleNotification:
		return dst
	}
	if opcode%2 == 1 && opcode <= attExecuteWriteResponse || opcode == attReadMultipleVariable+1 {
		return dst // a response to a request that was not made
	}
	return appendATTError(dst, opcode, 0, attRequestNotSupported)
}

// answerSearch answers a request that starts with a range of handles.
func answerSearch(dst, pdu []byte, formed bool) []byte {
	if !formed {
		return appendATTError(dst, pdu[0], 0, attInvalidPDU)
	}
	start, end := binary.LittleEndian.Uint16(pdu[1:]), binary.LittleEndian.Uint16(pdu[3:])
	if start == 0 || start > end {
		return appendATTError(dst, pdu[0], start, attInvalidHandle)
	}
	return appendATTError(dst, pdu[0], start, attAttributeNotFound)
}

// answerAccess answers a request that starts with one handle.
func answerAccess(dst, pdu []byte, formed bool) []byte {
	if !formed {
		return appendATTError(dst, pdu[0], 0, attInvalidPDU)
	}
	return appendATTError(dst, pdu[0], binary.LittleEndian.Uint16(pdu[1:]), attInvalidHandle)
}

// appendATTError appends an Error Response (Core Vol 3, Part F, 3.4.1.1).
func appendATTError(dst []byte, request byte, handle uint16, code byte) []byte {
	dst = append(dst, attErrorResponse, request)
	dst = binary.LittleEndian.AppendUint16(dst, handle)
	return append(dst, code)
}
