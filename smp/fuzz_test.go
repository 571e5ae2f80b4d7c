package smp_test

import (
	"bytes"
	"testing"

	"blesmp/smp"
)

// codec is what every PDU is.
type codec interface {
	AppendTo(b []byte) []byte
	Unmarshal(b []byte) error
}

// codecs make an empty PDU, by code.
var codecs = map[smp.PDUCode]func() codec{
	smp.CodePairingRequest:             func() codec { return new(smp.PairingRequest) },
	smp.CodePairingResponse:            func() codec { return new(smp.PairingResponse) },
	smp.CodePairingConfirm:             func() codec { return new(smp.PairingConfirm) },
	smp.CodePairingRandom:              func() codec { return new(smp.PairingRandom) },
	smp.CodePairingFailed:              func() codec { return new(smp.PairingFailed) },
	smp.CodeEncryptionInformation:      func() codec { return new(smp.EncryptionInformation) },
	smp.CodeCentralIdentification:      func() codec { return new(smp.CentralIdentification) },
	smp.CodeIdentityInformation:        func() codec { return new(smp.IdentityInformation) },
	smp.CodeIdentityAddressInformation: func() codec { return new(smp.IdentityAddressInformation) },
	smp.CodeSigningInformation:         func() codec { return new(smp.SigningInformation) },
	smp.CodeSecurityRequest:            func() codec { return new(smp.SecurityRequest) },
	smp.CodePublicKey:                  func() codec { return new(smp.PublicKey) },
	smp.CodeDHKeyCheck:                 func() codec { return new(smp.DHKeyCheck) },
	smp.CodeKeypressNotification:       func() codec { return new(smp.KeypressNotification) },
}

// FuzzPDU reads octets as the PDU that their code names. What is accepted is
// written as it was; the other PDUs refuse it.
func FuzzPDU(f *testing.F) {
	for _, pdu := range examples {
		f.Add(pdu)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		for code, empty := range codecs {
			v := empty()
			err := v.Unmarshal(octets)
			named := len(octets) > 0 && smp.PDUCode(octets[0]) == code
			switch {
			case err == nil && !named:
				t.Errorf("% x was taken for a %v", octets, code)
			case err == nil:
				if again := v.AppendTo(nil); !bytes.Equal(again, octets) {
					t.Errorf("read and written again:\n got % x\nwant % x", again, octets)
				}
			}
		}
	})
}
