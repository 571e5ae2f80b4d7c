package smp_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
)

// The numbers, sizes and places of Core Vol 3, Part H, 3.3 to 3.6, written here a
// second time: the codecs are generated from the specification's file, and what
// is wrong there is wrong at both ends of every pairing that a test plays. `smp
// mutate` builds this file without the others of the package.

// numbers compares values of one kind with their numbers.
func numbers[T ~uint8](t *testing.T, want map[T]uint8) {
	t.Helper()
	for value, number := range want {
		if uint8(value) != number {
			t.Errorf("%T %v is 0x%02x, want 0x%02x", value, value, uint8(value), number)
		}
	}
}

func TestNumbers(t *testing.T) {
	numbers(t, map[smp.PDUCode]uint8{ // 3.3
		smp.CodePairingRequest: 0x01, smp.CodePairingResponse: 0x02, smp.CodePairingConfirm: 0x03, smp.CodePairingRandom: 0x04,
		smp.CodePairingFailed: 0x05, smp.CodeEncryptionInformation: 0x06, smp.CodeCentralIdentification: 0x07,
		smp.CodeIdentityInformation: 0x08, smp.CodeIdentityAddressInformation: 0x09, smp.CodeSigningInformation: 0x0a,
		smp.CodeSecurityRequest: 0x0b, smp.CodePublicKey: 0x0c, smp.CodeDHKeyCheck: 0x0d, smp.CodeKeypressNotification: 0x0e,
	})
	numbers(t, map[smp.IOCapability]uint8{ // 3.5.1
		smp.DisplayOnly: 0, smp.DisplayYesNo: 1, smp.KeyboardOnly: 2, smp.NoInputNoOutput: 3, smp.KeyboardDisplay: 4,
	})
	numbers(t, map[smp.OOBDataFlag]uint8{smp.OOBDataAbsent: 0, smp.OOBDataPresent: 1}) // 3.5.1
	numbers(t, map[smp.AuthReq]uint8{                                                  // 3.5.1
		smp.AuthReqBonding: 0b11, smp.AuthReqMITM: 1 << 2, smp.AuthReqSC: 1 << 3, smp.AuthReqKeypress: 1 << 4, smp.AuthReqCT2: 1 << 5,
	})
	numbers(t, map[smp.KeyDistribution]uint8{ // 3.6.1
		smp.KeyDistributionEncKey: 1, smp.KeyDistributionIdKey: 1 << 1, smp.KeyDistributionSignKey: 1 << 2, smp.KeyDistributionLinkKey: 1 << 3,
	})
	numbers(t, map[smp.Reason]uint8{ // 3.5.5
		smp.PasskeyEntryFailed: 0x01, smp.OOBNotAvailable: 0x02, smp.AuthenticationRequirements: 0x03, smp.ConfirmValueFailed: 0x04,
		smp.PairingNotSupported: 0x05, smp.EncryptionKeySize: 0x06, smp.CommandNotSupported: 0x07, smp.UnspecifiedReason: 0x08,
		smp.RepeatedAttempts: 0x09, smp.InvalidParameters: 0x0a, smp.DHKeyCheckFailed: 0x0b, smp.NumericComparisonFailed: 0x0c,
		smp.BREDRPairingInProgress: 0x0d, smp.CrossTransportKeyDerivationNotAllowed: 0x0e, smp.KeyRejected: 0x0f, smp.Busy: 0x10,
	})
	numbers(t, map[smp.KeypressType]uint8{ // 3.5.8
		smp.PasskeyEntryStarted: 0, smp.PasskeyDigitEntered: 1, smp.PasskeyDigitErased: 2, smp.PasskeyCleared: 3, smp.PasskeyEntryCompleted: 4,
	})
}

// TestNumbers_kept are numbers that the standard does not give. Bonds keep the
// model, and programs may keep the others: they stay as they are.
func TestNumbers_kept(t *testing.T) {
	numbers(t, map[smp.AssociationModel]uint8{
		smp.JustWorks: 0, smp.InitiatorTypes: 1, smp.ResponderTypes: 2, smp.BothType: 3, smp.NumericComparison: 4, smp.OutOfBand: 5,
	})
	numbers(t, map[smp.Refusal]uint8{
		smp.ProcedureRunning: 1, smp.WaitingInterval: 2, smp.NoStoredKey: 3, smp.NotPairing: 4, smp.KeypressNotAgreed: 5,
		smp.PastCancelling: 6, smp.LinkTimedOut: 7, smp.LinkClosed: 8,
	})
	numbers(t, map[smp.Cause]uint8{smp.ByPeer: 1, smp.ByUser: 2, smp.LinkLost: 3, smp.EncryptionLost: 4, smp.KeyMissing: 5})
}

// TestTimer is Core Vol 3, Part H, 3.4.
func TestTimer(t *testing.T) {
	if got := smp.TimerProcedure.Duration(); got != 30*time.Second {
		t.Errorf("the procedure's timer runs for %v, want 30s", got)
	}
}

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

// ascending is a number of so many octets, 0x01 in the most significant one. On
// the air it begins with the last of them.
func ascending[T ~[16]byte | ~[32]byte]() (v T) {
	for i := range len(v) {
		v[i] = byte(i + 1)
	}
	return v
}

func TestLayout(t *testing.T) {
	const down16 = "10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01"
	const down32 = "20 1f 1e 1d 1c 1b 1a 19 18 17 16 15 14 13 12 11 " + down16
	key := ascending[bt.Key]()
	for _, test := range []struct {
		pdu    codec
		octets string
	}{
		{&smp.PairingRequest{
			IOCapability: smp.KeyboardOnly, OOBDataFlag: smp.OOBDataPresent, AuthReq: 0xff, MaxKeySize: 9,
			InitiatorKeyDistribution: 0xf5, ResponderKeyDistribution: 0xf3,
		}, "01 02 01 ff 09 f5 f3"},
		{&smp.PairingResponse{
			IOCapability: smp.NoInputNoOutput, OOBDataFlag: smp.OOBDataPresent, AuthReq: 0xc8, MaxKeySize: 16,
			InitiatorKeyDistribution: 0xf5, ResponderKeyDistribution: 0xf3,
		}, "02 03 01 c8 10 f5 f3"},
		{&smp.PairingConfirm{Value: key}, "03 " + down16},
		{&smp.PairingRandom{Value: key}, "04 " + down16},
		{&smp.PairingFailed{Reason: 0x42}, "05 42"},
		{&smp.EncryptionInformation{LTK: key}, "06 " + down16},
		{&smp.CentralIdentification{EDIV: 0x0102, Rand: 0x1112131415161718}, "07 02 01 18 17 16 15 14 13 12 11"},
		{&smp.IdentityInformation{IRK: key}, "08 " + down16},
		{
			&smp.IdentityAddressInformation{AddressType: bt.RandomAddress, Address: bt.Address{0xc1, 2, 3, 4, 5, 6}},
			"09 01 06 05 04 03 02 c1",
		},
		{&smp.SigningInformation{CSRK: key}, "0a " + down16},
		{&smp.SecurityRequest{AuthReq: 0xcd}, "0b cd"},
		{
			&smp.PublicKey{X: ascending[[32]byte](), Y: [32]byte{31: 0x77}},
			"0c " + down32 + " 77" + strings.Repeat(" 00", 31),
		},
		{&smp.DHKeyCheck{Value: key}, "0d " + down16},
		{&smp.KeypressNotification{Type: smp.PasskeyEntryCompleted}, "0e 04"},
	} {
		want := strings.ReplaceAll(test.octets, " ", "")
		if diff := cmp.Diff(want, hex.EncodeToString(test.pdu.AppendTo(nil))); diff != "" {
			t.Errorf("%T (-want +got):\n%s", test.pdu, diff)
		}
		octets, err := hex.DecodeString(want)
		if err != nil {
			t.Fatal(err)
		}
		got := codecs[smp.PDUCode(octets[0])]()
		if err := got.Unmarshal(octets); err != nil {
			t.Errorf("%T: %v", got, err)
		}
		if diff := cmp.Diff(test.pdu, got); diff != "" {
			t.Errorf("%T read (-want +got):\n%s", test.pdu, diff)
		}
	}
}

// TestValues reads every value of the octets that may not have every value. A
// wrong one is answered with Invalid Parameters (Core Vol 3, Part H, 3.5.5).
func TestValues(t *testing.T) {
	features := []byte{0, 0, 0, 0, 7, 0, 0}
	for _, test := range []struct {
		name      string
		code      smp.PDUCode
		octets    []byte // with any code
		at        int
		low, high int
	}{
		{"IOCapability", smp.CodePairingRequest, features, 1, 0, 4},
		{"OOBDataFlag", smp.CodePairingRequest, features, 2, 0, 1},
		{"AuthReq", smp.CodePairingRequest, features, 3, 0, 255},
		{"MaxKeySize", smp.CodePairingRequest, features, 4, 7, 16},
		{"InitiatorKeyDistribution", smp.CodePairingRequest, features, 5, 0, 255},
		{"ResponderKeyDistribution", smp.CodePairingRequest, features, 6, 0, 255},
		{"IOCapability", smp.CodePairingResponse, features, 1, 0, 4},
		{"OOBDataFlag", smp.CodePairingResponse, features, 2, 0, 1},
		{"AuthReq", smp.CodePairingResponse, features, 3, 0, 255},
		{"MaxKeySize", smp.CodePairingResponse, features, 4, 7, 16},
		{"InitiatorKeyDistribution", smp.CodePairingResponse, features, 5, 0, 255},
		{"ResponderKeyDistribution", smp.CodePairingResponse, features, 6, 0, 255},
		{"Reason", smp.CodePairingFailed, make([]byte, 2), 1, 0, 255},
		{"AddressType", smp.CodeIdentityAddressInformation, make([]byte, 8), 1, 0, 1},
		{"AuthReq", smp.CodeSecurityRequest, make([]byte, 2), 1, 0, 255},
		{"Type", smp.CodeKeypressNotification, make([]byte, 2), 1, 0, 4},
	} {
		octets := append([]byte{byte(test.code)}, test.octets[1:]...)
		pdu := codecs[test.code]()
		for value := range 256 {
			octets[test.at] = byte(value)
			err := pdu.Unmarshal(octets)
			if value >= test.low && value <= test.high {
				if err != nil {
					t.Errorf("%v with %s %d: %v", test.code, test.name, value, err)
				}
				continue
			}
			wrong, ok := errors.AsType[*table.FormatError](err)
			if !ok || wrong.Field != test.name || wrong.Answer != uint8(smp.InvalidParameters) {
				t.Errorf("%v with %s %d: %#v, want it answered with invalid parameters", test.code, test.name, value, err)
			}
		}
	}
}
