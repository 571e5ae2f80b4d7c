package machine_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"

	"github.com/google/go-cmp/cmp"
)

// order is a machine whose rows stand in each other's way on purpose. Every
// row refers to the one that decides by its own section.
const order = `
protocol: Order
core: Part O
go: {package: order, dir: ../order, procedure: Order}
roles: [left, right]
events:
  tick: [A, B, C, D, E, F, G]
  push: [Go]
groups:
  two: [A, B]
  three: [A, B, C]
  four: [A, B, C, D]
  five: [A, B, C, D, E]
  all: [A, B, C, D, E, F, G]
actions:
  act: {}
defaults:
  all: {do: [act], ref: "9.6"}
  F: {do: [act], ref: "9.1"}
phases:
  Outer:
    when:
      five: {do: [act], ref: "8.5"}
    right:
      E: {do: [act], ref: "8.1"}
    phases:
      Inner:
        when:
          D: {do: [act], ref: "7.1"}
          four: {do: [act], ref: "7.4"}
        states:
          Start:
            initial: true
            rest: true
            when: {Go: {goto: End}}
          End:
            rest: true
            when:
              A: {do: [act], ref: "6.1"}
              two: {do: [act], ref: "6.2"}
              Go: {goto: Start}
            left:
              three: {do: [act], ref: "5.3"}
            right:
              A: {do: [act], ref: "4.1"}
`

func resolve(t *testing.T, source string) *machine.Machine {
	t.Helper()
	f, err := spec.Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func find[T any](t *testing.T, all []T, is func(T) bool) T {
	t.Helper()
	i := slices.IndexFunc(all, is)
	if i < 0 {
		t.Fatal("not there")
	}
	return all[i]
}

func TestOrderOfResolution(t *testing.T) {
	m := resolve(t, order)
	end := find(t, m.States, func(s *machine.State) bool { return s.Name == "End" })
	for _, test := range []struct {
		role, event string
		want        string // sections of the row that decides and of those that would
	}{
		// Within a scope: exact for the role, exact for both, group for the
		// role, group for both; then the scopes, the closest first.
		{"left", "A", "6.1 7.4 8.5 9.6"},  // exact in when before a group for the role
		{"right", "A", "4.1 7.4 8.5 9.6"}, // exact for the role before exact in when
		{"left", "B", "5.3 7.4 8.5 9.6"},  // a group for the role before a smaller one in when
		{"right", "B", "6.2 7.4 8.5 9.6"},
		{"left", "C", "5.3 7.4 8.5 9.6"},
		{"right", "C", "7.4 8.5 9.6"},
		{"left", "D", "7.1 8.5 9.6"}, // exact before a group
		{"left", "E", "8.5 9.6"},
		{"right", "E", "8.1 9.6"}, // exact for the role before a group in when
		{"right", "F", "9.1"},
		{"right", "G", "9.6"},
	} {
		role := slices.Index(m.Roles, test.role)
		event := find(t, m.Events, func(e *machine.Event) bool { return e.Name == test.event })
		cell := m.Cell(role, end.ID, event.ID)
		got := []string{cell.By.Row.Rules[0].Ref}
		for _, outer := range cell.Outer {
			got = append(got, outer.Row.Rules[0].Ref)
		}
		if d := cmp.Diff(test.want, strings.Join(got, " ")); d != "" {
			t.Errorf("%s at the %s (-want +got)\n%s", test.event, test.role, d)
		}
	}
	by := m.Cell(0, end.ID, m.Events[2].ID).By
	want := machine.Decision{Level: machine.InState, Name: "End", Role: "left", Key: "three", Group: true, Pos: by.Pos, Row: by.Row}
	if by != want || by.Pos.Line != 43 {
		t.Errorf("decided by %+v", by)
	}
}

func TestSmallerGroupIsCloser(t *testing.T) {
	const go1 = "            when: {Go: {goto: End}}\n"
	m := resolve(t, strings.Replace(order, go1, go1+`            left: {five: {do: [act]}, three: {do: [act], ref: "3.3"}}`+"\n", 1))
	start := find(t, m.States, func(s *machine.State) bool { return s.Name == "Start" })
	b := find(t, m.Events, func(e *machine.Event) bool { return e.Name == "B" })
	if got := m.Cell(0, start.ID, b.ID).By.Key; got != "three" {
		t.Errorf("decided by %s, want the group of three before that of five", got)
	}
}

// TestShared looks at what the table holds once: rules that stand in many
// cells, and parts of expressions.
func TestShared(t *testing.T) {
	m := load(t, market)
	tb := m.Table()
	rules, cells := 0, 0
	spans := map[table.Span]bool{}
	for _, c := range m.Cells {
		rules += len(c.Rules)
		if len(c.Rules) > 0 {
			cells++
		}
	}
	for _, span := range tb.Cells {
		spans[span] = true
	}
	if len(tb.Rules)*4 > rules || len(spans)*4 > cells {
		t.Errorf("%d rules for %d, %d spans for %d cells", len(tb.Rules), rules, len(spans), cells)
	}
	seen := map[table.Node]bool{}
	for _, n := range tb.Nodes[1:] {
		if seen[n] {
			t.Errorf("node %+v stands there twice", n)
		}
		seen[n] = true
	}
	if d := cmp.Diff(tb, m.Table()); d != "" {
		t.Errorf("a second table differs: %s", d)
	}
	tb.Rules[0].Next = 77
	if m.Table().Rules[0].Next == 77 {
		t.Error("a table is not its caller's own")
	}
}

func TestTableNames(t *testing.T) {
	tb := load(t, market).Table()
	if tb.Protocol != "Market" || tb.Source != "market.yaml" || tb.Events[table.Choose] != "Choose" {
		t.Errorf("%s %s %s", tb.Protocol, tb.Source, tb.Events[0])
	}
	for i, want := range []table.Slot{
		{Name: "payment", Max: 2, Text: []string{"Cash", "Card", "Barter"}},
		{Name: "round", Max: 2},
		{Name: "to_give", Max: 7},
		{Name: "to_get", Max: 7},
		{Name: "known", Max: 1},
		{Name: "raining", Kind: table.Input, Max: 1},
		{Name: "reason", Kind: table.Field, Max: 6,
			Text: []string{"", "Unknown", "BadWord", "TooDear", "WrongCoin", "NotForSale", "Nobody"}},
		{Name: "code", Kind: table.Field, Max: 10,
			Text: []string{"", "Order", "Agree", "Price", "Sorry", "Loaf", "Label", "Bottle", "Box", "Invite", "Coin"}},
	} {
		if d := cmp.Diff(want, tb.Slots[i]); d != "" {
			t.Errorf("slot %d (-want +got)\n%s", i, d)
		}
	}
	for _, want := range []table.State{
		{Name: "Idle", Phase: "Rest", Flags: table.Initial | table.Rest, Roles: 3},
		{Name: "Calling", Phase: "Rest", Flags: table.WaitPeer, Roles: 2},
		{Name: "Gone", Phase: "Rest", Flags: table.Final | table.Rest, Roles: 3},
		{Name: "Shopping", Phase: "Talk", Flags: table.WaitUser, Roles: 1},
		{Name: "AwaitLoaf", Phase: "Delivery", Flags: table.WaitPeer, Roles: 3},
		{Name: "SendBread", Phase: "Delivery", Flags: table.Choice, Roles: 3},
	} {
		got := find(t, tb.States, func(s table.State) bool { return s.Name == want.Name })
		want.Line = got.Line
		if d := cmp.Diff(want, got); d != "" || got.Line == 0 {
			t.Errorf("%s (-want +got)\n%s", want.Name, d)
		}
	}
	if !slices.Equal(tb.Guards, []string{"fairPrice", "coinGood", "wanted"}) {
		t.Errorf("guards are %v: expressions are none of Go's", tb.Guards)
	}
}

// TestSequence looks at the states that a sequence becomes.
func TestSequence(t *testing.T) {
	m := load(t, market)
	var got []string
	for _, s := range m.States {
		if !s.Generated {
			continue
		}
		line := s.Name + " " + s.Spec.Ref
		event := 0
		if !s.Is(table.Choice) {
			event = find(t, m.Events, func(e *machine.Event) bool { return "Await"+e.Name == s.Name }).ID
		}
		for _, rule := range m.Cell(1, s.ID, event).Rules {
			line += " |"
			if rule.Cond != nil {
				line += " if " + rule.Text
			}
			for _, op := range rule.Ops {
				line += " " + op.String()
			}
			line += " > " + rule.Next.Name
		}
		got = append(got, line)
	}
	want := []string{
		"SendBread 4.1 | if to_give has Bread send Loaf send Label start timer patience > SendMilk | > SendMilk",
		"SendMilk 4.2 | if to_give has Milk send Bottle start timer patience > SendEggs | > SendEggs",
		"SendEggs 4.3 | if to_give has Eggs send Box start timer patience > AllSent | > AllSent",
		"Next  | if to_get has Bread > AwaitLoaf | if to_get has Milk > AwaitBottle | if to_get has Eggs > AwaitBox | > AllHere",
		"AwaitLoaf 4.1 | if raining send Sorry NotForSale (macro fail) emit Broken NotForSale (macro fail) stop timer patience " +
			"do wave (on_leave of Deal) do wipe (on_leave of Deal) > Idle | do keepGoods > AwaitLabel",
		"AwaitLabel 4.1 | set to_get = to_get without Bread do keepGoods > Next",
		"AwaitBottle 4.2 | set to_get = to_get without Milk do keepGoods > Next",
		"AwaitBox 4.3 | set to_get = to_get without Eggs do keepGoods > Next",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestEdges(t *testing.T) {
	m := load(t, market)
	var got []string
	for _, e := range m.Edges(1) {
		if e.From.Name != "Clerk" && e.From.Name != "Open" {
			continue
		}
		var events []string
		for _, event := range e.Events {
			events = append(events, event.Name)
		}
		line := e.From.Name + " > " + e.To.Name + ": " + strings.Join(events, " ")
		if e.Closest != machine.InState {
			line += " (from outside)"
		}
		got = append(got, line)
	}
	want := []string{
		"Clerk > Idle: Order Agree Price Sorry Loaf Label Bottle Box Invite Coin Cancel Refused Garbled Mumbled",
		"Clerk > Mute: Timeout (from outside)",
		"Clerk > Gone: Left (from outside)",
		"Clerk > Open: Accepted",
		"Open > Speak: Choose", // the case that the file declares unreachable leads nowhere
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestExplain(t *testing.T) {
	m := load(t, market)
	var got strings.Builder
	for _, one := range []string{"AwaitPrice Price", "AwaitCoin Mumbled", "AwaitAck Order", "Open Choose", "Open Left", "Idle Choose", "Idle Call", "AwaitPrice Timeout", "Clerk Garbled"} {
		state, event, _ := strings.Cut(one, " ")
		text, err := m.Explain(state, event)
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString(text + "\n")
	}
	const path = "testdata/explain.txt"
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	_, err = m.Explain("AwaitPrise", "Prize")
	if err == nil {
		t.Fatal("strange names are explained")
	}
	if d := cmp.Diff("unknown state \"AwaitPrise\" (did you mean AwaitPrice?)\nunknown event \"Prize\" (did you mean Price?)", err.Error()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
