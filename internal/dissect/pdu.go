package dissect

import (
	"encoding/hex"
	"fmt"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
)

// PDU gives the name of an SMP PDU and its fields as text. Keys and values that
// could give one away show only with showKeys.
func PDU(pdu []byte, showKeys bool) (name, details string) {
	if len(pdu) == 0 {
		return "empty PDU", ""
	}
	name = words(smp.PDUCode(pdu[0]).String())
	if pdu[0] == 0 || smp.PDUCode(pdu[0]) > smp.CodeKeypressNotification {
		return fmt.Sprintf("reserved code 0x%02x", pdu[0]), ""
	}
	details, err := fields(pdu, showKeys)
	if err != nil {
		return name, "malformed: " + err.Error()
	}
	return name, details
}

// fields decodes by the generated codecs.
func fields(pdu []byte, showKeys bool) (string, error) {
	key := func(k bt.Key) string {
		if showKeys {
			return k.Reveal()
		}
		return k.String()
	}
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
		return value(x.Value), err
	case smp.CodePairingRandom:
		var x smp.PairingRandom
		err := x.Unmarshal(pdu)
		return value(x.Value), err
	case smp.CodePairingFailed:
		var x smp.PairingFailed
		err := x.Unmarshal(pdu)
		return fmt.Sprintf("%s (0x%02x)", x.Reason.String(), uint8(x.Reason)), err
	case smp.CodeEncryptionInformation:
		var x smp.EncryptionInformation
		err := x.Unmarshal(pdu)
		return "LTK " + key(x.LTK), err
	case smp.CodeCentralIdentification:
		var x smp.CentralIdentification
		err := x.Unmarshal(pdu)
		return fmt.Sprintf("EDIV 0x%04x, Rand 0x%016x", x.EDIV, x.Rand), err
	case smp.CodeIdentityInformation:
		var x smp.IdentityInformation
		err := x.Unmarshal(pdu)
		return "IRK " + key(x.IRK), err
	case smp.CodeIdentityAddressInformation:
		var x smp.IdentityAddressInformation
		err := x.Unmarshal(pdu)
		return bt.TypedAddress{Type: x.AddressType, Address: x.Address}.String(), err
	case smp.CodeSigningInformation:
		var x smp.SigningInformation
		err := x.Unmarshal(pdu)
		return "CSRK " + key(x.CSRK), err
	case smp.CodeSecurityRequest:
		var x smp.SecurityRequest
		err := x.Unmarshal(pdu)
		return x.AuthReq.String(), err
	case smp.CodePublicKey:
		var x smp.PublicKey
		err := x.Unmarshal(pdu)
		return "X " + hex.EncodeToString(x.X[:]) + ", Y " + hex.EncodeToString(x.Y[:]), err
	case smp.CodeDHKeyCheck:
		var x smp.DHKeyCheck
		err := x.Unmarshal(pdu)
		return value(x.Value), err
	case smp.CodeKeypressNotification:
		var x smp.KeypressNotification
		err := x.Unmarshal(pdu)
		return x.Type.String(), err
	}
	return "", nil
}

func features(x smp.PairingRequest) string {
	return fmt.Sprintf("%v, OOB data %v, AuthReq %v, key size %d, initiator keys %v, responder keys %v",
		x.IOCapability, x.OOBDataFlag, x.AuthReq, x.MaxKeySize, x.InitiatorKeyDistribution, x.ResponderKeyDistribution)
}

func value(v [16]byte) string { return hex.EncodeToString(v[:]) }

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
