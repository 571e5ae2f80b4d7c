package smp_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// route is a way through the states: what two parties do until nothing is left
// to do.
type route struct {
	name    string
	parties func() [2]smptest.Party
	order   func(*smptest.Rig)
	begin   func(*testing.T, *smptest.Rig)
}

// place is a state that a route passes at a side: after how many moves.
type place struct {
	route *route
	moves int
}

// start gives a rig on which the route has begun.
func (c *route) start(t *testing.T) *smptest.Rig {
	t.Helper()
	parties := c.parties()
	rig := newRig(t, parties[0], parties[1])
	if c.order != nil {
		c.order(rig)
	}
	c.begin(t, rig)
	return rig
}

// walk gives a rig on which the route has come to the place.
func (p place) walk(t *testing.T) *smptest.Rig {
	t.Helper()
	rig := p.route.start(t)
	for range p.moves {
		rig.Next()
	}
	return rig
}

// byModel are input and output capabilities that give each association model.
var byModel = map[smp.AssociationModel][2]smp.IOCapability{
	smp.JustWorks:         {smp.NoInputNoOutput, smp.NoInputNoOutput},
	smp.InitiatorTypes:    {smp.KeyboardOnly, smp.DisplayOnly},
	smp.ResponderTypes:    {smp.DisplayOnly, smp.KeyboardOnly},
	smp.BothType:          {smp.KeyboardOnly, smp.KeyboardOnly},
	smp.NumericComparison: {smp.DisplayYesNo, smp.DisplayYesNo},
	smp.OutOfBand:         {smp.NoInputNoOutput, smp.NoInputNoOutput},
}

// parties gives two sides that pair with a model.
func parties(model smp.AssociationModel, sc bool) [2]smptest.Party {
	io := byModel[model]
	both := [2]smptest.Party{
		side{io: io[0], sc: sc, mitm: model != smp.JustWorks}.party(),
		side{io: io[1], sc: sc, mitm: model != smp.JustWorks}.party(),
	}
	if model != smp.OutOfBand {
		return both
	}
	if !sc {
		tk := bt.Key{1, 2, 3}
		both[0].Features.PeerOOB = &smp.PeerOOB{Address: smptest.ResponderAddress, TK: &tk}
		both[1].Features.PeerOOB = &smp.PeerOOB{Address: smptest.InitiatorAddress, TK: &tk}
		return both
	}
	exchangeOOB(&both, true, true)
	return both
}

// exchangeOOB lets sides give out-of-band data out: the initiator gets that of
// the responder, the responder that of the initiator.
func exchangeOOB(both *[2]smptest.Party, initiatorGets, responderGets bool) {
	addresses := [2]bt.TypedAddress{smptest.InitiatorAddress, smptest.ResponderAddress}
	for to, gets := range [2]bool{initiatorGets, responderGets} {
		if !gets {
			continue
		}
		local := smp.NewLocalOOB(addresses[1-to])
		both[1-to].Config.LocalOOB = func() *smp.LocalOOB { return local }
		both[to].Features.PeerOOB = &smp.PeerOOB{Address: local.Address, Confirm: &local.Confirm, Random: &local.Random}
	}
}

func pair(_ *testing.T, rig *smptest.Rig) { rig.Pair() }

// routes pass every state in which a side can wait.
func routes() []*route {
	legacy := func() [2]smptest.Party { return parties(smp.JustWorks, false) }
	all := []*route{{name: "nothing", parties: legacy, begin: func(*testing.T, *smptest.Rig) {}}}
	orders := []struct {
		name string
		set  func(*smptest.Rig)
	}{
		{"link first", func(*smptest.Rig) {}},
		{"users first", func(rig *smptest.Rig) { rig.UsersFirst = true }},
		{"responder first", func(rig *smptest.Rig) { rig.FirstUser = bt.Peripheral }},
	}
	for _, sc := range []bool{false, true} {
		for _, model := range slices.Sorted(maps.Keys(byModel)) {
			if model == smp.NumericComparison && !sc {
				continue
			}
			for _, order := range orders {
				all = append(all, &route{
					name:    fmt.Sprintf("sc=%v %v, %s", sc, model, order.name),
					parties: func() [2]smptest.Party { return parties(model, sc) },
					order:   order.set,
					begin:   pair,
				})
			}
		}
	}
	asked := func() [2]smptest.Party {
		both := legacy()
		both[0].User = smptest.Ignores(smp.EffectAskSecurity, smptest.Agreeable)
		return both
	}
	silent := func() [2]smptest.Party {
		both := legacy()
		both[1].User = smptest.Ignores(smp.EffectAskPairing, smptest.Agreeable)
		return both
	}
	stored := func(t *testing.T, rig *smptest.Rig) {
		rig.Pair()
		run(t, rig)
		if err := rig.Reconnect(); err != nil {
			t.Fatal(err)
		}
		rig.Do(bt.Central, smp.Input{Event: smp.EventEncrypt})
	}
	all = append(all,
		&route{name: "security request", parties: asked, begin: func(_ *testing.T, rig *smptest.Rig) {
			rig.Do(bt.Peripheral, smp.Input{Event: smp.EventRequestSecurity, Security: smp.AuthReqMITM})
		}},
		&route{name: "stored key", parties: legacy, begin: stored},
		&route{name: "timeout", parties: silent, begin: func(t *testing.T, rig *smptest.Rig) {
			rig.Pair()
			run(t, rig)
			rig.Elapse(30 * time.Second)
		}},
		&route{name: "link lost", parties: legacy, begin: func(t *testing.T, rig *smptest.Rig) {
			rig.Drop(bt.ConnectionTimeout)
			run(t, rig)
		}},
		&route{name: "responder's keys alone", parties: func() [2]smptest.Party {
			both := legacy()
			both[0].Features.InitiatorKeys = 0
			return both
		}, begin: pair},
	)
	for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
		all = append(all, &route{
			name: fmt.Sprintf("settling at the %v", role), parties: legacy,
			begin: func(t *testing.T, rig *smptest.Rig) {
				rig.Pair()
				if !rig.RunTo(role, smp.StateAwaitEncryption) {
					t.Fatal("no encryption")
				}
				rig.Inject(role, byte(smp.CodePairingFailed), byte(smp.UnspecifiedReason))
			},
		})
	}
	return all
}

// places finds for every side and state a route that passes it. Earlier
// routes come first, so that what is found is the same every time.
func places(t *testing.T) map[bt.Role]map[smp.State]place {
	t.Helper()
	found := map[bt.Role]map[smp.State]place{bt.Central: {}, bt.Peripheral: {}}
	for _, c := range routes() {
		rig := c.start(t)
		for moves := 0; ; moves++ {
			for role, states := range found {
				state := rig.Device(role).State()
				if _, ok := states[state]; !ok {
					states[state] = place{route: c, moves: moves}
				}
			}
			if !rig.Next() {
				break
			}
		}
	}
	for role, states := range found {
		for i, s := range smp.Table().States {
			if s.Flags&table.Choice != 0 || s.Roles>>role&1 == 0 {
				continue
			}
			if _, ok := states[smp.State(i)]; !ok {
				t.Errorf("no route brings the %v to %s", role, s.Name)
			}
		}
	}
	return found
}
