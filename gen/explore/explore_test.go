package explore_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"blesmp/gen/explore"
	"blesmp/gen/machine"
	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
)

// load resolves a specification after some replacements; each old text has to
// be there once.
func load(t *testing.T, path string, changes ...string) *machine.Machine {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	source := string(b)
	for i := 0; i+1 < len(changes); i += 2 {
		if n := strings.Count(source, changes[i]); n != 1 {
			t.Fatalf("%q stands %d times in %s", changes[i], n, path)
		}
		source = strings.Replace(source, changes[i], changes[i+1], 1)
	}
	f, err := spec.Parse(path, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const market = "../testdata/market.yaml"

// found explores a machine and gives its violations.
func found(t *testing.T, m *machine.Machine) []*explore.Violation {
	t.Helper()
	results, err := explore.Explore(m, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []*explore.Violation
	for _, r := range results {
		if r.States < 2 || r.Transitions < r.States || r.Taken == 0 {
			t.Errorf("%s: %d states, %d steps, %d rules", r.Role, r.States, r.Transitions, r.Taken)
		}
		all = append(all, r.Violations...)
	}
	return all
}

// TestHolds explores what is right.
func TestHolds(t *testing.T) {
	for _, v := range found(t, load(t, market)) {
		t.Errorf("%d:%d: %s", v.Pos.Line, v.Pos.Col, v.Text)
	}
}

// TestFaults plants faults of every kind and demands that each is found.
func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		changes []string
		want    string
		steps   int // of the shortest way
	}{
		{
			"an unreachable row is reached",
			[]string{"gives: {payment: [Cash, Card]}", "gives: {payment: usual}"},
			"this can be reached, and the file says that it never is", 2,
		},
		{
			"a property about facts",
			[]string{
				"Mute:\n        doc: insulted\n        ref: 6.1\n        rest: true\n        when:\n", "Mute:\n        doc: insulted\n        ref: 6.1\n        rest: true\n        when:\n          Acked: {emit: [Ring]}\n",
				"Ring: {only_in: [Deal], needs: [paid],", "Ring: {",
			},
			"property noTillBeforeCoin does not hold: the till does not ring before the coin was tested (emits Ring in state Mute)", 3,
		},
		{
			"a property about an event",
			[]string{"Sorry: {end: Nobody}", "Sorry: {fail: Nobody}"},
			"property sorryIsTheEnd does not hold: whoever is sorry hears nothing more of the deal (sends Sorry in state AwaitAgree)", 2,
		},
		{
			"a property about a target",
			[]string{"any_command: {refuse: Late}", "any_command: {refuse: Late}\n          Acked: {goto: Idle}"},
			"property insulted does not hold: after a timeout nothing is said (goes to Idle in state Mute)", 3,
		},
		{
			"two cases of one condition",
			[]string{"if: known or not known", "if: known", "any_command: {refuse: Late}", "any_command: {refuse: Late}\n          Acked: {send: [Price]}"},
			"property insulted does not hold: after a timeout nothing is said (sends Price in state Mute)", 3,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			violations := found(t, load(t, market, test.changes...))
			var texts []string
			for _, v := range violations {
				if v.Text == test.want {
					if len(v.Path) != test.steps {
						t.Errorf("a way of %d steps, want %d", len(v.Path), test.steps)
					}
					return
				}
				texts = append(texts, v.Text)
			}
			t.Errorf("not found: %s\nfound: %s", test.want, strings.Join(texts, "\n"))
		})
	}
}

// resolved breaks a machine behind the back of the static checks, which would
// refuse such a file.
func resolved(t *testing.T, role, state, event string, change func(*machine.Machine, *machine.Cell)) *machine.Machine {
	t.Helper()
	m := load(t, market)
	for _, c := range m.Cells {
		if m.Roles[c.Role] == role && c.State != nil && c.State.Name == state && c.Event.Name == event {
			change(m, c)
			return m
		}
	}
	t.Fatalf("no cell for %s in %s", event, state)
	return nil
}

// TestBrokenMachines plants what no file that smpgen accepts can hold.
func TestBrokenMachines(t *testing.T) {
	tests := []struct {
		name, role, state, event string
		change                   func(*machine.Machine, *machine.Cell)
		want                     string
	}{
		{
			"a timer that is not stopped", "buyer", "AwaitAgree", "Left",
			func(_ *machine.Machine, c *machine.Cell) { c.Rules[0].Ops = c.Rules[0].Ops[:1] },
			"timer patience still runs in state Gone",
		},
		{
			"a timer that is not started", "buyer", "Idle", "Buy",
			func(_ *machine.Machine, c *machine.Cell) { c.Rules[0].Ops = c.Rules[0].Ops[:2] },
			"timer patience does not run in state AwaitAgree",
		},
		{
			"a fact that is missing", "seller", "AwaitPrice", "Price",
			func(_ *machine.Machine, c *machine.Cell) { c.Rules[0].Ops = nil },
			"guard fairPrice needs price, which has not been made",
		},
		{
			"an effect outside of its phases", "buyer", "Idle", "Cancel",
			func(m *machine.Machine, c *machine.Cell) {
				for _, e := range m.Effects {
					if e.Name == "Done" {
						c.Rules[0].Ops = []machine.Op{{Kind: 3, ID: e.ID, Name: e.Name}}
					}
				}
			},
			"effect Done comes in state Idle, outside of its phases",
		},
		{
			"choices without end", "buyer", "Happy", "Choose",
			func(_ *machine.Machine, c *machine.Cell) { c.Rules[0].Next = c.State },
			"Box leads on without end",
		},
		{
			"a variable that leaves its range", "seller", "Open", "Choose",
			func(_ *machine.Machine, c *machine.Cell) { c.Rules[1].Ops[0].Arg.Value = 7 },
			"round becomes 7, which is outside 0..2",
		},
		{
			"nothing decides", "buyer", "Idle", "Buy",
			func(_ *machine.Machine, c *machine.Cell) { c.Rules = nil },
			"nothing decides Buy in Idle",
		},
		{
			"a phase that cannot be left", "seller", "Clerk", "Accepted",
			func(m *machine.Machine, _ *machine.Cell) {
				for _, c := range m.Cells {
					if c.State != nil && c.State.Name == "Clerk" {
						for _, rule := range c.Rules {
							rule.Next, rule.Ops = nil, nil
						}
					}
				}
			},
			"no way leads from here out of phase Deal, which must be left",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			results, err := explore.Explore(resolved(t, test.role, test.state, test.event, test.change), explore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, r := range results {
				for _, v := range r.Violations {
					if v.Text == test.want {
						return
					}
					texts = append(texts, v.Text)
				}
			}
			t.Errorf("not found: %s\nfound: %s", test.want, strings.Join(texts, "\n"))
		})
	}
}

// TestPrint holds the report of a violation against what is wanted.
func TestPrint(t *testing.T) {
	results, err := explore.Explore(load(t, market, "Sorry: {end: Nobody}", "Sorry: {fail: Nobody}"), explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	buyer := results[0]
	buyer.Elapsed = 0
	buyer.Violations = buyer.Violations[:1]
	var b strings.Builder
	if err := buyer.Print(&b, "market.yaml"); err != nil {
		t.Fatal(err)
	}
	want := `market.yaml: buyer: 541 states, 14077 steps, 43 of 45 rules taken, 0.0 s

market.yaml:353:3: at the buyer: property sorryIsTheEnd does not hold: whoever is sorry hears nothing more of the deal (sends Sorry in state Shopping)
   1. Invite: Idle -> Shopping: set known, AskPerson, start patience [market.yaml:173]
   2. Sorry: Shopping -> Idle: send Sorry, Broken, stop patience, wave, wipe [market.yaml:210]
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestLimit demands an error where the bound is too small.
func TestLimit(t *testing.T) {
	_, err := explore.Explore(load(t, market), explore.Options{MaxStates: 100})
	var limit *explore.LimitError
	if !errors.As(err, &limit) || limit.Role != "buyer" || !strings.Contains(err.Error(), "more than 100 states") {
		t.Errorf("Explore: %v", err)
	}
}
