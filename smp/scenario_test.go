package smp_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// scenario is one exchange and how it ends at both sides.
type scenario struct {
	name    string
	parties func() [2]smptest.Party
	before  before // what has happened before
	play    func(t *testing.T, rig *smptest.Rig)

	// What has come of it at each side, counted from play on.
	initiator, responder ending
}

// before says what two sides have done before a scenario begins.
type before uint8

const (
	strangers     before = iota
	alreadyPaired        // on the same link, which is encrypted with the pairing's key
	bonded               // on an earlier link
	refreshed            // on an earlier link, and this one is encrypted with the bond
)

// ending is what has come of an exchange at one side.
type ending struct {
	State    smp.State
	Reports  []string
	Links    []string
	Refusals []smp.Refusal
	Bonds    int
	Gone     bool // the side ended the link
}

// The endings that most exchanges have.
var (
	atRest    = ending{}
	complete  = ending{Reports: []string{"complete"}, Links: []string{"encrypted"}, Bonds: 1}
	encrypted = ending{Links: []string{"encrypted"}}
)

// failed is the ending of the side that sends Pairing Failed, told that of the
// one that receives it.
func failed(reason smp.Reason) ending {
	return ending{Reports: []string{"failed: " + reason.String()}}
}

func told(reason smp.Reason) ending {
	return ending{Reports: []string{"peer: " + reason.String()}}
}

// ended is an ending without a PDU.
func ended(cause smp.Cause) ending { return ending{Reports: []string{fmt.Sprintf("ended: %v", cause)}} }

// refused is the ending of a command that was not carried out.
func refused(r smp.Refusal) ending { return ending{Refusals: []smp.Refusal{r}} }

// in, with and after vary an ending.
func (e ending) in(s smp.State) ending { e.State = s; return e }

func (e ending) with(links ...string) ending {
	e.Links = append(append([]string{}, e.Links...), links...)
	return e
}

func (e ending) closed() ending { return e.in(smp.StateClosed) }

func (e ending) hangsUp() ending { e.Gone = true; return e.closed() }

func (e ending) unbonded() ending { e.Bonds = 0; return e }

// then is what has come of two pairings.
func (e ending) then(more ending) ending {
	e.Reports = append(append([]string{}, e.Reports...), more.Reports...)
	e.Bonds += more.Bonds
	return e.with(more.Links...)
}

// mark is how far the record of a side had got.
type mark struct{ reports, links, refusals, bonds, keys int }

func markOf(d *smptest.Device) mark {
	return mark{len(d.Reports), len(d.Links), len(d.Refusals), len(d.Bonds), len(d.Keys)}
}

// since gives the ending of a side.
func since(m mark, d *smptest.Device, hungUp bool) ending {
	e := ending{State: d.State(), Refusals: d.Refusals[m.refusals:], Bonds: len(d.Bonds) - m.bonds, Gone: hungUp}
	for _, report := range d.Reports[m.reports:] {
		e.Reports = append(e.Reports, reportText(report))
	}
	for _, link := range d.Links[m.links:] {
		switch {
		case link.Kind == smp.EffectReportEncryptionFailure:
			e.Links = append(e.Links, link.Status.String())
		case link.Level == smp.Level{}:
			e.Links = append(e.Links, "in the clear")
		default:
			e.Links = append(e.Links, "encrypted")
		}
	}
	return e
}

func reportText(e smp.Effect) string {
	switch {
	case e.Kind == smp.EffectReportComplete:
		return "complete"
	case e.Kind == smp.EffectReportTimeout:
		return "timeout"
	case e.Err.Remote:
		return "peer: " + e.Err.Reason.String()
	case e.Kind == smp.EffectReportEnd:
		return fmt.Sprintf("ended: %v", e.Err.Cause)
	}
	return "failed: " + e.Err.Reason.String()
}

// bring makes true what a scenario begins with.
func (b before) bring(t *testing.T, rig *smptest.Rig) {
	t.Helper()
	if b == strangers {
		return
	}
	rig.Pair()
	run(t, rig)
	if b == alreadyPaired {
		return
	}
	if err := rig.Reconnect(); err != nil {
		t.Fatal(err)
	}
	if b == refreshed {
		rig.Do(bt.Central, smp.Input{Event: smp.EventEncrypt})
		run(t, rig)
	}
}

func (s scenario) run(t *testing.T) {
	both := s.parties()
	rig := newRig(t, both[0], both[1])
	s.before.bring(t, rig)
	hungUp := map[bt.Role]bool{}
	seen := rig.OnStep
	rig.OnStep = func(m smptest.Moment) {
		seen(m)
		for _, e := range m.Effects {
			hungUp[m.Device.Role] = hungUp[m.Device.Role] || e.Kind == smp.EffectDisconnect
		}
	}
	marks := map[bt.Role]mark{bt.Central: markOf(rig.Initiator), bt.Peripheral: markOf(rig.Responder)}
	s.play(t, rig)
	run(t, rig)
	for role, want := range map[bt.Role]ending{bt.Central: s.initiator, bt.Peripheral: s.responder} {
		d := rig.Device(role)
		got := since(marks[role], d, hungUp[role])
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", role, diff)
		}
		if len(want.Reports) == 1 && want.Reports[0] != "complete" && want.Bonds == 0 && got.Bonds != 0 {
			t.Errorf("%v: a failed pairing left a bond", role)
		}
	}
}

// TestScenarios plays every scenario.
func TestScenarios(t *testing.T) {
	fed[t.Name()] = true
	for _, group := range [][]scenario{restScenarios, securityScenarios, featureScenarios, authenticationScenarios, encryptionScenarios, keyScenarios} {
		for _, s := range group {
			t.Run(s.name, s.run)
		}
	}
}

// The parties of most scenarios, and what is changed of them.

type change func(*[2]smptest.Party)

func of(model smp.AssociationModel, sc bool, changes ...change) func() [2]smptest.Party {
	return func() [2]smptest.Party {
		both := parties(model, sc)
		for _, c := range changes {
			c(&both)
		}
		return both
	}
}

// withFeatures changes what a side offers, policy what it insists on, user who sits
// there.
func withFeatures(role bt.Role, set func(*smp.Features)) change {
	return func(both *[2]smptest.Party) { set(both[role].Features) }
}

func policy(role bt.Role, set func(*smp.Policy)) change {
	return func(both *[2]smptest.Party) { set(&both[role].Config.Policy) }
}

func config(role bt.Role, set func(*smp.Config)) change {
	return func(both *[2]smptest.Party) { set(&both[role].Config) }
}

func user(role bt.Role, u smptest.User) change {
	return func(both *[2]smptest.Party) { both[role].User = u }
}

// refusing is a user who refuses one question.
func refusing(role bt.Role, kind smp.EffectKind) change {
	return user(role, smptest.Refuses(kind, 0, smptest.Agreeable))
}

// Moves that scenarios share.

func pairNow(_ *testing.T, rig *smptest.Rig) { rig.Pair() }

func encryptNow(_ *testing.T, rig *smptest.Rig) {
	rig.Do(bt.Central, smp.Input{Event: smp.EventEncrypt})
}

func requestSecurity(auth smp.AuthReq) func(*testing.T, *smptest.Rig) {
	return func(_ *testing.T, rig *smptest.Rig) {
		rig.Do(bt.Peripheral, smp.Input{Event: smp.EventRequestSecurity, Security: auth})
	}
}

// runTo lets a side get to a state, or fails the test.
func runTo(t *testing.T, rig *smptest.Rig, role bt.Role, state smp.State) {
	t.Helper()
	if !rig.RunTo(role, state) {
		t.Fatalf("the %v does not get to %v, but to %v", role, state, rig.Device(role).State())
	}
}

// at pairs, and does something as soon as a side is in a state.
func at(role bt.Role, state smp.State, do func(*testing.T, *smptest.Rig)) func(*testing.T, *smptest.Rig) {
	return func(t *testing.T, rig *smptest.Rig) {
		t.Helper()
		rig.Pair()
		runTo(t, rig, role, state)
		do(t, rig)
	}
}

// flip changes the last octet of the next PDU with this code that reaches a
// side.
func flip(role bt.Role, code smp.PDUCode) func(*testing.T, *smptest.Rig) {
	return change1(role, code, func(pdu []byte) []byte {
		pdu[len(pdu)-1] ^= 1
		return pdu
	})
}

// change1 pairs and changes one PDU on its way.
func change1(role bt.Role, code smp.PDUCode, edit func([]byte) []byte) func(*testing.T, *smptest.Rig) {
	return func(t *testing.T, rig *smptest.Rig) {
		t.Helper()
		rig.Pair()
		catch(t, rig, role, code)
		rig.Alter(role, edit)
	}
}

// catch lets the exchange go on until a PDU with this code waits for a side.
func catch(t *testing.T, rig *smptest.Rig, role bt.Role, code smp.PDUCode) {
	t.Helper()
	if !rig.RunUntil(func() bool {
		pdu := rig.Device(role).NextPDU()
		return len(pdu) > 0 && pdu[0] == byte(code)
	}) {
		t.Fatalf("no %v comes to the %v", code, role)
	}
}
