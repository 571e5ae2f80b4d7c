package dissect

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
)

// PDU gives the name of an SMP PDU and its fields as text. Keys and values that
// could give one away show only with showKeys.
func PDU(pdu []byte, showKeys bool) (name, text string) {
	name, fields, err := read(pdu, showKeys)
	if err != nil {
		return name, "malformed: " + err.Error()
	}
	return name, details(fields)
}

var errEmpty = errors.New("no code octet")

// read gives a PDU's name and fields. The error says what is malformed; a
// reserved code is no error.
func read(pdu []byte, showKeys bool) (string, []Field, error) {
	if len(pdu) == 0 {
		return "empty PDU", nil, errEmpty
	}
	if pdu[0] == 0 || smp.PDUCode(pdu[0]) > smp.CodeKeypressNotification {
		return fmt.Sprintf("reserved code 0x%02x", pdu[0]), nil, nil
	}
	name := words(smp.PDUCode(pdu[0]).String())
	fields, err := fieldsOf(pdu, showKeys)
	if err != nil {
		return name, nil, err
	}
	return name, fields, nil
}

// fieldsOf decodes by the generated codecs.
func fieldsOf(pdu []byte, showKeys bool) ([]Field, error) {
	key := func(name string, k bt.Key) []Field { return []Field{{Name: name, Value: showKey(k, showKeys)}} }
	switch smp.PDUCode(pdu[0]) {
	case smp.CodePairingRequest:
		var x smp.PairingRequest
		err := x.Unmarshal(pdu)
		return features(x), err
	case smp.CodePairingResponse:
		var x smp.PairingResponse
		err := x.Unmarshal(pdu)
		return features(smp.PairingRequest(x)), err
	case smp.CodePairingConfirm:
		var x smp.PairingConfirm
		err := x.Unmarshal(pdu)
		return bare("confirm", value(x.Value)), err
	case smp.CodePairingRandom:
		var x smp.PairingRandom
		err := x.Unmarshal(pdu)
		return bare("random", value(x.Value)), err
	case smp.CodePairingFailed:
		var x smp.PairingFailed
		err := x.Unmarshal(pdu)
		return bare("reason", reason(x.Reason)), err
	case smp.CodeEncryptionInformation:
		var x smp.EncryptionInformation
		err := x.Unmarshal(pdu)
		return key("LTK", x.LTK), err
	case smp.CodeCentralIdentification:
		var x smp.CentralIdentification
		err := x.Unmarshal(pdu)
		return identifiers(x.EDIV, x.Rand), err
	case smp.CodeIdentityInformation:
		var x smp.IdentityInformation
		err := x.Unmarshal(pdu)
		return key("IRK", x.IRK), err
	case smp.CodeIdentityAddressInformation:
		var x smp.IdentityAddressInformation
		err := x.Unmarshal(pdu)
		return bare("address", bt.TypedAddress{Type: x.AddressType, Address: x.Address}.String()), err
	case smp.CodeSigningInformation:
		var x smp.SigningInformation
		err := x.Unmarshal(pdu)
		return key("CSRK", x.CSRK), err
	case smp.CodeSecurityRequest:
		var x smp.SecurityRequest
		err := x.Unmarshal(pdu)
		return bare("AuthReq", x.AuthReq.String()), err
	case smp.CodePublicKey:
		var x smp.PublicKey
		err := x.Unmarshal(pdu)
		return []Field{{Name: "X", Value: hex.EncodeToString(x.X[:])}, {Name: "Y", Value: hex.EncodeToString(x.Y[:])}}, err
	case smp.CodeDHKeyCheck:
		var x smp.DHKeyCheck
		err := x.Unmarshal(pdu)
		return bare("check", value(x.Value)), err
	case smp.CodeKeypressNotification:
		var x smp.KeypressNotification
		err := x.Unmarshal(pdu)
		return bare("type", x.Type.String()), err
	}
	return nil, nil
}

// bare makes one field whose name goes without saying.
func bare(name, value string) []Field { return []Field{{Name: name, Value: value, bare: true}} }

func features(x smp.PairingRequest) []Field {
	return []Field{
		{Name: "IO capability", Value: x.IOCapability.String(), bare: true},
		{Name: "OOB data", Value: x.OOBDataFlag.String()},
		{Name: "AuthReq", Value: x.AuthReq.String()},
		{Name: "key size", Value: fmt.Sprint(x.MaxKeySize)},
		{Name: "initiator keys", Value: keyNames(x.InitiatorKeyDistribution)},
		{Name: "responder keys", Value: keyNames(x.ResponderKeyDistribution)},
	}
}

// keyNames says none where none is set.
func keyNames(k smp.KeyDistribution) string {
	if k == 0 {
		return "none"
	}
	return k.String()
}

func reason(r smp.Reason) string { return fmt.Sprintf("%s (0x%02x)", r.String(), uint8(r)) }

func value(v [16]byte) string { return hex.EncodeToString(v[:]) }

// sender gives the only side that may send a PDU, if there is one.
func sender(pdu []byte) Side {
	if len(pdu) == 0 {
		return NoSide
	}
	switch smp.PDUCode(pdu[0]) {
	case smp.CodePairingRequest:
		return CentralSide
	case smp.CodePairingResponse, smp.CodeSecurityRequest:
		return PeripheralSide
	}
	return NoSide
}

// words puts spaces into a name: PairingRequest is Pairing Request.
func words(name string) string {
	switch name {
	case "PublicKey", "DHKeyCheck", "KeypressNotification":
		name = "Pairing" + name
	}
	var b strings.Builder
	for i, r := range name {
		upper := r >= 'A' && r <= 'Z'
		if i > 0 && upper && (name[i-1] >= 'a' || i+1 < len(name) && name[i+1] >= 'a' && name[i-1] < 'a') {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.NewReplacer("DHKey", "DHKey", "DH Key", "DHKey").Replace(b.String())
}
