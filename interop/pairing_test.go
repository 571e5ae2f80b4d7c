//go:build interop

package interop

import (
	"blesmp/bt"
	"blesmp/smp"
)

// features gives the features of one side: LE Secure Connections, no MITM
// protection but where an IO capability could give it, all keys but CSRK.
func features(io smp.IOCapability, change ...func(*smp.Features)) smp.Features {
	f := smp.DefaultFeatures()
	f.IOCapability = io
	f.MITM = io != smp.NoInputNoOutput
	f.InitiatorKeys = f.InitiatorKeys.WithSignKey(true)
	f.ResponderKeys = f.ResponderKeys.WithSignKey(true)
	for _, c := range change {
		c(&f)
	}
	return f
}

func legacy(f *smp.Features) { f.SC = false }

func keySize(n int) func(*smp.Features) { return func(f *smp.Features) { f.MaxKeySize = n } }

// pairing is a pairing that succeeds: what initiator and responder offer, and
// what comes of it.
type pairing struct {
	initiator, responder smp.Features
	level                smp.Level
}

// level gives what comes of a pairing.
func level(model smp.AssociationModel, sc bool, size int) smp.Level {
	return smp.Level{MITM: model != smp.JustWorks, SC: sc, KeySize: size, Model: model}
}

// offer sets what both sides offer.
func (p pairing) offer(r *rig) {
	if r.role == bt.Central {
		r.offer(p.initiator, p.responder)
		return
	}
	r.offer(p.responder, p.initiator)
}

// run links, pairs, and checks that both sides agree.
func (p pairing) run(r *rig) {
	r.t.Helper()
	p.offer(r)
	r.link()
	p.pair(r)
}

func (p pairing) pair(r *rig) {
	r.t.Helper()
	result, err := r.pair()
	r.must(err, "pair")
	r.checkLevel(result.Level, p.level)
	p.check(r, result)
}

// check compares what both sides have after a pairing.
func (p pairing) check(r *rig, result *smp.Result) {
	r.t.Helper()
	bonded := p.initiator.Bonding && p.responder.Bonding
	if result.Bonded != bonded {
		r.t.Errorf("bonded: %v, want %v", result.Bonded, bonded)
	}
	if _, isLinux := r.peer.(*linux); !isLinux {
		_, err := r.peer.events().await(r.ctx, complete)
		r.must(err, "pair")
	}
	r.checkBonds(bonded)
	for len(r.user.model) > 0 {
		if model := <-r.user.model; model != p.level.Model {
			r.t.Errorf("the peer's model is %v, want %v", model, p.level.Model)
		}
	}
	r.checkUser()
}

// checkUser reports what went wrong at the user.
func (r *rig) checkUser() {
	r.t.Helper()
	for {
		select {
		case err := <-r.user.troubles:
			r.t.Errorf("user: %v", err)
		default:
			return
		}
	}
}

// The pairings of the matrix by their names.
var (
	scJustWorks  = pairing{features(smp.NoInputNoOutput), features(smp.NoInputNoOutput), level(smp.JustWorks, true, 16)}
	scNumeric    = pairing{features(smp.DisplayYesNo), features(smp.DisplayYesNo), level(smp.NumericComparison, true, 16)}
	scInitiator  = pairing{features(smp.KeyboardOnly), features(smp.DisplayOnly), level(smp.InitiatorTypes, true, 16)}
	scResponder  = pairing{features(smp.DisplayOnly), features(smp.KeyboardOnly), level(smp.ResponderTypes, true, 16)}
	scBoth       = pairing{features(smp.KeyboardOnly), features(smp.KeyboardOnly), level(smp.BothType, true, 16)}
	legJustWorks = pairing{features(smp.NoInputNoOutput, legacy), features(smp.NoInputNoOutput, legacy), level(smp.JustWorks, false, 16)}
	legInitiator = pairing{features(smp.KeyboardOnly, legacy), features(smp.DisplayOnly, legacy), level(smp.InitiatorTypes, false, 16)}
	legResponder = pairing{features(smp.DisplayOnly, legacy), features(smp.KeyboardOnly, legacy), level(smp.ResponderTypes, false, 16)}
	legBoth      = pairing{features(smp.KeyboardOnly, legacy), features(smp.KeyboardOnly, legacy), level(smp.BothType, false, 16)}
)

// alwaysSC says that ble-host cannot do without LE Secure Connections: legacy
// pairing with it is one where only we do not offer them.
func alwaysSC(p peerKind, _ bt.Role) string {
	if p.name == bleHost.name {
		return "it always offers LE Secure Connections"
	}
	return ""
}

func pairingCases() []testCase {
	var cases []testCase
	for _, c := range []struct {
		name string
		p    pairing
	}{
		{"LE Secure Connections, Just Works", scJustWorks},
		{"LE Secure Connections, numeric comparison", scNumeric},
		{"LE Secure Connections, passkey, initiator types", scInitiator},
		{"LE Secure Connections, passkey, responder types", scResponder},
		{"LE Secure Connections, passkey, both type", scBoth},
		{"legacy, Just Works", legJustWorks},
		{"legacy, passkey, initiator types", legInitiator},
		{"legacy, passkey, responder types", legResponder},
		{"legacy, passkey, both type", legBoth},
		{"LE Secure Connections, key of 7 octets", pairing{
			features(smp.NoInputNoOutput, keySize(7)), features(smp.NoInputNoOutput), level(smp.JustWorks, true, 7),
		}},
		{"LE Secure Connections, key of 7 octets from the responder", pairing{
			features(smp.NoInputNoOutput), features(smp.NoInputNoOutput, keySize(7)), level(smp.JustWorks, true, 7),
		}},
		{"legacy, key of 7 octets", pairing{
			features(smp.NoInputNoOutput, legacy, keySize(7)), features(smp.NoInputNoOutput, legacy), level(smp.JustWorks, false, 7),
		}},
		{"legacy, key of 7 octets from the responder", pairing{
			features(smp.NoInputNoOutput, legacy), features(smp.NoInputNoOutput, legacy, keySize(7)), level(smp.JustWorks, false, 7),
		}},
		{"without bonding", pairing{
			features(smp.NoInputNoOutput, noBonding), features(smp.NoInputNoOutput, noBonding), level(smp.JustWorks, true, 16),
		}},
	} {
		cases = append(cases, testCase{
			group: "Pairing", name: c.name,
			run: c.p.run,
		})
	}
	return append(cases,
		testCase{group: "Pairing", name: "only we offer LE Secure Connections", setup: setup{peer: peerOptions{legacy: true}}, cannot: alwaysSC, run: legJustWorks.ours(legacySC)},
		testCase{group: "Pairing", name: "only the peer offers LE Secure Connections", run: legJustWorks.ours(legacy)},
		testCase{group: "Pairing", name: "neither offers LE Secure Connections", setup: setup{peer: peerOptions{legacy: true}}, cannot: alwaysSC, run: legJustWorks.run},
	)
}

func noBonding(f *smp.Features) { f.Bonding = false }

func legacySC(f *smp.Features) { f.SC = true }

// ours runs the pairing with our features changed.
func (p pairing) ours(change func(*smp.Features)) func(r *rig) {
	return func(r *rig) {
		changed := p
		if r.role == bt.Central {
			change(&changed.initiator)
		} else {
			change(&changed.responder)
		}
		changed.run(r)
	}
}
