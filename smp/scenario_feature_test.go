package smp_test

import (
	"testing"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// keySize sets what a side offers.
func keySize(role bt.Role, octets int) change {
	return withFeatures(role, func(f *smp.Features) { f.MaxKeySize = octets })
}

func minKeySize(role bt.Role, octets int) change {
	return policy(role, func(p *smp.Policy) { p.MinKeySize = octets })
}

func repairing(role bt.Role, r smp.Repairing) change {
	return policy(role, func(p *smp.Policy) { p.Repairing = r })
}

func mitm(role bt.Role) change { return withFeatures(role, func(f *smp.Features) { f.MITM = true }) }

func scOnly(role bt.Role) change { return policy(role, func(p *smp.Policy) { p.SCOnly = true }) }

func noOOB(role bt.Role) change { return withFeatures(role, func(f *smp.Features) { f.PeerOOB = nil }) }

// featureScenarios end in phase 1, or say what phase 1 has come to.
var featureScenarios = []scenario{
	{
		name: "SM/CEN/EKS/BI-01-C the response is below our minimum", parties: of(smp.JustWorks, false, keySize(bt.Peripheral, 15), minKeySize(bt.Peripheral, 7)),
		play: pairNow, initiator: failed(smp.EncryptionKeySize), responder: told(smp.EncryptionKeySize),
	},
	{
		name: "SM/PER/EKS/BI-02-C the request is below our minimum", parties: of(smp.JustWorks, true, keySize(bt.Central, 15), minKeySize(bt.Central, 7)),
		play: pairNow, initiator: told(smp.EncryptionKeySize), responder: failed(smp.EncryptionKeySize),
	},
	{
		name: "SM/PER/EKS/BV-02-C exactly the minimum", parties: of(smp.JustWorks, true, keySize(bt.Central, 7), minKeySize(bt.Central, 7), minKeySize(bt.Peripheral, 7)),
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "A13 A12 secure connections only demands 16 octets", parties: of(smp.JustWorks, true, keySize(bt.Central, 15), minKeySize(bt.Central, 7), minKeySize(bt.Peripheral, 7), scOnly(bt.Peripheral)),
		play: pairNow, initiator: told(smp.EncryptionKeySize), responder: failed(smp.EncryptionKeySize),
	},
	{
		name: "A12 secure connections only, at the initiator", parties: of(smp.JustWorks, false, withFeatures(bt.Central, func(f *smp.Features) { f.SC = true }), scOnly(bt.Central)),
		play: pairNow, initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "A06 A10 secure connections only, at the responder", parties: of(smp.JustWorks, false, withFeatures(bt.Peripheral, func(f *smp.Features) { f.SC = true }), scOnly(bt.Peripheral)),
		play: pairNow, initiator: told(smp.AuthenticationRequirements), responder: failed(smp.AuthenticationRequirements),
	},
	{
		name: "keys in the response that the request does not offer", parties: of(smp.JustWorks, false, withFeatures(bt.Central, func(f *smp.Features) { f.ResponderKeys = smp.KeyDistributionEncKey })),
		play:      change1(bt.Central, smp.CodePairingResponse, func(pdu []byte) []byte { pdu[6] = 0x03; return pdu }),
		initiator: failed(smp.InvalidParameters), responder: told(smp.InvalidParameters),
	},
	{
		name: "A32 the initiator claims out-of-band data that the responder never gave", parties: of(smp.OutOfBand, true, noOOB(bt.Peripheral),
			config(bt.Peripheral, func(c *smp.Config) { c.LocalOOB = nil })),
		play: pairNow, initiator: told(smp.OOBNotAvailable), responder: failed(smp.OOBNotAvailable),
	},
	{
		name: "A32 the responder claims out-of-band data that the initiator never gave", parties: of(smp.OutOfBand, true, noOOB(bt.Central),
			config(bt.Central, func(c *smp.Config) { c.LocalOOB = nil })),
		play: pairNow, initiator: failed(smp.OOBNotAvailable), responder: told(smp.OOBNotAvailable),
	},
	{
		name: "A32 the initiator holds legacy data only", parties: of(smp.OutOfBand, true, noOOB(bt.Peripheral),
			withFeatures(bt.Central, func(f *smp.Features) { f.PeerOOB = &smp.PeerOOB{TK: &bt.Key{1}} })),
		play: pairNow, initiator: failed(smp.OOBNotAvailable), responder: told(smp.OOBNotAvailable),
	},
	{
		name: "A32 the responder holds legacy data only", parties: of(smp.OutOfBand, true, noOOB(bt.Central),
			withFeatures(bt.Peripheral, func(f *smp.Features) { f.PeerOOB = &smp.PeerOOB{TK: &bt.Key{1}} })),
		play: pairNow, initiator: told(smp.OOBNotAvailable), responder: failed(smp.OOBNotAvailable),
	},
	{
		name: "A32 the initiator holds no legacy data", parties: of(smp.OutOfBand, false, withoutTK(bt.Central)),
		play: pairNow, initiator: failed(smp.OOBNotAvailable), responder: told(smp.OOBNotAvailable),
	},
	{
		name: "A32 the responder holds no legacy data", parties: of(smp.OutOfBand, false, withoutTK(bt.Peripheral)),
		play: pairNow, initiator: told(smp.OOBNotAvailable), responder: failed(smp.OOBNotAvailable),
	},
	{
		name: "A11 the initiator needs MITM, the responder has no input", parties: of(smp.JustWorks, true, mitm(bt.Central)),
		play: pairNow, initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "SM/PER/PKE/BV-05-C the responder needs MITM, the initiator has no output", parties: of(smp.JustWorks, false, mitm(bt.Peripheral)),
		play: pairNow, initiator: told(smp.AuthenticationRequirements), responder: failed(smp.AuthenticationRequirements),
	},
	{
		name: "A30 the responder's policy needs MITM", parties: of(smp.JustWorks, true, policy(bt.Peripheral, func(p *smp.Policy) { p.RequireMITM = true })),
		play: pairNow, initiator: told(smp.AuthenticationRequirements), responder: failed(smp.AuthenticationRequirements),
	},
	{
		name: "A30 the policy's MITM is in the response", parties: of(smp.NumericComparison, true,
			withFeatures(bt.Central, func(f *smp.Features) { f.MITM = false }), withFeatures(bt.Peripheral, func(f *smp.Features) { f.MITM = false }),
			policy(bt.Peripheral, func(p *smp.Policy) { p.RequireMITM = true })),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			run(t, rig)
			if level := rig.Responder.Results[0].Level; level.Model != smp.NumericComparison || !level.MITM {
				t.Error(level)
			}
			if response := rig.Responder.Sent[0]; !smp.AuthReq(response[3]).MITM() {
				t.Errorf("response % x", response)
			}
		},
		initiator: complete, responder: complete,
	},
	{
		name: "A06 legacy passkey refused by the policy", parties: of(smp.InitiatorTypes, false, policy(bt.Central, func(p *smp.Policy) { p.LegacyPasskey = smp.LegacyPasskeyRefused })),
		play: pairNow, initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "A16 A29 Just Works may not take the place of Just Works, at the responder", parties: of(smp.JustWorks, false), before: bonded,
		play: pairNow, initiator: told(smp.AuthenticationRequirements), responder: failed(smp.AuthenticationRequirements),
	},
	{
		name: "A16 A29 Just Works may not take the place of Just Works, at the initiator", parties: of(smp.JustWorks, false, repairing(bt.Peripheral, smp.RepairAlways)), before: bonded,
		play: pairNow, initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "A16 Just Works again, over the encryption of the bond", parties: of(smp.JustWorks, false), before: refreshed,
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "A16 the same right after the first pairing", parties: of(smp.JustWorks, true), before: alreadyPaired,
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "A16 Just Works again as the policy wants it", before: bonded,
		parties: of(smp.JustWorks, false, func(both *[2]smptest.Party) {
			both[0].Config.Policy.Repairing, both[1].Config.Policy.Repairing = smp.RepairAlways, smp.RepairAlways
		}),
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "A16 a bond with MITM protection is replaced by another one", parties: of(smp.NumericComparison, true), before: bonded,
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "A16 never again, at the initiator", parties: of(smp.NumericComparison, true, repairing(bt.Central, smp.RepairNever)), before: bonded,
		play: pairNow, initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "A16 never again", parties: of(smp.NumericComparison, true, repairing(bt.Peripheral, smp.RepairNever)), before: bonded,
		play: pairNow, initiator: told(smp.AuthenticationRequirements), responder: failed(smp.AuthenticationRequirements),
	},
	{
		name: "A16 never again, at the initiator", parties: of(smp.NumericComparison, true, repairing(bt.Central, smp.RepairNever)), before: bonded,
		play: pairNow, initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "A16 the users let Just Works take the place of Just Works", parties: of(smp.JustWorks, true, user(bt.Central, replacing), user(bt.Peripheral, replacing)), before: bonded,
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "A16 A29 Just Works over a bond with MITM protection", parties: of(smp.NumericComparison, true), before: bonded,
		play: weaken, initiator: told(smp.AuthenticationRequirements), responder: failed(smp.AuthenticationRequirements),
	},
	{
		name: "A16 A29 the same over the encryption of the bond", parties: of(smp.NumericComparison, true, repairing(bt.Peripheral, smp.RepairAlways)), before: refreshed,
		play: weaken, initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "SM/CEN/OOB/BV-03-C legacy, only we have data: passkey", parties: legacyOOB(bt.Central, smp.KeyboardOnly, smp.DisplayOnly, true),
		play: usesModel(smp.InitiatorTypes), initiator: complete, responder: complete,
	},
	{
		name: "SM/PER/OOB/BV-04-C legacy, only we have data: passkey", parties: legacyOOB(bt.Peripheral, smp.DisplayOnly, smp.KeyboardOnly, true),
		play: usesModel(smp.ResponderTypes), initiator: complete, responder: complete,
	},
	{
		name: "SM/CEN/OOB/BV-09-C legacy, only we have data, no MITM: Just Works", parties: legacyOOB(bt.Central, smp.NoInputNoOutput, smp.NoInputNoOutput, false),
		play: usesModel(smp.JustWorks), initiator: complete, responder: complete,
	},
	{
		name: "SM/PER/OOB/BV-10-C legacy, only we have data, no MITM: Just Works", parties: legacyOOB(bt.Peripheral, smp.NoInputNoOutput, smp.NoInputNoOutput, false),
		play: usesModel(smp.JustWorks), initiator: complete, responder: complete,
	},
	{
		name: "SM/CEN/OOB/BV-01-C legacy, both have data", parties: of(smp.OutOfBand, false),
		play: usesModel(smp.OutOfBand), initiator: complete, responder: complete,
	},
	{
		name: "the responder's user does not want to pair", parties: of(smp.JustWorks, false, refusing(bt.Peripheral, smp.EffectAskPairing)),
		play: pairNow, initiator: told(smp.PairingNotSupported), responder: failed(smp.PairingNotSupported),
	},
	{
		name: "A35 the initiator's user does not want the model", parties: of(smp.JustWorks, false, refusing(bt.Central, smp.EffectAskFeatures)),
		play: pairNow, initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "A35 the responder's user does not want the model", parties: of(smp.JustWorks, true, refusing(bt.Peripheral, smp.EffectAskFeatures)),
		play: pairNow, initiator: told(smp.AuthenticationRequirements), responder: failed(smp.AuthenticationRequirements),
	},
	{
		name: "A28 the link is lost while the responder's user thinks", before: bonded,
		parties: of(smp.JustWorks, false, repairing(bt.Peripheral, smp.RepairAlways)),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			runTo(t, rig, bt.Peripheral, smp.StateConfirmFeatures)
			rig.Drop(bt.ConnectionTimeout)
		},
		initiator: ended(smp.LinkLost).closed(), responder: ended(smp.LinkLost).closed(),
	},
	{
		name: "SM/PER/JW/BI-03-C reserved bits are ignored and not answered", parties: of(smp.JustWorks, false),
		play: func(t *testing.T, rig *smptest.Rig) {
			change1(bt.Peripheral, smp.CodePairingRequest, func(pdu []byte) []byte { pdu[3] |= 0xc0; return pdu })(t, rig)
			run(t, rig)
			if response := rig.Responder.Sent[0]; response[3]&0xc0 != 0 {
				t.Errorf("response % x", response)
			}
		},
		// the initiator's own request has no such bits, so the confirm values differ
		initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "A14 the LinkKey bit is answered with 0", parties: of(smp.JustWorks, true, config(bt.Central, func(c *smp.Config) { c.CTKD = true }),
			withFeatures(bt.Central, func(f *smp.Features) { f.InitiatorKeys = 0x0f; f.ResponderKeys = 0x0f })),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			run(t, rig)
			request, response := rig.Initiator.Sent[0], rig.Responder.Sent[0]
			if request[5]&0x08 == 0 || request[6]&0x08 == 0 || response[5]&0x08 != 0 || response[6]&0x08 != 0 {
				t.Errorf("request % x, response % x", request, response)
			}
		},
		initiator: complete, responder: complete,
	},
}

// withoutTK gives a side out-of-band data that serves LE Secure Connections
// alone.
func withoutTK(role bt.Role) change {
	return withFeatures(role, func(f *smp.Features) {
		f.PeerOOB = &smp.PeerOOB{Address: f.PeerOOB.Address, Confirm: &[16]byte{1}, Random: &[16]byte{2}}
	})
}

// replacing is a user who lets a pairing replace a bond.
func replacing(d *smptest.Device, question smp.Effect) (smp.Input, bool) {
	in, ok := smptest.Agreeable(d, question)
	in.Replace = question.Replaces
	return in, ok
}

// weaken pairs again, with what gives Just Works.
func weaken(_ *testing.T, rig *smptest.Rig) {
	for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
		d.Features.MITM, d.Features.IOCapability = false, smp.NoInputNoOutput
	}
	rig.Pair()
}

// legacyOOB gives one side data for legacy pairing, which needs it on both.
func legacyOOB(role bt.Role, initiator, responder smp.IOCapability, mitm bool) func() [2]smptest.Party {
	return func() [2]smptest.Party {
		both := [2]smptest.Party{side{io: initiator, mitm: mitm}.party(), side{io: responder, mitm: mitm}.party()}
		both[role].Features.PeerOOB = &smp.PeerOOB{TK: &bt.Key{1, 2, 3}}
		return both
	}
}

// usesModel pairs and demands a model at both sides.
func usesModel(model smp.AssociationModel) func(*testing.T, *smptest.Rig) {
	return func(t *testing.T, rig *smptest.Rig) {
		t.Helper()
		rig.Pair()
		run(t, rig)
		for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
			if len(d.Results) != 1 || d.Results[0].Level.Model != model || d.Results[0].Level.MITM != (model != smp.JustWorks) {
				t.Errorf("the %v has results %v, want %v", d.Role, d.Results, model)
			}
		}
	}
}
