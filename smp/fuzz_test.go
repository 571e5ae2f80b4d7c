package smp_test

import (
	"bytes"
	"testing"

	"blesmp/smp"
)

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
