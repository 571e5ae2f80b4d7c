package smp_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
	"blesmp/smp/toolbox"
)

// paired2 pairs two parties and gives the bonds of both, the initiator's first.
func paired2(t *testing.T, both [2]smptest.Party) (*smptest.Rig, *bond.Bond, *bond.Bond) {
	t.Helper()
	rig := newRig(t, both[0], both[1])
	rig.Pair()
	run(t, rig)
	if len(rig.Initiator.Bonds) != 1 || len(rig.Responder.Bonds) != 1 {
		t.Fatalf("%d and %d bonds; %v, %v", len(rig.Initiator.Bonds), len(rig.Responder.Bonds), rig.Initiator.Failures, rig.Responder.Failures)
	}
	return rig, rig.Initiator.Bonds[0], rig.Responder.Bonds[0]
}

// distributed reads the keys off the PDUs that a side has sent.
func distributed(t *testing.T, d *smptest.Device) (ltk *bond.LongTermKey, irk, csrk *bt.Key) {
	t.Helper()
	for _, octets := range d.Sent {
		var err error
		switch smp.PDUCode(octets[0]) {
		case smp.CodeEncryptionInformation:
			var pdu smp.EncryptionInformation
			err = pdu.Unmarshal(octets)
			ltk = &bond.LongTermKey{Key: pdu.LTK}
		case smp.CodeCentralIdentification:
			var pdu smp.CentralIdentification
			err = pdu.Unmarshal(octets)
			ltk.EDIV, ltk.Rand = pdu.EDIV, pdu.Rand
		case smp.CodeIdentityInformation:
			var pdu smp.IdentityInformation
			err = pdu.Unmarshal(octets)
			irk = &pdu.IRK
		case smp.CodeSigningInformation:
			var pdu smp.SigningInformation
			err = pdu.Unmarshal(octets)
			csrk = &pdu.CSRK
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return ltk, irk, csrk
}

// sameBond compares but for the time. Keys hide from cmp's output, not from
// cmp.
func sameBond(t *testing.T, side string, want bond.Bond, got *bond.Bond) {
	t.Helper()
	if diff := cmp.Diff(want, *got, cmpopts.IgnoreFields(bond.Bond{}, "Created")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", side, diff)
	}
}

// TestBondLegacy compares the bonds of legacy pairing with the keys on the air.
func TestBondLegacy(t *testing.T) {
	for _, size := range []int{7, 12, 16} {
		t.Run(fmt.Sprintf("%d octets", size), func(t *testing.T) {
			rig, initiator, responder := paired2(t, of(smp.ResponderTypes, false,
				keySize(bt.Central, size), minKeySize(bt.Central, 7), minKeySize(bt.Peripheral, 7))())
			iLTK, iIRK, iCSRK := distributed(t, rig.Initiator)
			rLTK, rIRK, rCSRK := distributed(t, rig.Responder)
			want := bond.Bond{
				Local: smptest.InitiatorAddress, Peer: smptest.ResponderAddress,
				MITM: true, Model: uint8(smp.ResponderTypes), KeySize: size,
				LocalLTK: iLTK, PeerLTK: rLTK, PeerIRK: rIRK, LocalCSRK: iCSRK, PeerCSRK: rCSRK,
			}
			sameBond(t, "initiator", want, initiator)
			want.Local, want.Peer = want.Peer, want.Local
			want.LocalLTK, want.PeerLTK, want.PeerIRK, want.LocalCSRK, want.PeerCSRK = rLTK, iLTK, iIRK, rCSRK, iCSRK
			sameBond(t, "responder", want, responder)
			for _, ltk := range []*bond.LongTermKey{iLTK, rLTK} {
				if !cutTo(ltk.Key, size) {
					t.Errorf("an LTK is not cut to %d octets", size)
				}
			}
			for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
				if !cutTo(d.Keys[0].Key, size) {
					t.Errorf("the STK of the %v is not cut to %d octets", d.Role, size)
				}
			}
		})
	}
}

// cutTo reports whether a key has its last octets only: the first ones, which
// are the most significant, are zero, and the one behind them is not.
func cutTo(key bt.Key, size int) bool {
	for _, octet := range key[:len(key)-size] {
		if octet != 0 {
			return false
		}
	}
	return !key.IsZero()
}

// TestBondSecure checks the one LTK of LE Secure Connections.
func TestBondSecure(t *testing.T) {
	for _, size := range []int{7, 16} {
		t.Run(fmt.Sprintf("%d octets", size), func(t *testing.T) {
			rig, initiator, responder := paired2(t, of(smp.NumericComparison, true,
				keySize(bt.Peripheral, size), minKeySize(bt.Central, 7), minKeySize(bt.Peripheral, 7))())
			ltk := &bond.LongTermKey{Key: rig.Initiator.Keys[0].Key}
			_, iIRK, iCSRK := distributed(t, rig.Initiator)
			_, rIRK, rCSRK := distributed(t, rig.Responder)
			want := bond.Bond{
				Local: smptest.InitiatorAddress, Peer: smptest.ResponderAddress,
				SC: true, MITM: true, Model: uint8(smp.NumericComparison), KeySize: size,
				LocalLTK: ltk, PeerLTK: ltk, PeerIRK: rIRK, LocalCSRK: iCSRK, PeerCSRK: rCSRK,
			}
			sameBond(t, "initiator", want, initiator)
			want.Local, want.Peer = want.Peer, want.Local
			want.PeerIRK, want.LocalCSRK, want.PeerCSRK = iIRK, rCSRK, iCSRK
			sameBond(t, "responder", want, responder)
			if !cutTo(ltk.Key, size) {
				t.Errorf("the LTK is not cut to %d octets", size)
			}
			for _, result := range []*smp.Result{rig.Initiator.Results[0], rig.Responder.Results[0]} {
				if !result.Bonded || result.Initiator.LTK.Key != ltk.Key || result.Responder.LTK.Key != ltk.Key || result.Debug {
					t.Errorf("result %+v", result)
				}
			}
		})
	}
}

// TestBondNames checks under which names a peer is kept.
func TestBondNames(t *testing.T) {
	identity := bt.TypedAddress{Type: bt.PublicAddress, Address: bt.Address{0x00, 0x1b, 0xdc, 7, 7, 7}}
	static := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc7, 7, 7, 7, 7, 7}}
	resolvable := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x47, 7, 7, 7, 7, 7}}
	tests := []struct {
		name            string
		onAir, identity bt.TypedAddress
		distributes     bool
		peer, other     bt.TypedAddress
	}{
		{"static address, no identity", static, static, false, static, bt.TypedAddress{}},
		{"static address that is the identity", static, static, true, static, bt.TypedAddress{}},
		{"static address and another identity", static, identity, true, identity, static},
		{"resolvable address", resolvable, identity, true, identity, bt.TypedAddress{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keys := smp.KeyDistribution(0)
			if test.distributes {
				keys = smp.KeyDistributionIdKey
			}
			both := of(smp.JustWorks, true, distribute(0, keys),
				repairing(bt.Central, smp.RepairAlways), repairing(bt.Peripheral, smp.RepairAlways))()
			both[1].Config.Local, both[1].Config.LocalIdentity, both[0].Config.Peer = test.onAir, test.identity, test.onAir
			rig := newRig(t, both[0], both[1])
			for range 2 { // again, it is the same bond under both names
				rig.Pair()
				run(t, rig)
				if len(rig.Initiator.Failures) != 0 || len(rig.Initiator.Bonds) == 0 {
					t.Fatalf("%d bonds, %v", len(rig.Initiator.Bonds), rig.Initiator.Failures)
				}
				b := rig.Initiator.Bonds[len(rig.Initiator.Bonds)-1]
				if b.Peer != test.peer || b.OnAir != test.other || rig.Initiator.Procedure.PeerIdentity() != test.peer {
					t.Errorf("peer %v, on air %v; want %v, %v", b.Peer, b.OnAir, test.peer, test.other)
				}
				if err := rig.Reconnect(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestBondNone checks that zero keys are kept as none.
func TestBondNone(t *testing.T) {
	both := of(smp.JustWorks, true, distribute(7, 7))()
	rig := newRig(t, both[0], both[1])
	rig.Pair()
	for _, code := range []smp.PDUCode{smp.CodeIdentityInformation, smp.CodeSigningInformation} {
		catch(t, rig, bt.Central, code)
		rig.Alter(bt.Central, func(pdu []byte) []byte { clear(pdu[1:]); return pdu })
		rig.Deliver(bt.Central)
	}
	run(t, rig)
	if len(rig.Initiator.Bonds) != 1 || len(rig.Initiator.Results) != 1 {
		t.Fatal(rig.Initiator.Failures)
	}
	if b := rig.Initiator.Bonds[0]; b.PeerIRK != nil || b.PeerCSRK != nil {
		t.Errorf("zero keys were kept: IRK %v, CSRK %v", b.PeerIRK, b.PeerCSRK)
	}
	if r := rig.Initiator.Results[0].Responder; r.IRK != nil || r.CSRK != nil || r.Identity == nil {
		t.Errorf("result %+v", r)
	}
}

// TestDebugKeys pairs with the published key pair.
func TestDebugKeys(t *testing.T) {
	debug, err := toolbox.DebugKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	withDebug := func(role bt.Role) change {
		return config(role, func(c *smp.Config) { c.NewKeyPair = func() smp.KeyPair { return debug } })
	}
	allow := func(role bt.Role) change { return policy(role, func(p *smp.Policy) { p.DebugKeys = true }) }
	tests := []struct {
		name    string
		changes []change
		paired  bool
	}{
		{"A18 the responder has it, not allowed", []change{withDebug(bt.Peripheral)}, false},
		{"A18 the initiator has it, not allowed", []change{withDebug(bt.Central)}, false},
		{"the responder has it", []change{withDebug(bt.Peripheral), allow(bt.Central)}, true},
		{"the initiator has it", []change{withDebug(bt.Central), allow(bt.Peripheral)}, true},
		{"both have it", []change{withDebug(bt.Central), withDebug(bt.Peripheral), allow(bt.Central), allow(bt.Peripheral)}, true},
		{"both have it, one may not", []change{withDebug(bt.Central), withDebug(bt.Peripheral), allow(bt.Peripheral)}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			both := of(smp.NumericComparison, true, test.changes...)()
			rig := newRig(t, both[0], both[1])
			rig.Pair()
			run(t, rig)
			for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
				if !test.paired {
					if len(d.Bonds) != 0 || len(d.Failures) != 1 || d.Failures[0].Reason != smp.DHKeyCheckFailed {
						t.Errorf("%v: %d bonds, %v", d.Role, len(d.Bonds), d.Failures)
					}
					continue
				}
				if len(d.Bonds) != 1 || !d.Bonds[0].Debug || !d.Results[0].Debug {
					t.Errorf("%v: the bond does not say that everybody knows its keys", d.Role)
				}
			}
		})
	}
}

// TestFreshRandoms pairs three times (SM/CEN/SCJW/BV-01-C, SM/CEN/PKE/BV-05-C,
// A08): no random, key pair or passkey comes twice.
func TestFreshRandoms(t *testing.T) {
	for _, sc := range []bool{false, true} {
		both := again(smp.InitiatorTypes, sc)()
		rig := newRig(t, both[0], both[1])
		seen := map[string]bool{}
		for range 3 {
			rig.Pair()
			runTo(t, rig, bt.Central, smp.StateIdle)
			run(t, rig)
			if err := rig.Reconnect(); err != nil {
				t.Fatal(err)
			}
		}
		for _, d := range []*smptest.Device{rig.Initiator, rig.Responder} {
			if len(d.Results) != 3 {
				t.Fatalf("%d pairings", len(d.Results))
			}
			for _, pdu := range d.Sent {
				switch smp.PDUCode(pdu[0]) {
				case smp.CodePairingRandom, smp.CodePublicKey, smp.CodePairingConfirm, smp.CodeEncryptionInformation, smp.CodeSigningInformation:
					if seen[string(pdu)] {
						t.Errorf("%v: %v comes twice", d.Role, smp.PDUCode(pdu[0]))
					}
					seen[string(pdu)] = true
				}
			}
		}
	}
}
