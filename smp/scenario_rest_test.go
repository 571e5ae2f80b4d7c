package smp_test

import (
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// zeroLTK is a central that asks for a key of LE Secure Connections or of a
// running pairing.
func zeroLTK(_ *testing.T, rig *smptest.Rig) { rig.RequestLTK(0, 0) }

// mute lets both sides stand still until they give up.
func mute(t *testing.T, rig *smptest.Rig) {
	t.Helper()
	rig.Responder.User = smptest.Ignores(smp.EffectAskPairing, smptest.Agreeable)
	rig.Pair()
	run(t, rig)
	rig.Elapse(30 * time.Second)
}

// off is the controller's word that the link is no longer encrypted.
func off(role bt.Role) func(*testing.T, *smptest.Rig) {
	return func(_ *testing.T, rig *smptest.Rig) { rig.Do(role, smp.Input{Event: smp.EventEncryptionOff}) }
}

// atRefresh encrypts an encrypted link again, and does something while the
// controllers are at it.
func atRefresh(role bt.Role, do func(*testing.T, *smptest.Rig)) func(*testing.T, *smptest.Rig) {
	return func(t *testing.T, rig *smptest.Rig) {
		t.Helper()
		encryptNow(t, rig)
		runTo(t, rig, role, smp.StateEncryptingStored)
		do(t, rig)
	}
}

// restScenarios begin and end where no pairing is going on.
var restScenarios = []scenario{
	{
		name: "SM/CEN/EKS/BV-01-C encrypt again with the bond, legacy", parties: of(smp.JustWorks, false), before: bonded,
		play: encryptNow, initiator: encrypted, responder: encrypted,
	},
	{
		name: "encrypt again with the bond, secure connections", parties: of(smp.NumericComparison, true), before: bonded,
		play: encryptNow, initiator: encrypted, responder: encrypted,
	},
	{
		name: "encrypt an encrypted link again", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play: encryptNow, initiator: encrypted, responder: encrypted,
	},
	{
		name: "encrypt without a bond", parties: of(smp.JustWorks, false),
		play: encryptNow, initiator: refused(smp.NoStoredKey),
	},
	{
		name: "A13 encrypt with a bond that is shorter than the policy's minimum", parties: of(smp.JustWorks, false, shortBond),
		play: encryptNow, initiator: refused(smp.NoStoredKey),
	},
	{
		name: "A13 the same asked of the peripheral", parties: of(smp.JustWorks, false, shortBond),
		play:      func(_ *testing.T, rig *smptest.Rig) { rig.RequestLTK(0x1234, 5) },
		responder: atRest.with(bt.PINOrKeyMissing.String()),
	},
	{
		name: "A15 the peripheral has forgotten the bond", parties: of(smp.JustWorks, false), before: bonded,
		play: func(t *testing.T, rig *smptest.Rig) {
			forget(t, rig.Responder)
			encryptNow(t, rig)
		},
		initiator: atRest.with(bt.PINOrKeyMissing.String()), responder: atRest.with(bt.PINOrKeyMissing.String()),
	},
	{
		name: "the peripheral forgets the bond of an encrypted link", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play: func(t *testing.T, rig *smptest.Rig) {
			forget(t, rig.Responder)
			encryptNow(t, rig)
		},
		initiator: atRest.closed(), responder: atRest.with(bt.PINOrKeyMissing.String()).hangsUp(),
	},
	{
		name: "a second request while the stored key is set up", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play:      atRefresh(bt.Peripheral, zeroLTK),
		initiator: atRest.closed(), responder: atRest.with(bt.PINOrKeyMissing.String()).hangsUp(),
	},
	{
		name: "a refresh that ends in the clear, at the central", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play: atRefresh(bt.Central, off(bt.Central)), initiator: atRest.with("in the clear").hangsUp(), responder: atRest.closed(),
	},
	{
		name: "a refresh that ends in the clear, at the peripheral", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play: atRefresh(bt.Peripheral, off(bt.Peripheral)), initiator: atRest.closed(), responder: atRest.with("in the clear").hangsUp(),
	},
	{
		name: "a refresh that fails", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.FailEncryption(bt.UnsupportedRemoteFeature)
			encryptNow(t, rig)
			runTo(t, rig, bt.Peripheral, smp.StateEncryptingStored)
			rig.Deliver(bt.Peripheral)
		},
		initiator: atRest.closed(), responder: atRest.with(bt.UnsupportedRemoteFeature.String()).hangsUp(),
	},
	{
		name: "a refresh that fails, seen by the central first", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.FailEncryption(bt.UnsupportedRemoteFeature)
			encryptNow(t, rig)
		},
		initiator: atRest.with(bt.UnsupportedRemoteFeature.String()).hangsUp(), responder: atRest.closed(),
	},
	{
		name: "a stored key that fails", parties: of(smp.JustWorks, false), before: bonded,
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.FailEncryption(bt.UnsupportedRemoteFeature)
			encryptNow(t, rig)
		},
		initiator: atRest.with(bt.UnsupportedRemoteFeature.String()), responder: atRest.with(bt.UnsupportedRemoteFeature.String()),
	},
	{
		name: "an unknown key is asked for on an encrypted link", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play:      zeroLTK,
		initiator: atRest.closed(), responder: atRest.with(bt.PINOrKeyMissing.String()).hangsUp(),
	},
	{
		name: "pairing in the waiting interval", parties: of(smp.JustWorks, false),
		play: func(_ *testing.T, rig *smptest.Rig) {
			rig.Initiator.TooSoon = true
			rig.Pair()
		},
		initiator: refused(smp.WaitingInterval),
	},
	{
		name: "A35 SM/PER/PROT/BV-02-C not pairable", parties: of(smp.JustWorks, false, policy(bt.Peripheral, func(p *smp.Policy) { p.NotPairable = true })),
		play: pairNow, initiator: told(smp.PairingNotSupported),
	},
	{
		name: "SM/CEN/JW/BV-05-C a request in the waiting interval", parties: of(smp.JustWorks, false),
		play: func(_ *testing.T, rig *smptest.Rig) {
			rig.Responder.TooSoon = true
			rig.Pair()
		},
		initiator: told(smp.RepeatedAttempts),
	},
	{
		name:    "A05 a peer with our own address",
		parties: of(smp.JustWorks, false, config(bt.Peripheral, func(c *smp.Config) { c.Peer = smptest.ResponderAddress })),
		play:    pairNow, initiator: told(smp.PairingNotSupported),
	},
	{
		name: "SM/CEN/PROT/BV-01-C no response for 30 s", parties: of(smp.JustWorks, false),
		play: func(t *testing.T, rig *smptest.Rig) {
			mute(t, rig)
			rig.Inject(bt.Central, examples[smp.CodePairingResponse]...)
		},
		initiator: ending{State: smp.StateMute, Reports: []string{"timeout"}}, responder: ending{State: smp.StateMute, Reports: []string{"timeout"}},
	},
	{
		name: "a timed-out link still answers for a bond", parties: of(smp.JustWorks, false, policy(bt.Peripheral, func(p *smp.Policy) { p.Repairing = smp.RepairAlways })), before: bonded,
		play: func(t *testing.T, rig *smptest.Rig) {
			mute(t, rig)
			ltk := rig.Responder.Bond().LocalLTK
			rig.RequestLTK(ltk.EDIV, ltk.Rand)
			if last := rig.Responder.Keys[len(rig.Responder.Keys)-1]; last.Kind != smp.EffectReplyStoredKey || last.Key != ltk.Key {
				t.Errorf("answered with %v", last.Kind)
			}
		},
		initiator: ending{State: smp.StateMute, Reports: []string{"timeout"}}, responder: ending{State: smp.StateMute, Reports: []string{"timeout"}},
	},
	{
		name: "a timed-out encrypted link has no key for another bond", parties: of(smp.JustWorks, false, policy(bt.Peripheral, func(p *smp.Policy) { p.Repairing = smp.RepairAlways })), before: alreadyPaired,
		play: func(t *testing.T, rig *smptest.Rig) {
			mute(t, rig)
			zeroLTK(t, rig)
		},
		initiator: ending{Reports: []string{"timeout"}}.closed(), responder: ending{Reports: []string{"timeout"}}.with(bt.PINOrKeyMissing.String()).hangsUp(),
	},
}

// shortBond gives both sides a bond with a key of 15 octets.
func shortBond(both *[2]smptest.Party) {
	addresses := [2]bt.TypedAddress{smptest.InitiatorAddress, smptest.ResponderAddress}
	for i := range both {
		ltk := &bond.LongTermKey{Key: bt.Key{1: 9}, EDIV: 0x1234, Rand: 5}
		store := bond.NewMemory()
		if err := store.Put(bond.Bond{Local: addresses[i], Peer: addresses[1-i], KeySize: 15, LocalLTK: ltk, PeerLTK: ltk, Created: time.Unix(0, 0)}); err != nil {
			panic(err)
		}
		both[i].Store = store
	}
}

// forget takes the bond of a side away.
func forget(t *testing.T, d *smptest.Device) {
	t.Helper()
	b := d.Bond()
	if err := d.Store.Delete(b.Local, b.Peer); err != nil {
		t.Fatal(err)
	}
}

// securityScenarios are about the Security Request.
var securityScenarios = []scenario{
	{
		name: "SM/PER/PIS/BV-01-C not bonded: the central pairs", parties: of(smp.NumericComparison, true),
		play: requestSecurity(smp.AuthReqMITM), initiator: complete, responder: complete,
	},
	{
		name: "SM/PER/PIS/BV-02-C bonded: the central encrypts", parties: of(smp.JustWorks, false), before: bonded,
		play: requestSecurity(0), initiator: encrypted, responder: encrypted,
	},
	{
		name: "bonded with Just Works, and MITM asked: the central pairs again", before: bonded,
		parties: of(smp.JustWorks, true, func(both *[2]smptest.Party) {
			both[0].Config.Policy.Repairing, both[1].Config.Policy.Repairing = smp.RepairAlways, smp.RepairAlways
		}),
		play: requestSecurity(smp.AuthReqMITM), initiator: complete, responder: complete,
	},
	{
		name: "SM/CEN/PIS/BV-02-C the central is not pairable", parties: of(smp.JustWorks, false, policy(bt.Central, func(p *smp.Policy) { p.NotPairable = true })),
		play: requestSecurity(0), responder: told(smp.PairingNotSupported),
	},
	{
		name: "the central is in its waiting interval", parties: of(smp.JustWorks, false),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Initiator.TooSoon = true
			requestSecurity(0)(t, rig)
		},
		responder: told(smp.RepeatedAttempts),
	},
	{
		name: "the central's user refuses", parties: of(smp.JustWorks, false, refusing(bt.Central, smp.EffectAskSecurity)),
		play: requestSecurity(0), initiator: failed(smp.PairingNotSupported), responder: told(smp.PairingNotSupported),
	},
	{
		name: "the central's user refuses with a reason", parties: of(smp.JustWorks, false,
			user(bt.Central, smptest.Refuses(smp.EffectAskSecurity, smp.AuthenticationRequirements, smptest.Agreeable))),
		play: requestSecurity(0), initiator: failed(smp.AuthenticationRequirements), responder: told(smp.AuthenticationRequirements),
	},
	{
		name: "the user hears what the peripheral asks for", parties: of(smp.JustWorks, false, user(bt.Central, smptest.Ignores(smp.EffectAskSecurity, smptest.Agreeable))),
		play: func(t *testing.T, rig *smptest.Rig) {
			t.Helper()
			asked := smp.AuthReqBonding.WithMITM(true).WithKeypress(true)
			requestSecurity(asked)(t, rig)
			runTo(t, rig, bt.Central, smp.StateAwaitConsent)
			if q := rig.Initiator.Question; q == nil || q.Offer.AuthReq != asked {
				t.Errorf("the question is %+v, want it to offer %v", q, asked)
			}
			rig.Pair()
		},
		initiator: complete, responder: complete,
	},
	{
		name: "Pair as the answer to the question", parties: of(smp.JustWorks, false, user(bt.Central, smptest.Ignores(smp.EffectAskSecurity, smptest.Agreeable))),
		play: func(t *testing.T, rig *smptest.Rig) {
			requestSecurity(0)(t, rig)
			runTo(t, rig, bt.Central, smp.StateAwaitConsent)
			rig.Pair()
		},
		initiator: complete, responder: complete,
	},
	{
		name: "SM/CEN/PIS/BV-03-C a second Security Request before the response", parties: of(smp.JustWorks, false, user(bt.Peripheral, smptest.Ignores(smp.EffectAskPairing, smptest.Agreeable))),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			run(t, rig)
			before := timerOf(t, rig.Initiator)
			rig.Elapse(10 * time.Second)
			rig.Inject(bt.Central, 0x0b, 0x0d)
			if after := timerOf(t, rig.Initiator); after != before {
				t.Errorf("the timer was restarted: %v, %v", before, after)
			}
			rig.Responder.User = smptest.Agreeable
		},
		initiator: complete, responder: complete,
	},
	{
		name: "a Security Request that crosses a Pairing Request", parties: of(smp.JustWorks, false),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			requestSecurity(0)(t, rig)
		},
		initiator: complete, responder: complete,
	},
	{
		name: "the central asks for the bond's key", parties: of(smp.JustWorks, false), before: bonded,
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Initiator.User = smptest.Ignores(smp.EffectAskSecurity, smptest.Agreeable)
			rig.Do(bt.Peripheral, smp.Input{Event: smp.EventRequestSecurity, Security: smp.AuthReqMITM})
			rig.Lose(bt.Central)
			encryptNow(t, rig)
		},
		initiator: encrypted, responder: encrypted,
	},
	{
		name: "the central asks for a bond's key that the peripheral has forgotten", parties: of(smp.JustWorks, false), before: bonded,
		play: func(t *testing.T, rig *smptest.Rig) {
			forget(t, rig.Responder)
			requestSecurity(0)(t, rig)
		},
		initiator: atRest.with(bt.PINOrKeyMissing.String()), responder: ended(smp.KeyMissing).with(bt.PINOrKeyMissing.String()),
	},
	{
		name: "the same on an encrypted link", parties: of(smp.JustWorks, false), before: alreadyPaired,
		play: func(t *testing.T, rig *smptest.Rig) {
			forget(t, rig.Responder)
			requestSecurity(0)(t, rig)
		},
		initiator: atRest.closed(), responder: ended(smp.KeyMissing).with(bt.PINOrKeyMissing.String()).hangsUp(),
	},
	{
		name: "the peripheral asked, and is not pairable", parties: of(smp.JustWorks, false, policy(bt.Peripheral, func(p *smp.Policy) { p.NotPairable = true })),
		play: requestSecurity(0), initiator: told(smp.PairingNotSupported), responder: failed(smp.PairingNotSupported),
	},
	{
		name: "the peripheral asked, and is in its waiting interval", parties: of(smp.JustWorks, false),
		play: func(t *testing.T, rig *smptest.Rig) {
			rig.Responder.TooSoon = true
			requestSecurity(0)(t, rig)
		},
		initiator: told(smp.RepeatedAttempts), responder: failed(smp.RepeatedAttempts),
	},
	{
		name: "the peripheral asked, and gets a malformed request", parties: of(smp.JustWorks, false, user(bt.Central, smptest.Ignores(smp.EffectAskSecurity, smptest.Agreeable))),
		play: func(t *testing.T, rig *smptest.Rig) {
			requestSecurity(0)(t, rig)
			rig.Inject(bt.Peripheral, 0x01, 0x03, 0x00, 0x09, 0x06, 0x07, 0x07)
		},
		initiator: told(smp.InvalidParameters), responder: failed(smp.InvalidParameters),
	},
	{
		name: "the peripheral asked, and gets a malformed Pairing Failed", parties: of(smp.JustWorks, false, user(bt.Central, smptest.Ignores(smp.EffectAskSecurity, smptest.Agreeable))),
		play: func(t *testing.T, rig *smptest.Rig) {
			requestSecurity(0)(t, rig)
			rig.Inject(bt.Peripheral, 0x05)
			run(t, rig)
			rig.Refuse(bt.Central, 0)
		},
		initiator: failed(smp.PairingNotSupported), responder: told(smp.UnspecifiedReason),
	},
	{
		name: "nobody answers a Security Request", parties: of(smp.JustWorks, false, user(bt.Central, smptest.Ignores(smp.EffectAskSecurity, smptest.Agreeable))),
		play: func(t *testing.T, rig *smptest.Rig) {
			requestSecurity(0)(t, rig)
			run(t, rig)
			rig.Elapse(30 * time.Second)
		},
		initiator: ending{State: smp.StateMute, Reports: []string{"timeout"}}, responder: ending{State: smp.StateMute, Reports: []string{"timeout"}},
	},
}

// timerOf is when the procedure's timer fires.
func timerOf(t *testing.T, d *smptest.Device) time.Time {
	t.Helper()
	at, armed := d.Armed()
	if !armed {
		t.Fatalf("the %v has no timer", d.Role)
	}
	return at
}
