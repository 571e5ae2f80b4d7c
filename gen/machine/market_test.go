package machine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"

	"github.com/google/go-cmp/cmp"
)

// load resolves a file that has to be right.
func load(t *testing.T, path string) *machine.Machine {
	t.Helper()
	f, err := spec.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// stall is a hand-written host for the market's table: it writes down what
// happens, answers guards as told and lets actions set variables.
type stall struct {
	table  *table.Table
	m      table.Machine
	guards map[string]bool
	do     map[string]func(*stall)
	log    []string
}

func newStall(tb *table.Table, role string) *stall {
	return &stall{
		table: tb, m: tb.New(uint8(slices.Index(tb.Roles, role))),
		guards: map[string]bool{}, do: map[string]func(*stall){},
	}
}

func (s *stall) Guard(id uint8) bool { return s.guards[s.table.Guards[id]] }

func (s *stall) Do(id uint8) {
	name := s.table.Actions[id]
	s.log = append(s.log, name)
	if f := s.do[name]; f != nil {
		f(s)
	}
}

func (s *stall) Send(id, arg uint8)  { s.log = append(s.log, "send "+s.with(s.table.PDUs[id], arg)) }
func (s *stall) Emit(id, arg uint8)  { s.log = append(s.log, "emit "+s.with(s.table.Effects[id], arg)) }
func (s *stall) StartTimer(id uint8) { s.log = append(s.log, "start "+s.table.Timers[id]) }
func (s *stall) StopTimer(id uint8)  { s.log = append(s.log, "stop "+s.table.Timers[id]) }
func (s *stall) Took(step table.Step) {
	s.log = append(s.log, "> "+s.table.States[step.To].Name)
}

func (s *stall) with(name string, arg uint8) string {
	if arg == 0 {
		return name
	}
	return fmt.Sprintf("%s %d", name, arg)
}

func (s *stall) slot(name string) *uint8 {
	return &s.m.Slots[slices.IndexFunc(s.table.Slots, func(slot table.Slot) bool { return slot.Name == name })]
}

func (s *stall) state() string { return s.table.States[s.m.State].Name }

// step gives an event and returns what happened, in one line.
func (s *stall) step(t *testing.T, event string) string {
	t.Helper()
	id := slices.Index(s.table.Events, event)
	if id < 0 {
		t.Fatalf("no event %s", event)
	}
	s.log = nil
	if !s.table.Step(&s.m, s, uint8(id)) {
		t.Fatalf("%s does not decide %s", s.state(), event)
	}
	return strings.Join(s.log, ", ")
}

// exchange is one event and what has to come of it: each rule that is taken as
// "> target", then what it does.
type exchange struct{ event, want string }

func (s *stall) play(t *testing.T, script []exchange) {
	t.Helper()
	for _, one := range script {
		if d := cmp.Diff(one.want, s.step(t, one.event)); d != "" {
			t.Fatalf("%s (-want +got)\n%s", one.event, d)
		}
	}
}

// goods sets what is owed, as an action does.
func goods(give, get uint8) func(*stall) {
	return func(s *stall) { *s.slot("to_give"), *s.slot("to_get") = give, get }
}

const bread, milk, eggs = 1, 2, 4

func TestBuyerBuys(t *testing.T) {
	s := newStall(load(t, market).Table(), "buyer")
	s.do["makeOrder"] = goods(bread|eggs, bread|milk)
	s.play(t, []exchange{
		{"Buy", "> AwaitAgree, makeOrder, send Order, start patience"},
		{"Buy", "> AwaitAgree, emit Refuse 1"}, // busy
		// Nod carries the payment, which is cash: 0. The choices run at once.
		{"Agree", "> Open, emit Nod, > Speak, > AwaitPrice, makePrice, send Price, start patience"},
		{"Price", "> AwaitPrice, makePrice, send Price, start patience"},
	})
	if got := *s.slot("round"); got != 1 {
		t.Errorf("round is %d, want 1", got)
	}
	s.guards["fairPrice"] = true
	s.play(t, []exchange{
		// Leaving Haggle waves; the sequence sends bread and eggs, no milk.
		{"Price", "> SendBread, keepPrice, pay, send Coin, start patience, wave, > SendMilk, send Loaf, " +
			"send Label, start patience, > SendEggs, > AllSent, send Box, start patience, > Next, " +
			"> AwaitLoaf"},
		{"Acked", "> AwaitLoaf"},
		{"Loaf", "> AwaitLabel, keepGoods"},
		{"Label", "> Next, keepGoods, > AwaitBottle"},
		{"Bottle", "> Next, keepGoods, > AllHere, > Happy, > Idle, emit Done, stop patience, wave, wipe"},
	})
	if got := *s.slot("to_get"); got != 0 {
		t.Errorf("still owed: %d", got)
	}
}

func TestBuyerGivesUpAfterThreeRounds(t *testing.T) {
	s := newStall(load(t, market).Table(), "buyer")
	s.play(t, []exchange{
		{"Buy", "> AwaitAgree, makeOrder, send Order, start patience"},
		{"Agree", "> Open, emit Nod, > Speak, > AwaitPrice, makePrice, send Price, start patience"},
		{"Price", "> AwaitPrice, makePrice, send Price, start patience"},
		{"Price", "> AwaitPrice, makePrice, send Price, start patience"},
		// Sorry does not start the timer again; both phases are left, the inner
		// one first.
		{"Price", "> Idle, send Sorry 3, emit Broken 3, stop patience, wave, wave, wipe"},
	})
}

func TestSellerSells(t *testing.T) {
	s := newStall(load(t, market).Table(), "seller")
	s.guards["wanted"], s.guards["fairPrice"], s.guards["coinGood"] = true, true, true
	*s.slot("raining") = 1
	s.do["keepOrder"] = func(s *stall) { goods(milk, 0)(s); *s.slot("payment") = 1 }
	s.play(t, []exchange{
		{"Call", "> Calling, send Invite, start boredom"},
		{"Order", "> Clerk, keepOrder, emit AskPerson, start patience, stop boredom"},
		{"Accepted", "> Open, send Agree, start patience, > Speak, > AwaitPrice"},
		// Received prices start the timer again, though nothing is sent yet.
		{"Price", "> Judge, keepPrice, start patience, > AwaitCoin, makePrice, send Price, start patience, wave"},
	})
	if got := *s.slot("round"); got != 1 {
		t.Errorf("round is %d, want 1: paid by card in the rain", got)
	}
	s.play(t, []exchange{
		{"Coin", "> Bite, keepCoin, > Next, emit Ring, > AllHere, > SendBread, > SendMilk, > SendEggs, " +
			"send Bottle, start patience, > AllSent, > AwaitAck"},
		// An early order shows that the buyer is done; it is offered again at
		// rest.
		{"Order", "> Happy, > Idle, emit Done, stop patience, wave, wipe, > Clerk, keepOrder, " +
			"emit AskPerson, start patience"},
	})
}

func TestFailedTo(t *testing.T) {
	tb := load(t, market).Table()
	at := func(state string) *stall {
		s := newStall(tb, "seller")
		s.m.State = uint8(slices.IndexFunc(tb.States, func(one table.State) bool { return one.Name == state }))
		return s
	}
	for _, test := range []struct{ state, event, want string }{
		// AwaitCoin fails to Mute: in rows that it inherits too.
		{"AwaitCoin", "Loaf", "> Mute, send Sorry 1, emit Broken 1, stop patience, wave, wipe"},
		{"AwaitCoin", "Sorry", "> Mute, emit Broken 6, stop patience, wave, wipe"},
		// An explicit goto is stronger.
		{"AwaitCoin", "Refused", "> Idle, send Sorry 4, emit Broken 4, stop patience, wave, wipe"},
		// A goto that is no macro's is left alone.
		{"AwaitCoin", "Left", "> Gone, emit Broken 6, stop patience, wave, wipe"},
		// Elsewhere the macro's own target holds.
		{"Clerk", "Loaf", "> Idle, send Sorry 1, emit Broken 1, stop patience, wave, wipe"},
	} {
		if d := cmp.Diff(test.want, at(test.state).step(t, test.event)); d != "" {
			t.Errorf("%s on %s (-want +got)\n%s", test.state, test.event, d)
		}
	}
}

func TestArguments(t *testing.T) {
	s := newStall(load(t, market).Table(), "seller")
	clerk := uint8(slices.IndexFunc(s.table.States, func(one table.State) bool { return one.Name == "Clerk" }))
	for _, test := range []struct {
		event  string
		reason uint8
		want   string
	}{
		{"Refused", 0, "send Sorry 5, emit Broken 5"}, // NotForSale
		{"Refused", 3, "send Sorry 3, emit Broken 3"},
		{"Garbled", 0, "send Sorry 2, emit Broken 2"}, // BadWord
	} {
		s.m.State = clerk
		*s.slot("reason") = test.reason
		if got := s.step(t, test.event); !strings.HasPrefix(got, "> Idle, "+test.want+", ") {
			t.Errorf("%s with reason %d: %s, want %s", test.event, test.reason, got, test.want)
		}
	}
	// A garbled Sorry counts as one.
	s.m.State = clerk
	*s.slot("code") = 4
	if got, want := s.step(t, "Garbled"), "> Idle, emit Broken 6, stop patience, wave, wipe"; got != want {
		t.Errorf("Garbled Sorry: %s, want %s", got, want)
	}
}

func TestGrid(t *testing.T) {
	tb := load(t, market).Table()
	const cash, card, barter = 0, 1, 2
	for _, test := range []struct {
		row, column   uint8
		friends, rain bool
		want          uint8
		ok            bool
	}{
		{cash, card, false, false, cash, true},
		{card, card, false, true, card, true},
		{card, barter, false, false, cash, true},
		{card, card, true, false, barter, true},
		{card, card, true, true, card, true},
		{card, 3, false, false, 0, false},
		{3, card, false, false, 0, false},
	} {
		got, ok := tb.Outcome(0, test.row, test.column, test.friends, test.rain)
		if got != test.want || ok != test.ok {
			t.Errorf("%+v: %d, %t", test, got, ok)
		}
	}
}

// TestEverythingIsDecided steps every state of every role on every event that
// can come up there, with all guards false and all true.
func TestEverythingIsDecided(t *testing.T) {
	m := load(t, market)
	tb := m.Table()
	steps := 0
	for role := range tb.Roles {
		for _, s := range m.States {
			for _, e := range m.Events[1:] {
				if !s.At(role) || s.Is(table.Choice) || e.Role != "" && e.Role != tb.Roles[role] {
					if n := tb.Cell(uint8(role), uint8(s.ID), uint8(e.ID)).Len; n != 0 {
						t.Errorf("%s on %s at the %s cannot come up and has %d rules", s.Name, e.Name, tb.Roles[role], n)
					}
					continue
				}
				for _, answer := range []bool{false, true} {
					host := newStall(tb, tb.Roles[role])
					host.m.State = uint8(s.ID)
					for _, g := range tb.Guards {
						host.guards[g] = answer
					}
					host.step(t, e.Name)
					if tb.States[host.m.State].Flags&table.Choice != 0 {
						t.Errorf("%s on %s ends in choice %s", s.Name, e.Name, host.state())
					}
					steps++
				}
			}
		}
	}
	if steps < 500 {
		t.Errorf("only %d steps", steps)
	}
}
