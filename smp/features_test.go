package smp

import (
	"strings"
	"testing"

	"blesmp/bt"
)

func TestFeaturesValidate(t *testing.T) {
	with := func(set func(*Features)) Features {
		f := DefaultFeatures()
		set(&f)
		return f
	}
	value := &[16]byte{1}
	tests := []struct {
		name     string
		features Features
		problem  string // part of the error, "" for none
	}{
		{"default", DefaultFeatures(), ""},
		{"a bare literal", Features{}, "DefaultFeatures"},
		{"key size 6", with(func(f *Features) { f.MaxKeySize = 6 }), "MaxKeySize"},
		{"key size 7", with(func(f *Features) { f.MaxKeySize = 7 }), ""},
		{"key size 17", with(func(f *Features) { f.MaxKeySize = 17 }), "MaxKeySize"},
		{"IO capability 5", with(func(f *Features) { f.IOCapability = 5 }), "IOCapability"},
		{"OOB without anything", with(func(f *Features) { f.PeerOOB = &PeerOOB{} }), "PeerOOB"},
		{"OOB without random", with(func(f *Features) { f.PeerOOB = &PeerOOB{Confirm: value} }), "PeerOOB"},
		{"OOB without confirm", with(func(f *Features) { f.PeerOOB = &PeerOOB{Random: value, TK: &bt.Key{}} }), "PeerOOB"},
		{"OOB for secure connections", with(func(f *Features) { f.PeerOOB = &PeerOOB{Confirm: value, Random: value} }), ""},
		{"OOB for legacy pairing", with(func(f *Features) { f.PeerOOB = &PeerOOB{TK: &bt.Key{1}} }), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.features.Validate()
			switch {
			case test.problem == "" && err != nil:
				t.Error(err)
			case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
				t.Errorf("error %v, want one about %s", err, test.problem)
			}
		})
	}
}

func TestFeaturesAuthReq(t *testing.T) {
	tests := []struct {
		features Features
		want     AuthReq
	}{
		{Features{}, 0x00},
		{Features{Bonding: true}, 0x01},
		{Features{MITM: true}, 0x04},
		{Features{SC: true}, 0x08},
		{Features{Keypress: true}, 0x10},
		{Features{CT2: true}, 0x20},
		{Features{Bonding: true, MITM: true, SC: true, Keypress: true, CT2: true}, 0x3d},
	}
	for _, test := range tests {
		if got := test.features.authReq(); got != test.want {
			t.Errorf("%+v: %#02x, want %#02x", test.features, uint8(got), uint8(test.want))
		}
	}
}
