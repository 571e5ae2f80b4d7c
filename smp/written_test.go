package smp_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"go.yaml.in/yaml/v4"

	"blesmp/bt"
	"blesmp/smp"
)

// written is one rule as it is written in the specification, at one role. It
// may decide many cells.
type written struct {
	Role bt.Role
	Line int
	If   string
}

func (w written) String() string {
	return fmt.Sprintf("smp_states.yaml:%d %s %s", w.Line, smp.Table().Roles[w.Role], w.If)
}

// taken are the rules that a test of this package has taken.
var taken = map[written]bool{}

func take(t smp.Trace) {
	taken[written{Role: t.Role, Line: t.Line(), If: t.Condition()}] = true
}

// allRules gives every rule of the table, with the cells that it decides.
func allRules() map[written][]string {
	table, all := smp.Table(), map[written][]string{}
	for role := range table.Roles {
		for state, s := range table.States {
			for event, name := range table.Events {
				cell := table.Cell(uint8(role), uint8(state), uint8(event))
				for _, rule := range table.Rules[cell.First : cell.First+cell.Len] {
					w := written{Role: bt.Role(role), Line: int(rule.Line), If: rule.If}
					all[w] = append(all[w], s.Name+" on "+name)
				}
			}
		}
	}
	return all
}

// uncovered is an entry of testdata/uncovered.yaml: a rule that no test takes.
// Lines change, so the entry names a cell of the rule and its condition.
type uncovered struct {
	Role   string `yaml:"role"`
	State  string `yaml:"state"`
	Event  string `yaml:"event"`
	If     string `yaml:"if"`
	Reason string `yaml:"reason"`
}

// feeders are the tests whose rules count. TestCoverage runs those that have
// not run yet.
var feeders = []struct {
	name string
	run  func(*testing.T)
}{
	{"Models", TestModels},
	{"Orders", TestOrders},
	{"Unexpected", TestUnexpected},
	{"Scenarios", TestScenarios},
}

// fed are the feeders that have run.
var fed = map[string]bool{}

// TestCoverage demands that every rule of the specification is taken by a test,
// at every role that has it, or is listed with the reason why none can.
func TestCoverage(t *testing.T) {
	for _, f := range feeders {
		if !fed["Test"+f.name] {
			t.Run(f.name, f.run)
		}
	}
	all := allRules()
	listed := listedRules(t, all)
	missing := slices.SortedFunc(maps.Keys(all), func(a, b written) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Role, b.Role), cmp.Compare(a.If, b.If))
	})
	covered := 0
	for _, w := range missing {
		reason, isListed := listed[w]
		switch {
		case taken[w] && isListed:
			t.Errorf("%v is taken, but listed in testdata/uncovered.yaml", w)
			covered++
		case taken[w]:
			covered++
		case isListed:
			summary = append(summary, fmt.Sprintf("not taken: %v (%s)", w, reason))
		default:
			t.Errorf("%v is taken by no test: %s", w, all[w][0])
		}
	}
	summary = append(summary, fmt.Sprintf("%d of %d rules taken, %d listed in testdata/uncovered.yaml", covered, len(all), len(listed)))
}

// summary is what TestCoverage has found out.
var summary []string

// TestMain prints the summary behind everything else.
func TestMain(m *testing.M) {
	if err := loadMutant(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	code := m.Run()
	if testing.Verbose() {
		for _, line := range summary {
			fmt.Println(line)
		}
	}
	os.Exit(code)
}

// listedRules reads testdata/uncovered.yaml.
func listedRules(t *testing.T, all map[written][]string) map[written]string {
	t.Helper()
	text, err := os.ReadFile("testdata/uncovered.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var entries []uncovered
	if err := yaml.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	listed := map[written]string{}
	for _, e := range entries {
		found := false
		for w, cells := range all {
			if smp.Table().Roles[w.Role] == e.Role && w.If == e.If && slices.Contains(cells, e.State+" on "+e.Event) {
				listed[w], found = e.Reason, true
			}
		}
		if !found || e.Reason == "" {
			t.Errorf("testdata/uncovered.yaml: no such rule, or no reason: %+v", e)
		}
	}
	return listed
}
