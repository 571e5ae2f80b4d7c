package verify

import (
	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// Setup is what two devices bring along, and what is tried with them.
type Setup struct {
	Name  string
	Sides [2]Party // initiator, responder

	// Security is what the responder asks for in a Security Request.
	Security smp.AuthReq

	// Budgets: how many times the initiator pairs and encrypts with its bond,
	// how many Security Requests the responder sends, how many faults there are
	// at most (one of them an injected PDU), and how many new links after the
	// first.
	Pairs, Encrypts, Requests, Faults, Links uint8
	Keypresses                               uint8 // that the users' devices tell of
	NoInjection                              bool
	Misuse                                   bool // commands at the wrong time

	// Completes says that every pairing has to succeed where nothing goes
	// wrong. Uneven says that the bonds differ from the start.
	Completes, Uneven bool

	// Attack puts Victim alone in front of an attacker. Unknown says that no key
	// may come of it: the attacker does not know what the users know.
	Attack, Unknown bool
	Victim          bt.Role
}

// size grows with the number of states.
func (s *Setup) size() int {
	if s.Attack {
		return 0
	}
	return int(s.Faults) * int(s.Pairs+s.Encrypts+s.Requests+2*s.Links)
}

// Party is one side of a Setup.
type Party struct {
	Features smp.Features
	Policy   smp.Policy
	Bond     *bond.Bond
	Other    *bond.Bond    // with another peer
	OOB      *smp.LocalOOB // that was given out
}

// scheme is a pair of IO capabilities with which a model runs.
type scheme struct {
	name      string
	own, peer smp.IOCapability
	mitm      bool
	legacy    bool // there is such a model in legacy pairing
	oob       [2]bool
}

var schemes = []scheme{
	{name: "just works", own: smp.NoInputNoOutput, peer: smp.NoInputNoOutput, legacy: true},
	{name: "initiator types", own: smp.KeyboardOnly, peer: smp.DisplayOnly, mitm: true, legacy: true},
	{name: "responder types", own: smp.DisplayOnly, peer: smp.KeyboardOnly, mitm: true, legacy: true},
	{name: "both type", own: smp.KeyboardOnly, peer: smp.KeyboardOnly, mitm: true, legacy: true},
	{name: "numeric comparison", own: smp.DisplayYesNo, peer: smp.DisplayYesNo, mitm: true},
	{name: "out of band", own: smp.NoInputNoOutput, peer: smp.NoInputNoOutput, mitm: true, legacy: true, oob: [2]bool{true, true}},
	{name: "out of band to the initiator", own: smp.NoInputNoOutput, peer: smp.NoInputNoOutput, mitm: true, oob: [2]bool{true, false}},
	{name: "out of band to the responder", own: smp.NoInputNoOutput, peer: smp.NoInputNoOutput, mitm: true, oob: [2]bool{false, true}},
}

// distribution is what the two sides hand over.
type distribution struct {
	name  string
	keys  [2]smp.KeyDistribution
	bonds bool
}

const (
	encKey  = smp.KeyDistributionEncKey
	idKey   = smp.KeyDistributionIdKey
	signKey = smp.KeyDistributionSignKey
)

var distributions = []distribution{
	{"LTK and identity", [2]smp.KeyDistribution{encKey | idKey, encKey | idKey}, true},
	{"all keys", [2]smp.KeyDistribution{encKey | idKey | signKey, encKey | idKey | signKey}, true},
	{"keys of the initiator", [2]smp.KeyDistribution{encKey | idKey, 0}, true},
	{"keys of the responder", [2]smp.KeyDistribution{0, encKey | idKey}, true},
	{"no keys", [2]smp.KeyDistribution{}, false},
}

// plain makes a setup of one model.
func plain(s scheme, sc bool, d distribution) Setup {
	kind := "legacy"
	if sc {
		kind = "SC"
	}
	setup := Setup{Name: kind + ", " + s.name + ", " + d.name, Pairs: 1, Faults: 2, Completes: true}
	capabilities := [2]smp.IOCapability{s.own, s.peer}
	var given [2]*smp.LocalOOB // by whom it was made
	for i := range given {
		if sc && s.oob[1-i] {
			given[i] = localOOB(bt.Role(i))
		}
	}
	for i := range setup.Sides {
		f := smp.DefaultFeatures()
		f.IOCapability, f.MITM, f.SC, f.Bonding = capabilities[i], s.mitm, sc, d.bonds
		f.InitiatorKeys, f.ResponderKeys = d.keys[0], d.keys[1]
		if s.oob[i] {
			f.PeerOOB = &smp.PeerOOB{Address: addresses[1-i]}
			if sc {
				o := given[1-i]
				f.PeerOOB.Confirm, f.PeerOOB.Random = &o.Confirm, &o.Random
			} else {
				f.PeerOOB.TK = &bt.Key{15: 7}
			}
		}
		setup.Sides[i] = Party{Features: f, OOB: given[i]}
	}
	return setup
}

// localOOB makes out-of-band data whose confirm value is a token.
func localOOB(role bt.Role) *smp.LocalOOB {
	keys := newPair(mix('o', []byte{byte(role)}))
	o := smp.NewLocalOOBFrom(addresses[role], keys, mix('r', []byte{byte(role)}))
	x := keys.public.X
	o.Confirm = tokens{}.F4(x, x, o.Random, 0)
	return o
}

// bonded gives both sides the bond of an earlier pairing, or one of them.
func (s Setup) bonded(sc, mitm bool, who ...bt.Role) Setup {
	ltk := func(of byte) *bond.LongTermKey {
		if sc {
			return &bond.LongTermKey{Key: mix('b')}
		}
		return &bond.LongTermKey{Key: mix('b', []byte{of}), EDIV: 0x100 + uint16(of), Rand: 1}
	}
	keys := [2]*bond.LongTermKey{ltk(0), ltk(1)}
	for _, role := range who {
		model := smp.JustWorks
		if mitm {
			model = smp.InitiatorTypes
		}
		s.Sides[role].Bond = &bond.Bond{
			Local: addresses[role], Peer: addresses[1-role], SC: sc, MITM: mitm, KeySize: 16, Model: uint8(model),
			LocalLTK: keys[role], PeerLTK: keys[1-role],
		}
	}
	s.Uneven = len(who) == 1
	s.Encrypts, s.Requests, s.Misuse = 1, 1, true
	return s
}

func (s Setup) named(name string) Setup {
	s.Name += ", " + name
	return s
}

// Setups lists what is explored: combinations of features, bonds and policies
// that lead to other ways. The quick ones are a part of them, with less of
// everything.
func Setups(quick bool) []Setup {
	var all []Setup
	for _, s := range schemes {
		for _, sc := range []bool{false, true} {
			if !sc && !s.legacy {
				continue
			}
			for i, d := range distributions {
				if i == 0 || !quick && (i == 1 || s.name == "just works" || s.name == "numeric comparison") {
					all = append(all, plain(s, sc, d))
				}
			}
		}
	}
	all = append(all, bondSetups()...)
	all = append(all, policySetups()...)
	all = append(all, longSetups(quick)...)
	return append(all, attackSetups(quick)...)
}

const (
	central    = bt.Central
	peripheral = bt.Peripheral
)

// bondSetups begin with bonds of both sides or one.
func bondSetups() []Setup {
	var all []Setup
	for _, sc := range []bool{false, true} {
		kind := map[bool]string{false: "legacy bonds", true: "SC bonds"}[sc]
		base := plain(schemes[0], sc, distributions[0])
		all = append(all,
			base.bonded(sc, false, central, peripheral).named(kind),
			base.bonded(sc, false, central).named(kind+" at the initiator"),
			base.bonded(sc, false, peripheral).named(kind+" at the responder"),
		)
	}
	stronger := plain(schemes[0], true, distributions[0]).bonded(true, true, central, peripheral).named("stronger bonds")
	stronger.Completes = false
	numeric := plain(schemes[4], true, distributions[0]).bonded(true, true, central, peripheral).named("bonds")
	numeric.Security = smp.AuthReqMITM
	return append(all, stronger, numeric)
}

// policySetups are refused by one side or end with a shorter key.
func policySetups() []Setup {
	just, secure := plain(schemes[0], false, distributions[0]), plain(schemes[0], true, distributions[0])
	short := secure.named("short keys")
	short.Sides[0].Features.MaxKeySize, short.Sides[0].Policy.MinKeySize, short.Sides[1].Policy.MinKeySize = 7, 7, 7
	shortLegacy := just.named("short keys")
	shortLegacy.Sides[1].Features.MaxKeySize, shortLegacy.Sides[0].Policy.MinKeySize, shortLegacy.Sides[1].Policy.MinKeySize = 10, 7, 7
	refusedSize := just.named("too short for the responder")
	refusedSize.Sides[0].Features.MaxKeySize, refusedSize.Sides[0].Policy.MinKeySize = 7, 7
	refusedHere := just.named("too short for the initiator")
	refusedHere.Sides[1].Features.MaxKeySize, refusedHere.Sides[1].Policy.MinKeySize = 7, 7
	scOnly := just.named("SC only at the responder")
	scOnly.Sides[1].Policy.SCOnly = true
	mitm := secure.named("MITM wanted by the initiator")
	mitm.Sides[0].Policy.RequireMITM = true
	closed := secure.named("not pairable")
	closed.Sides[1].Policy.NotPairable = true
	both := just.named("one side offers SC")
	both.Sides[0].Features.SC = true
	noBonding := secure.named("one side keeps no keys")
	noBonding.Sides[1].Features.Bonding = false
	closedHere := secure.named("the initiator not pairable")
	closedHere.Sides[0].Policy.NotPairable = true
	all := []Setup{short, shortLegacy, refusedSize, refusedHere, scOnly, mitm, closed, closedHere, both, noBonding}
	for i := range all {
		all[i].Completes = i < 2 || i > 7
		all[i].Requests = 1
		all[i].Uneven = i == len(all)-1
	}
	return append(all, askSetups()...)
}

// askSetups leave it to the user whether a bond is replaced, or have not all of
// the out-of-band data that the model needs, or tell of keypresses.
func askSetups() []Setup {
	var all []Setup
	for role, side := range []string{"initiator", "responder"} {
		ask := plain(schemes[0], true, distributions[0]).bonded(true, true, bt.Role(role)).named("a stronger bond at the " + side + ", whose user decides")
		ask.Sides[role].Policy.Repairing = smp.RepairAsk
		ask.Completes = false
		half := plain(schemes[5], true, distributions[0]).named("only a TK at the " + side)
		half.Sides[role].Features.PeerOOB = &smp.PeerOOB{Address: addresses[1-role], TK: &bt.Key{15: 7}}
		half.Completes = false
		all = append(all, ask, half)
	}
	for _, s := range []scheme{schemes[1], schemes[2], schemes[3]} {
		typing := plain(s, true, distributions[0]).named("keypresses")
		typing.Keypresses, typing.Faults = 2, 1
		typing.Sides[0].Features.Keypress, typing.Sides[1].Features.Keypress = true, true
		all = append(all, typing)
	}
	return all
}

// longSetups pair several times, on one link and on new ones.
func longSetups(quick bool) []Setup {
	var all []Setup
	for _, s := range []Setup{
		plain(schemes[0], false, distributions[0]), plain(schemes[0], true, distributions[0]),
		plain(schemes[4], true, distributions[0]), plain(schemes[2], true, distributions[0]), plain(schemes[1], false, distributions[0]),
	} {
		again := s.named("three pairings")
		again.Pairs, again.Faults, again.NoInjection = 3, 2, true
		link := s.named("and a new link")
		link.Pairs, link.Links, link.Faults, link.Requests = 1, 1, 2, 0
		asked := s.named("asked by the responder")
		asked.Requests, asked.Security, asked.Misuse = 1, smp.AuthReqMITM, true
		if quick {
			again.Pairs = 2
		}
		all = append(all, again, link, asked)
	}
	return all
}
