package smp_test

import (
	"testing"
	"time"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// again is a pair of sides that may pair again over their bond.
func again(model smp.AssociationModel, sc bool, changes ...change) func() [2]smptest.Party {
	return of(model, sc, append(changes, repairing(bt.Central, smp.RepairAlways), repairing(bt.Peripheral, smp.RepairAlways))...)
}

// give is an input at a side.
func give(role bt.Role, in smp.Input) func(*testing.T, *smptest.Rig) {
	return func(_ *testing.T, rig *smptest.Rig) { rig.Do(role, in) }
}

// inject is a PDU that a side gets from somebody else.
func inject(role bt.Role, pdu ...byte) func(*testing.T, *smptest.Rig) {
	return func(_ *testing.T, rig *smptest.Rig) { rig.Inject(role, pdu...) }
}

// storedKey lets a central ask for the key of the bond, and checks the answer.
func storedKey(t *testing.T, rig *smptest.Rig) {
	t.Helper()
	ltk := rig.Responder.Bond().LocalLTK
	rig.RequestLTK(ltk.EDIV, ltk.Rand)
	keys := rig.Responder.Keys
	if len(keys) == 0 || keys[len(keys)-1].Kind != smp.EffectReplyStoredKey || keys[len(keys)-1].Key != ltk.Key {
		t.Error("not answered with the stored key")
	}
}

var (
	isOff    = smp.Input{Event: smp.EventEncryptionOff}
	hasFail  = smp.Input{Event: smp.EventEncryptionFailed, Status: bt.UnsupportedRemoteFeature}
	failText = bt.UnsupportedRemoteFeature.String()
)

// settle lets the other side's Pairing Failed end the pairing while the
// controllers start encryption, and then something happens.
func settle(role bt.Role, in smp.Input) func(*testing.T, *smptest.Rig) {
	return at(role, smp.StateAwaitEncryption, func(_ *testing.T, rig *smptest.Rig) {
		rig.Inject(role, 0x05, 0x08)
		rig.Do(role, in)
	})
}

// encryptionScenarios end while the link is being encrypted.
var encryptionScenarios = []scenario{
	{
		name: "A20 an LTK Request in phase 2 gets no key", parties: of(smp.NumericComparison, true),
		play:      at(bt.Peripheral, smp.StateNumericAwaitRandom, zeroLTK),
		initiator: complete, responder: ending{Reports: complete.Reports, Links: []string{bt.PINOrKeyMissing.String(), "encrypted"}, Bonds: 1},
	},
	{
		name: "A21 an LTK Request before the DHKey Check gets no key", parties: of(smp.JustWorks, true),
		play:      at(bt.Peripheral, smp.StateAwaitCheck, zeroLTK),
		initiator: complete, responder: ending{Reports: complete.Reports, Links: []string{bt.PINOrKeyMissing.String(), "encrypted"}, Bonds: 1},
	},
	{
		name: "an early DHKey Check is not the user's yes", parties: of(smp.NumericComparison, true, user(bt.Peripheral, smptest.Ignores(smp.EffectAskCompare, smptest.Agreeable))),
		play: at(bt.Peripheral, smp.StateCompareHoldCheck, func(t *testing.T, rig *smptest.Rig) {
			zeroLTK(t, rig)
			run(t, rig)
			if state := rig.Responder.State(); state != smp.StateCompareHoldCheck {
				t.Errorf("the responder went on to %v", state)
			}
			rig.Elapse(30 * time.Second)
		}),
		initiator: ending{State: smp.StateMute, Reports: []string{"timeout"}},
		responder: ending{State: smp.StateMute, Reports: []string{"timeout"}, Links: []string{bt.PINOrKeyMissing.String()}},
	},
	{
		name: "the central gives up in phase 2 and uses its bond", parties: again(smp.JustWorks, false), before: bonded,
		play: at(bt.Peripheral, smp.StateLegacyAwaitConfirm, storedKey), initiator: complete, responder: complete,
	},
	{
		name: "the central gives up at the end of phase 2 and uses its bond", parties: again(smp.JustWorks, false), before: bonded,
		play: at(bt.Peripheral, smp.StateAwaitLTKRequest, storedKey), initiator: complete, responder: complete,
	},
	{
		name: "an unknown key instead of the pairing's, on an encrypted link", parties: again(smp.JustWorks, false), before: alreadyPaired,
		play:      at(bt.Peripheral, smp.StateAwaitLTKRequest, func(_ *testing.T, rig *smptest.Rig) { rig.RequestLTK(1, 1) }),
		initiator: ended(smp.LinkLost).closed(), responder: ended(smp.EncryptionLost).with(bt.PINOrKeyMissing.String()).hangsUp(),
	},
	{
		name: "the pairing's encryption fails", parties: of(smp.JustWorks, true),
		play: func(_ *testing.T, rig *smptest.Rig) {
			rig.FailEncryption(bt.UnsupportedRemoteFeature)
			rig.Pair()
		},
		initiator: failed(smp.UnspecifiedReason).with(failText), responder: failed(smp.UnspecifiedReason).with(failText),
	},
	{
		name: "the pairing's encryption ends in the clear, at the central", parties: again(smp.JustWorks, true), before: alreadyPaired,
		play:      at(bt.Central, smp.StateAwaitEncryption, give(bt.Central, isOff)),
		initiator: ended(smp.EncryptionLost).with("in the clear").hangsUp(), responder: ended(smp.LinkLost).closed(),
	},
	{
		name: "the pairing's encryption ends in the clear, at the peripheral", parties: again(smp.JustWorks, true), before: alreadyPaired,
		play:      at(bt.Peripheral, smp.StateAwaitEncryption, give(bt.Peripheral, isOff)),
		initiator: ended(smp.LinkLost).closed(), responder: ended(smp.EncryptionLost).with("in the clear").hangsUp(),
	},
	{
		name: "the pairing's encryption fails on an encrypted link, at the central", parties: again(smp.JustWorks, true), before: alreadyPaired,
		play:      at(bt.Central, smp.StateAwaitEncryption, give(bt.Central, hasFail)),
		initiator: ended(smp.EncryptionLost).with(failText).hangsUp(), responder: ended(smp.LinkLost).closed(),
	},
	{
		name: "the pairing's encryption fails on an encrypted link, at the peripheral", parties: again(smp.JustWorks, true), before: alreadyPaired,
		play:      at(bt.Peripheral, smp.StateAwaitEncryption, give(bt.Peripheral, hasFail)),
		initiator: ended(smp.LinkLost).closed(), responder: ended(smp.EncryptionLost).with(failText).hangsUp(),
	},
	{
		name: "a pairing that has ended settles in the clear, at the central", parties: again(smp.JustWorks, true), before: alreadyPaired,
		play:      settle(bt.Central, isOff),
		initiator: told(smp.UnspecifiedReason).with("in the clear").hangsUp(), responder: ended(smp.LinkLost).closed(),
	},
	{
		name: "a pairing that has ended settles in the clear, at the peripheral", parties: again(smp.JustWorks, true), before: alreadyPaired,
		play:      settle(bt.Peripheral, isOff),
		initiator: ended(smp.LinkLost).closed(), responder: told(smp.UnspecifiedReason).with("in the clear").hangsUp(),
	},
	{
		name: "a pairing that has ended settles with a failure, at the central", parties: again(smp.JustWorks, true), before: alreadyPaired,
		play:      settle(bt.Central, hasFail),
		initiator: told(smp.UnspecifiedReason).hangsUp(), responder: ended(smp.LinkLost).closed(),
	},
	{
		name: "a pairing that has ended settles with a failure, at the peripheral", parties: again(smp.JustWorks, true), before: alreadyPaired,
		play:      settle(bt.Peripheral, hasFail),
		initiator: ended(smp.LinkLost).closed(), responder: told(smp.UnspecifiedReason).hangsUp(),
	},
	{
		name: "no second pairing while the first one's encryption settles", parties: of(smp.JustWorks, true),
		play: at(bt.Peripheral, smp.StateAwaitEncryption, func(_ *testing.T, rig *smptest.Rig) {
			rig.Inject(bt.Peripheral, 0x05, 0x08)
			rig.Inject(bt.Peripheral, examples[smp.CodePairingRequest]...)
		}),
		// the answer reaches the central in a pairing of its own
		initiator: told(smp.Busy).with("encrypted").in(smp.StateIdle), responder: told(smp.UnspecifiedReason).with("encrypted"),
	},
	{
		name: "too late to cancel", parties: of(smp.JustWorks, true),
		play:      at(bt.Central, smp.StateAwaitEncryption, give(bt.Central, smp.Input{Event: smp.EventCancel})),
		initiator: ending{Reports: complete.Reports, Links: complete.Links, Bonds: 1, Refusals: []smp.Refusal{smp.PastCancelling}}, responder: complete,
	},
	{
		name: "the link is lost while encryption starts", parties: of(smp.JustWorks, true),
		play:      at(bt.Central, smp.StateAwaitEncryption, func(_ *testing.T, rig *smptest.Rig) { rig.Drop(bt.ConnectionTimeout) }),
		initiator: ended(smp.LinkLost).closed(), responder: ended(smp.LinkLost).closed(),
	},
	{
		name: "encryption is lost among the keys", parties: of(smp.JustWorks, false),
		play:      at(bt.Central, smp.StateAwaitCentralIdentification, give(bt.Central, isOff)),
		initiator: ended(smp.EncryptionLost).with("encrypted", "in the clear").hangsUp(), responder: ended(smp.LinkLost).with("encrypted").closed(),
	},
	{
		name: "nothing but silence after a timeout", parties: of(smp.InitiatorTypes, true, user(bt.Central, smptest.Ignores(smp.EffectAskPasskey, smptest.Agreeable))),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			run(t, rig)
			rig.Elapse(30 * time.Second)
			rig.Inject(bt.Central, examples[smp.CodePairingConfirm]...)
			rig.Inject(bt.Peripheral, examples[smp.CodePairingRequest]...)
			rig.Answer(bt.Central)
		},
		initiator: ending{State: smp.StateMute, Reports: []string{"timeout"}}, responder: ending{State: smp.StateMute, Reports: []string{"timeout"}},
	},
}
