package smp_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/smp"
)

func TestLevelOfFeatures(t *testing.T) {
	const mitm, sc = smp.AuthReqMITM, smp.AuthReqSC
	for _, test := range []struct {
		name     string
		request  smp.PairingRequest
		response smp.PairingResponse
		want     smp.Level
	}{
		{
			"numeric comparison",
			smp.PairingRequest{IOCapability: smp.DisplayYesNo, AuthReq: mitm | sc, MaxKeySize: 16},
			smp.PairingResponse{IOCapability: smp.KeyboardDisplay, AuthReq: sc, MaxKeySize: 10},
			smp.Level{MITM: true, SC: true, KeySize: 10, Model: smp.NumericComparison},
		},
		{
			"legacy, since one side has no SC",
			smp.PairingRequest{IOCapability: smp.KeyboardOnly, AuthReq: mitm | sc, MaxKeySize: 16},
			smp.PairingResponse{IOCapability: smp.DisplayOnly, AuthReq: mitm, MaxKeySize: 16},
			smp.Level{MITM: true, KeySize: 16, Model: smp.InitiatorTypes},
		},
		{
			"just works, since nobody asks for MITM protection",
			smp.PairingRequest{IOCapability: smp.DisplayYesNo, AuthReq: sc, MaxKeySize: 16},
			smp.PairingResponse{IOCapability: smp.DisplayYesNo, AuthReq: sc, MaxKeySize: 16},
			smp.Level{SC: true, KeySize: 16, Model: smp.JustWorks},
		},
		{
			"OOB data on one side is enough for SC",
			smp.PairingRequest{IOCapability: smp.NoInputNoOutput, AuthReq: sc, OOBDataFlag: smp.OOBDataPresent, MaxKeySize: 16},
			smp.PairingResponse{IOCapability: smp.NoInputNoOutput, AuthReq: sc, MaxKeySize: 16},
			smp.Level{MITM: true, SC: true, KeySize: 16, Model: smp.OutOfBand},
		},
	} {
		got, ok := smp.LevelOfFeatures(test.request, test.response)
		if !ok {
			t.Errorf("%s: no level", test.name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if _, ok := smp.LevelOfFeatures(smp.PairingRequest{IOCapability: 5, AuthReq: mitm}, smp.PairingResponse{}); ok {
		t.Error("a level of an IO capability that there is not")
	}
}
