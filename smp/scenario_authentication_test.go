package smp_test

import (
	"crypto/rand"
	"slices"
	"testing"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
	"blesmp/smp/toolbox"
)

// keypress lets both sides offer keypress notifications.
func keypress(both *[2]smptest.Party) {
	both[0].Features.Keypress, both[1].Features.Keypress = true, true
}

// notify pairs and lets a side tell of a key while its user types.
func notify(role bt.Role, state smp.State) func(*testing.T, *smptest.Rig) {
	return at(role, state, func(t *testing.T, rig *smptest.Rig) {
		rig.Do(role, smp.Input{Event: smp.EventNotifyKeypress, Keypress: smp.PasskeyDigitEntered})
		run(t, rig)
		want := []smp.KeypressType{smp.PasskeyDigitEntered}
		if got := rig.Device(1 - role).Keypress; !slices.Equal(got, want) {
			t.Errorf("reported %v, want %v", got, want)
		}
	})
}

// typing is a user who types something else.
func typing(role bt.Role) change { return user(role, smptest.Types(1, smptest.Agreeable)) }

// badKey replaces the public key that comes to a side.
func badKey(role bt.Role, edit func(own, pdu []byte) []byte) func(*testing.T, *smptest.Rig) {
	return func(t *testing.T, rig *smptest.Rig) {
		t.Helper()
		rig.Pair()
		catch(t, rig, role, smp.CodePublicKey)
		var own []byte
		for _, pdu := range rig.Device(role).Sent {
			if pdu[0] == byte(smp.CodePublicKey) {
				own = pdu
			}
		}
		rig.Alter(role, func(pdu []byte) []byte { return edit(own, pdu) })
	}
}

// badKeys are the public keys of A01 to A03 and A18.
var badKeys = []struct {
	name string
	edit func(own, pdu []byte) []byte
}{
	{"A01 y is 0", func(_, pdu []byte) []byte { clear(pdu[33:]); return pdu }},
	{"A01 a flipped bit", func(_, pdu []byte) []byte { pdu[40] ^= 1; return pdu }},
	{"A01 0, 0", func(_, pdu []byte) []byte { clear(pdu[1:]); return pdu }},
	{"A18 the debug key", func(_, pdu []byte) []byte {
		pair, err := toolbox.DebugKeyPair()
		if err != nil {
			panic(err)
		}
		key := smp.PublicKey(pair.Public())
		return key.AppendTo(nil)
	}},
}

// onePair gives both sides the same key pair: an initiator that knows the
// responder's key sends it.
func onePair(both *[2]smptest.Party) {
	pair, err := toolbox.NewKeyPair(rand.Reader)
	if err != nil {
		panic(err)
	}
	for i := range both {
		both[i].Config.NewKeyPair = func() smp.KeyPair { return pair }
	}
}

// reflections exist only at the initiator, who sends its key first; onePair is
// for the responder.
var reflections = []struct {
	name string
	edit func(own, pdu []byte) []byte
}{
	{"A02 SM/CEN/KDU/BI-04-C our own key", func(own, _ []byte) []byte { return own }},
	{"A03 our own X with -Y", func(own, _ []byte) []byte { return negated(own) }},
}

// negated gives the public key PDU of the negative point: p - y, in wire order.
func negated(pdu []byte) []byte {
	p := [32]byte{ // least significant octet first
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
	}
	out := slices.Clone(pdu)
	borrow := 0
	for i := range p {
		d := int(p[i]) - int(pdu[33+i]) - borrow
		borrow = 0
		if d < 0 {
			d, borrow = d+256, 1
		}
		out[33+i] = byte(d)
	}
	return out
}

// authenticationScenarios end in phase 2, or are about it.
var authenticationScenarios = append([]scenario{
	{
		name: "SM/CEN/JW/BI-01-C wrong responder confirm", parties: of(smp.JustWorks, false),
		play: flip(bt.Central, smp.CodePairingConfirm), initiator: failed(smp.ConfirmValueFailed), responder: told(smp.ConfirmValueFailed),
	},
	{
		name: "SM/PER/JW/BI-02-C wrong initiator confirm", parties: of(smp.JustWorks, false),
		play: flip(bt.Peripheral, smp.CodePairingConfirm), initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "A02 the responder's own key", parties: of(smp.JustWorks, true, onePair),
		play: func(_ *testing.T, rig *smptest.Rig) { rig.Pair() }, initiator: told(smp.DHKeyCheckFailed), responder: failed(smp.DHKeyCheckFailed),
	},
	{
		name: "A04 SM/CEN/JW/BI-06-C our own confirm comes back", parties: of(smp.JustWorks, false),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			catch(t, rig, bt.Central, smp.CodePairingConfirm)
			own := rig.Initiator.LastSent()
			rig.Alter(bt.Central, func([]byte) []byte { return own })
		},
		initiator: failed(smp.ConfirmValueFailed), responder: told(smp.ConfirmValueFailed),
	},
	{
		name: "A02 the initiator has our own key", parties: of(smp.JustWorks, true, func(both *[2]smptest.Party) {
			pair, err := toolbox.KeyPairFromPrivate([32]byte{31: 7})
			if err != nil {
				panic(err)
			}
			for i := range both {
				both[i].Config.NewKeyPair = func() smp.KeyPair { return pair }
			}
		}),
		play: pairNow, initiator: told(smp.DHKeyCheckFailed), responder: failed(smp.DHKeyCheckFailed),
	},
	{
		name: "SM/PER/PKE/BI-03-C the initiator's user types another passkey, legacy", parties: of(smp.InitiatorTypes, false, typing(bt.Central)),
		play: pairNow, initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "A33 the responder's user types another passkey, legacy", parties: of(smp.ResponderTypes, false, typing(bt.Peripheral)),
		play: pairNow, initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "SM/CEN/PKE/BI-02-C the responder's user gives up, legacy", parties: of(smp.ResponderTypes, false, refusing(bt.Peripheral, smp.EffectAskPasskey)),
		play: pairNow, initiator: told(smp.PasskeyEntryFailed), responder: failed(smp.PasskeyEntryFailed),
	},
	{
		name: "the responder's user gives up before the confirm, legacy", parties: of(smp.ResponderTypes, false, user(bt.Peripheral, smptest.Ignores(smp.EffectAskPasskey, smptest.Agreeable))),
		play:      at(bt.Peripheral, smp.StateLegacyEnterPasskey, func(_ *testing.T, rig *smptest.Rig) { rig.Refuse(bt.Peripheral, 0) }),
		initiator: told(smp.PasskeyEntryFailed), responder: failed(smp.PasskeyEntryFailed),
	},
	{
		name: "the initiator's user gives up, legacy", parties: of(smp.InitiatorTypes, false, refusing(bt.Central, smp.EffectAskPasskey)),
		play: pairNow, initiator: failed(smp.PasskeyEntryFailed), responder: told(smp.PasskeyEntryFailed),
	},
	{
		name: "A08 SM/CEN/SCPK/BI-03-C the initiator's user types another passkey", parties: of(smp.InitiatorTypes, true, typing(bt.Central)),
		play: pairNow, initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "SM/PER/SCPK/BI-05-C the responder's user types another passkey", parties: of(smp.ResponderTypes, true, typing(bt.Peripheral)),
		play: pairNow, initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "SM/CEN/SCPK/BI-02-C wrong responder confirm", parties: of(smp.ResponderTypes, true),
		play: flip(bt.Central, smp.CodePairingConfirm), initiator: failed(smp.ConfirmValueFailed), responder: told(smp.ConfirmValueFailed),
	},
	{
		name: "SM/PER/SCPK/BI-03-C wrong initiator confirm", parties: of(smp.InitiatorTypes, true),
		play: flip(bt.Peripheral, smp.CodePairingConfirm), initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "SM/CEN/SCPK/BI-01-C the initiator's user gives up", parties: of(smp.InitiatorTypes, true, refusing(bt.Central, smp.EffectAskPasskey)),
		play: pairNow, initiator: failed(smp.PasskeyEntryFailed), responder: told(smp.PasskeyEntryFailed),
	},
	{
		name: "the responder's user gives up before the confirm", parties: of(smp.ResponderTypes, true, user(bt.Peripheral, smptest.Ignores(smp.EffectAskPasskey, smptest.Agreeable))),
		play:      at(bt.Peripheral, smp.StateEnterPasskey, func(_ *testing.T, rig *smptest.Rig) { rig.Refuse(bt.Peripheral, 0) }),
		initiator: told(smp.PasskeyEntryFailed), responder: failed(smp.PasskeyEntryFailed),
	},
	{
		name: "SM/PER/SCPK/BI-04-C the responder's user gives up after the confirm", parties: of(smp.ResponderTypes, true, user(bt.Peripheral, smptest.Ignores(smp.EffectAskPasskey, smptest.Agreeable))),
		play:      at(bt.Peripheral, smp.StatePasskeyHoldConfirm, func(_ *testing.T, rig *smptest.Rig) { rig.Refuse(bt.Peripheral, 0) }),
		initiator: told(smp.PasskeyEntryFailed), responder: failed(smp.PasskeyEntryFailed),
	},
	{
		name: "SM/CEN/SCPK/BV-01-C the initiator tells of a key", parties: of(smp.InitiatorTypes, true, keypress),
		play: notify(bt.Central, smp.StateEnterPasskey), initiator: complete, responder: complete,
	},
	{
		name: "SM/PER/SCPK/BV-02-C the responder tells of a key before the confirm", parties: of(smp.ResponderTypes, true, keypress),
		play: notify(bt.Peripheral, smp.StateEnterPasskey), initiator: complete, responder: complete,
	},
	{
		name: "the responder tells of a key after the confirm", parties: of(smp.ResponderTypes, true, keypress),
		play: notify(bt.Peripheral, smp.StatePasskeyHoldConfirm), initiator: complete, responder: complete,
	},
	{
		name: "both type and tell each other", parties: of(smp.BothType, true, keypress),
		play: at(bt.Central, smp.StateEnterPasskey, func(t *testing.T, rig *smptest.Rig) {
			runTo(t, rig, bt.Peripheral, smp.StateEnterPasskey)
			for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
				rig.Inject(role, 0x0e, byte(smp.PasskeyCleared))
				if got := rig.Device(role).Keypress; len(got) != 1 || got[0] != smp.PasskeyCleared {
					t.Errorf("the %v reports %v", role, got)
				}
			}
		}),
		initiator: complete, responder: complete,
	},
	{
		name: "a key that was not agreed is not reported", parties: of(smp.InitiatorTypes, true),
		play: at(bt.Peripheral, smp.StatePasskeyAwaitConfirm, func(t *testing.T, rig *smptest.Rig) {
			rig.Inject(bt.Peripheral, 0x0e, byte(smp.PasskeyDigitEntered))
			if got := rig.Responder.Keypress; len(got) != 0 {
				t.Errorf("reported %v", got)
			}
		}),
		initiator: complete, responder: complete,
	},
	{
		name: "the rounds begin anew with a second pairing, the initiator types", parties: again(smp.InitiatorTypes, true), before: alreadyPaired,
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "the rounds begin anew with a second pairing, the responder types", parties: again(smp.ResponderTypes, true), before: alreadyPaired,
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "the rounds begin anew with a second pairing, both type", parties: again(smp.BothType, true), before: alreadyPaired,
		play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "A24 a 21st round, at the responder", parties: of(smp.InitiatorTypes, true),
		play: at(bt.Peripheral, smp.StateAwaitCheck, func(_ *testing.T, rig *smptest.Rig) {
			rig.Inject(bt.Peripheral, examples[smp.CodePairingConfirm]...)
		}),
		initiator: told(smp.UnspecifiedReason), responder: failed(smp.UnspecifiedReason),
	},
	{
		name: "A24 a 21st round, at the initiator", parties: of(smp.ResponderTypes, true),
		play: at(bt.Central, smp.StateAwaitCheck, func(_ *testing.T, rig *smptest.Rig) {
			rig.Inject(bt.Central, examples[smp.CodePairingConfirm]...)
		}),
		initiator: failed(smp.UnspecifiedReason), responder: told(smp.UnspecifiedReason),
	},
	{
		name: "SM/CEN/SCJW/BI-01-C the initiator's user sees another number", parties: of(smp.NumericComparison, true, refusing(bt.Central, smp.EffectAskCompare)),
		play: pairNow, initiator: failed(smp.NumericComparisonFailed), responder: told(smp.NumericComparisonFailed),
	},
	{
		name: "the responder's user sees another number", parties: of(smp.NumericComparison, true, refusing(bt.Peripheral, smp.EffectAskCompare)),
		play: func(_ *testing.T, rig *smptest.Rig) {
			rig.FirstUser = bt.Peripheral
			rig.Pair()
		},
		initiator: told(smp.NumericComparisonFailed), responder: failed(smp.NumericComparisonFailed),
	},
	{
		name: "the responder's user sees another number after the initiator's check", parties: of(smp.NumericComparison, true, user(bt.Peripheral, smptest.Ignores(smp.EffectAskCompare, smptest.Agreeable))),
		play:      at(bt.Peripheral, smp.StateCompareHoldCheck, func(_ *testing.T, rig *smptest.Rig) { rig.Refuse(bt.Peripheral, 0) }),
		initiator: told(smp.NumericComparisonFailed), responder: failed(smp.NumericComparisonFailed),
	},
	{
		name: "wrong responder confirm", parties: of(smp.NumericComparison, true),
		play: flip(bt.Central, smp.CodePairingConfirm), initiator: failed(smp.ConfirmValueFailed), responder: told(smp.ConfirmValueFailed),
	},
	{
		name: "an altered random gives two numbers", parties: of(smp.NumericComparison, true),
		play: flip(bt.Peripheral, smp.CodePairingRandom), initiator: failed(smp.NumericComparisonFailed), responder: told(smp.NumericComparisonFailed),
	},
	{
		name: "wrong initiator check", parties: of(smp.JustWorks, true),
		play: flip(bt.Peripheral, smp.CodeDHKeyCheck), initiator: told(smp.DHKeyCheckFailed), responder: failed(smp.DHKeyCheckFailed),
	},
	{
		name: "wrong responder check", parties: of(smp.JustWorks, true),
		play: flip(bt.Central, smp.CodeDHKeyCheck), initiator: failed(smp.DHKeyCheckFailed), responder: told(smp.DHKeyCheckFailed),
	},
	{
		name: "A11 an altered IO capability", parties: of(smp.JustWorks, true),
		play:      change1(bt.Central, smp.CodePairingResponse, func(pdu []byte) []byte { pdu[1] = byte(smp.DisplayOnly); return pdu }),
		initiator: failed(smp.DHKeyCheckFailed), responder: told(smp.DHKeyCheckFailed),
	},
	{
		name: "SM/PER/SCOB/BI-03-C wrong data at the responder", parties: of(smp.OutOfBand, true, wrongOOB(bt.Peripheral)),
		play: pairNow, initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "SM/CEN/SCOB/BI-04-C wrong data at the initiator", parties: of(smp.OutOfBand, true, wrongOOB(bt.Central)),
		play: pairNow, initiator: failed(smp.ConfirmValueFailed), responder: told(smp.ConfirmValueFailed),
	},
	{
		name: "SM/PER/OOB/BI-02-C different data, legacy", parties: of(smp.OutOfBand, false, withFeatures(bt.Peripheral, func(f *smp.Features) { f.PeerOOB = &smp.PeerOOB{TK: &bt.Key{9}} })),
		play: pairNow, initiator: told(smp.ConfirmValueFailed), responder: failed(smp.ConfirmValueFailed),
	},
	{
		name: "SM/CEN/SCOB/BV-01-C flags 1 and 0", parties: oneOOB(true, false), play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "SM/PER/SCOB/BV-02-C flags 0 and 1", parties: oneOOB(false, true), play: pairNow, initiator: complete, responder: complete,
	},
	{
		name: "A23 a public key in legacy pairing", parties: of(smp.JustWorks, false),
		play: at(bt.Peripheral, smp.StateLegacyAwaitConfirm, func(_ *testing.T, rig *smptest.Rig) {
			rig.Inject(bt.Peripheral, examples[smp.CodePublicKey]...)
		}),
		initiator: told(smp.UnspecifiedReason), responder: failed(smp.UnspecifiedReason),
	},
	{
		name: "cancelled with a reason", parties: of(smp.JustWorks, false),
		play: at(bt.Central, smp.StateLegacyAwaitConfirm, func(_ *testing.T, rig *smptest.Rig) {
			rig.Do(bt.Central, smp.Input{Event: smp.EventCancel, Reason: smp.PasskeyEntryFailed})
		}),
		initiator: failed(smp.PasskeyEntryFailed), responder: told(smp.PasskeyEntryFailed),
	},
	{
		name: "a pairing after a failed one", parties: of(smp.ResponderTypes, true, typing(bt.Peripheral)),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			run(t, rig)
			rig.Responder.User = smptest.Agreeable
			rig.Pair()
		},
		initiator: ending{Reports: []string{"peer: confirm value failed", "complete"}, Links: []string{"encrypted"}, Bonds: 1},
		responder: ending{Reports: []string{"failed: confirm value failed", "complete"}, Links: []string{"encrypted"}, Bonds: 1},
	},
}, keyChecks()...)

// keyChecks are the scenarios about public keys.
func keyChecks() []scenario {
	var all []scenario
	for _, bad := range badKeys {
		all = append(all,
			scenario{
				name: bad.name + ", at the initiator", parties: of(smp.NumericComparison, true), play: badKey(bt.Central, bad.edit),
				initiator: failed(smp.DHKeyCheckFailed), responder: told(smp.DHKeyCheckFailed),
			},
			scenario{
				name: bad.name + ", at the responder", parties: of(smp.NumericComparison, true), play: badKey(bt.Peripheral, bad.edit),
				initiator: told(smp.DHKeyCheckFailed), responder: failed(smp.DHKeyCheckFailed),
			})
	}
	for _, bad := range reflections {
		all = append(all, scenario{
			name: bad.name, parties: of(smp.NumericComparison, true), play: badKey(bt.Central, bad.edit),
			initiator: failed(smp.DHKeyCheckFailed), responder: told(smp.DHKeyCheckFailed),
		})
	}
	return all
}

// wrongOOB gives a side data that does not commit to the peer's key.
func wrongOOB(role bt.Role) change {
	return withFeatures(role, func(f *smp.Features) {
		wrong := *f.PeerOOB.Confirm
		wrong[0] ^= 1
		f.PeerOOB.Confirm = &wrong
	})
}

// oneOOB lets only one side get data, which serves one of them.
func oneOOB(initiatorGets, responderGets bool) func() [2]smptest.Party {
	return func() [2]smptest.Party {
		both := parties(smp.JustWorks, true)
		exchangeOOB(&both, initiatorGets, responderGets)
		both[0].Features.MITM, both[1].Features.MITM = true, true
		return both
	}
}
