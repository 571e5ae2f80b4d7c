package smp_test

import (
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// distribute sets what both sides offer to distribute.
func distribute(initiator, responder smp.KeyDistribution) change {
	return func(both *[2]smptest.Party) {
		for i := range both {
			both[i].Features.InitiatorKeys, both[i].Features.ResponderKeys = initiator, responder
		}
	}
}

// sent demands that both sides have sent exactly these key PDUs, in order.
func sent(initiator, responder []smp.PDUCode) func(*testing.T, *smptest.Rig) {
	return func(t *testing.T, rig *smptest.Rig) {
		t.Helper()
		rig.Pair()
		run(t, rig)
		for role, want := range map[bt.Role][]smp.PDUCode{bt.Central: initiator, bt.Peripheral: responder} {
			var got []smp.PDUCode
			for _, code := range rig.Device(role).SentCodes() {
				if code >= smp.CodeEncryptionInformation && code <= smp.CodeSigningInformation {
					got = append(got, code)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("the %v sent %v, want %v", role, got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("the %v sent %v, want %v", role, got, want)
				}
			}
		}
	}
}

// key PDUs by kind of key.
var (
	encKey  = []smp.PDUCode{smp.CodeEncryptionInformation, smp.CodeCentralIdentification}
	idKey   = []smp.PDUCode{smp.CodeIdentityInformation, smp.CodeIdentityAddressInformation}
	signKey = []smp.PDUCode{smp.CodeSigningInformation}
)

// sample is the LTK of the specification's sample data (Core Vol 6, Part C,
// 1.1), in wire order.
var sample = []byte{0xbf, 0x01, 0xfb, 0x9d, 0x4e, 0xf3, 0xbc, 0x36, 0xd8, 0x74, 0xf5, 0x39, 0x41, 0x38, 0x68, 0x4c}

// swap replaces a key PDU that comes to a side.
func swap(role bt.Role, code smp.PDUCode, body ...byte) func(*testing.T, *smptest.Rig) {
	return change1(role, code, func(pdu []byte) []byte { return append(pdu[:1], body...) })
}

// identity is the body of an Identity Address Information PDU.
func identity(a bt.TypedAddress) []byte {
	pdu := smp.IdentityAddressInformation{AddressType: a.Type, Address: a.Address}
	return pdu.AppendTo(nil)[1:]
}

// stranger is a bond that a side has with somebody else.
func stranger(role bt.Role, of bond.Bond) change {
	return func(both *[2]smptest.Party) {
		local := [2]bt.TypedAddress{smptest.InitiatorAddress, smptest.ResponderAddress}[role]
		ltk := &bond.LongTermKey{Key: bt.Key{15: 1}}
		of.Local, of.Peer, of.LocalLTK, of.PeerLTK, of.KeySize = local, strangerAddress, ltk, ltk, 16
		of.Created = created
		store := bond.NewMemory()
		if err := store.Put(of); err != nil {
			panic(err)
		}
		both[role].Store = store
	}
}

// created is when the bonds of tests came to be.
var created = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// twoBonds gives the initiator a bond with somebody else before it pairs.
func twoBonds(both *[2]smptest.Party) { stranger(bt.Central, bond.Bond{})(both) }

// noBonding lets the initiator keep nothing.
func noBonding(both *[2]smptest.Party) { both[0].Features.Bonding = false }

// private gives the responder a private address on the air.
func private(both *[2]smptest.Party) {
	onAir := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x40, 1, 2, 3, 4, 5}}
	both[1].Config.Local, both[1].Config.LocalIdentity, both[0].Config.Peer = onAir, smptest.ResponderAddress, onAir
}

// privateInitiator gives the initiator one.
func privateInitiator(both *[2]smptest.Party) {
	onAir := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x40, 1, 2, 3, 4, 5}}
	both[0].Config.Local, both[0].Config.LocalIdentity, both[1].Config.Peer = onAir, smptest.InitiatorAddress, onAir
}

// keyScenarios end in phase 3, or are about it. The link is encrypted in all.
var keyScenarios = []scenario{
	{
		name: "SM/PER/KDU/BV-01-C SM/CEN/KDU/BV-06-C legacy, only EncKey", parties: of(smp.JustWorks, false, distribute(1, 1)),
		play: sent(encKey, encKey), initiator: complete, responder: complete,
	},
	{
		name: "SM/PER/KDU/BV-02-C legacy responder, only IdKey", parties: of(smp.JustWorks, false, distribute(0, 2)),
		play: sent(nil, idKey), initiator: complete, responder: complete.unbonded(),
	},
	{
		name: "SM/PER/KDU/BV-03-C legacy responder, only SignKey", parties: of(smp.JustWorks, false, distribute(0, 4)),
		play: sent(nil, signKey), initiator: complete, responder: complete,
	},
	{
		name: "SM/CEN/KDU/BV-05-C legacy initiator, only IdKey", parties: of(smp.JustWorks, false, distribute(2, 0)),
		play: sent(idKey, nil), initiator: complete.unbonded(), responder: complete,
	},
	{
		name: "SM/CEN/KDU/BV-04-C legacy initiator, only SignKey", parties: of(smp.JustWorks, false, distribute(4, 0)),
		play: sent(signKey, nil), initiator: complete, responder: complete,
	},
	{
		name: "SM/PER/KDU/BV-08-C SM/CEN/KDU/BV-10-C secure connections, only IdKey", parties: of(smp.JustWorks, true, distribute(2, 2)),
		play: sent(idKey, idKey), initiator: complete, responder: complete,
	},
	{
		name: "SM/PER/KDU/BV-09-C SM/CEN/KDU/BV-11-C secure connections, only SignKey", parties: of(smp.JustWorks, true, distribute(4, 4)),
		play: sent(signKey, signKey), initiator: complete, responder: complete,
	},
	{
		name: "secure connections distribute no LTK", parties: of(smp.JustWorks, true, distribute(7, 7)),
		play: sent(append(idKey, signKey...), append(idKey, signKey...)), initiator: complete, responder: complete,
	},
	{
		name: "legacy, all keys in order", parties: of(smp.JustWorks, false, distribute(7, 7)),
		play:      sent(append(append(append([]smp.PDUCode{}, encKey...), idKey...), signKey...), append(append(append([]smp.PDUCode{}, encKey...), idKey...), signKey...)),
		initiator: complete, responder: complete,
	},
	{
		name: "no keys at all, secure connections", parties: of(smp.JustWorks, true, distribute(0, 0)),
		play: sent(nil, nil), initiator: complete, responder: complete,
	},
	{
		name: "no keys at all, legacy", parties: of(smp.JustWorks, false, distribute(0, 0)),
		play: sent(nil, nil), initiator: complete.unbonded(), responder: complete.unbonded(),
	},
	{
		name: "one side does not bond", parties: of(smp.JustWorks, false, noBonding),
		play: pairNow, initiator: complete.unbonded(), responder: complete.unbonded(),
	},
	{
		name: "A26 a Security Request after a pairing without bonding", parties: of(smp.JustWorks, false, noBonding), before: alreadyPaired,
		play: requestSecurity(0), initiator: complete.unbonded(), responder: complete.unbonded(),
	},
	{
		name: "a private address that distributes no identity makes no bond, at the initiator", parties: of(smp.JustWorks, true, distribute(2, 4), private),
		play: pairNow, initiator: complete.unbonded(), responder: complete,
	},
	{
		name: "a private address that distributes no identity makes no bond, at the responder", parties: of(smp.JustWorks, true, distribute(4, 2), privateInitiator),
		play: pairNow, initiator: complete, responder: complete.unbonded(),
	},
	{
		name: "A17 a zero LTK, at the initiator", parties: of(smp.JustWorks, false),
		play:      swap(bt.Central, smp.CodeEncryptionInformation, make([]byte, 16)...),
		initiator: failed(smp.KeyRejected).with("encrypted"), responder: told(smp.KeyRejected).with("encrypted"),
	},
	{
		name: "A17 the sample LTK, at the responder: the initiator is done", parties: of(smp.JustWorks, false, distribute(1, 0)),
		play:      swap(bt.Peripheral, smp.CodeEncryptionInformation, sample...),
		initiator: complete, responder: failed(smp.KeyRejected).with("encrypted"),
	},
	{
		name: "an identity that is not static, at the initiator", parties: of(smp.JustWorks, false),
		play:      swap(bt.Central, smp.CodeIdentityAddressInformation, identity(bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x40, 1, 2, 3, 4, 5}})...),
		initiator: failed(smp.KeyRejected).with("encrypted"), responder: told(smp.KeyRejected).with("encrypted"),
	},
	{
		name: "our own identity, at the responder", parties: of(smp.JustWorks, false, distribute(7, 0)),
		play:      swap(bt.Peripheral, smp.CodeIdentityAddressInformation, identity(smptest.ResponderAddress)...),
		initiator: complete, responder: failed(smp.KeyRejected).with("encrypted"),
	},
	{
		name: "A27 a bonded peer distributes the identity of another bond", parties: again(smp.JustWorks, true, twoBonds), before: bonded,
		play:      swap(bt.Central, smp.CodeIdentityAddressInformation, identity(strangerAddress)...),
		initiator: failed(smp.KeyRejected).with("encrypted"), responder: told(smp.KeyRejected).with("encrypted"),
	},
	{
		name: "A27 an unknown peer distributes the identity of a stronger bond, at the initiator", parties: of(smp.JustWorks, true, stranger(bt.Central, bond.Bond{SC: true, MITM: true})),
		play:      swap(bt.Central, smp.CodeIdentityAddressInformation, identity(strangerAddress)...),
		initiator: failed(smp.AuthenticationRequirements).with("encrypted"), responder: told(smp.AuthenticationRequirements).with("encrypted"),
	},
	{
		name: "A27 an unknown peer distributes the identity of a stronger bond, at the responder: the initiator is done", parties: of(smp.JustWorks, true, stranger(bt.Peripheral, bond.Bond{SC: true, MITM: true})),
		play:      swap(bt.Peripheral, smp.CodeIdentityAddressInformation, identity(strangerAddress)...),
		initiator: complete, responder: failed(smp.AuthenticationRequirements).with("encrypted"),
	},
	{
		name: "SM/PER/KDU/BI-02-C the peer rejects a key", parties: of(smp.JustWorks, false),
		play:      at(bt.Peripheral, smp.StateAwaitEncryptionInformation, inject(bt.Peripheral, 0x05, 0x0f)),
		initiator: complete, responder: told(smp.KeyRejected).with("encrypted"),
	},
	{
		name: "SM/CEN/KDU/BI-03-C the responder rejects a key, secure connections", parties: of(smp.JustWorks, true),
		play:      at(bt.Central, smp.StateAwaitIdentityAddressInformation, inject(bt.Central, 0x05, 0x0f)),
		initiator: told(smp.KeyRejected).with("encrypted"), responder: ending{State: smp.StateAwaitIdentityInformation}.with("encrypted"),
	},
	{
		name: "a Security Request shows that the responder is done", parties: of(smp.JustWorks, true),
		play:      at(bt.Central, smp.StateAwaitDelivery, inject(bt.Central, 0x0b, 0x01)),
		initiator: complete.with("encrypted"), responder: complete.with("encrypted"),
	},
	{
		name: "a Pairing Request shows that the initiator is done", parties: again(smp.JustWorks, false, distribute(0, 1)),
		play: at(bt.Peripheral, smp.StateAwaitDelivery, func(t *testing.T, rig *smptest.Rig) {
			runTo(t, rig, bt.Central, smp.StateIdle)
			if rig.Responder.State() != smp.StateAwaitDelivery {
				t.Fatalf("the responder is in %v", rig.Responder.State())
			}
			rig.Pair()
			rig.Do(bt.Peripheral, smp.Input{PDU: rig.Responder.NextPDU()})
			rig.Lose(bt.Peripheral)
		}),
		initiator: complete.then(complete), responder: complete.then(complete),
	},
	{
		name: "an LTK Request shows that the initiator is done", parties: of(smp.JustWorks, false, distribute(0, 1)),
		play: at(bt.Peripheral, smp.StateAwaitDelivery, func(t *testing.T, rig *smptest.Rig) {
			runTo(t, rig, bt.Central, smp.StateIdle)
			ltk := rig.Initiator.Bond().PeerLTK
			rig.RequestLTK(ltk.EDIV, ltk.Rand)
			rig.Do(bt.Peripheral, smp.Input{Event: smp.EventEncryptionOn})
			if last := rig.Responder.Keys[len(rig.Responder.Keys)-1]; last.Kind != smp.EffectReplyStoredKey || last.Key != ltk.Key {
				t.Errorf("answered with %v", last.Kind)
			}
		}),
		initiator: complete, responder: complete.with("encrypted"),
	},
	{
		name: "the link is lost once our last key is acknowledged", parties: of(smp.JustWorks, true),
		play:      at(bt.Central, smp.StateIdle, func(_ *testing.T, rig *smptest.Rig) { rig.Drop(bt.ConnectionTimeout) }),
		initiator: complete.closed(), responder: complete.closed(),
	},
	{
		name: "the link is lost before our last key is acknowledged", parties: of(smp.JustWorks, true),
		play:      at(bt.Central, smp.StateAwaitDelivery, func(_ *testing.T, rig *smptest.Rig) { rig.Drop(bt.ConnectionTimeout) }),
		initiator: ended(smp.LinkLost).with("encrypted").closed(), responder: ended(smp.LinkLost).with("encrypted").closed(),
	},
}
