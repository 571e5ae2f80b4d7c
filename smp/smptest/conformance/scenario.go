package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"blesmp/gen/table"
	"blesmp/smp"
)

// Kind says where a scenario comes from.
type Kind string

// The kinds.
const (
	Case   Kind = "case"   // a test case of the SIG's suite
	Attack Kind = "attack" // a published attack or bug
)

// Scenario is one test case or one attack.
type Scenario struct {
	// ID is the test case's id, or the attack's number and its CVE or paper.
	ID    string
	Kind  Kind
	Group string // as "Legacy: Just Works"
	About string // our line

	// Alias is the same test case under the id that Core 6.3 gave it.
	Alias string

	// Versions says from or up to which Core version it counts, "" for all.
	Versions string

	// Foreign says that it needs no knowledge of the device: a foreign host can
	// be tested with it.
	Foreign bool

	rounds []round
}

// round is one pairing, or one attempt at it, on an air of its own.
type round struct {
	name string
	play func(*Stage) error
}

// Options say how scenarios are played.
type Options struct {
	// Table is the specification that our device follows; smp.Table() by default.
	Table *table.Table

	// WallClock plays on package time, as a testing/synctest bubble needs it.
	// Otherwise every round has a clock of its own that nobody waits for.
	WallClock bool
}

// Result is what a scenario came to.
type Result struct {
	Scenario Scenario

	// Err is nil where the device did everything right. It names the round, and
	// its text ends with the ladder where a step of the peer failed.
	Err error

	// Rows are the rules of the specification that our device has taken, each
	// once, in the order of their lines. Decided is the last one with which
	// something was refused or ended, or else the last of all. A foreign device
	// shows none.
	Rows    []smp.Trace
	Decided *smp.Trace
}

// All gives the test cases and the attacks.
func All() []Scenario { return append(Cases(), Attacks()...) }

// Select gives the scenarios whose id, number or alias matches a pattern as of
// package path, in which * also takes slashes; "" matches all.
func Select(pattern string) ([]Scenario, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("conformance: pattern %q: %w", pattern, err)
	}
	flat := func(s string) string { return strings.ReplaceAll(s, "/", ":") }
	var selected []Scenario
	for _, s := range All() {
		number, _, _ := strings.Cut(s.ID, "/")
		for _, id := range []string{s.ID, s.Alias, number} {
			match, _ := path.Match(flat(pattern), flat(id))
			if pattern == "" || id != "" && match {
				selected = append(selected, s)
				break
			}
		}
	}
	return selected, nil
}

// Run plays a scenario against our own host. It ends with the ctx too, and where our
// device never comes to rest; the error tells where in the scenario that was.
func (s Scenario) Run(ctx context.Context, o Options) Result {
	result := Result{Scenario: s}
	taken := map[int]smp.Trace{}
	for _, r := range s.rounds {
		rows, err := r.run(ctx, o)
		for _, row := range rows {
			taken[row.Rule()] = row
		}
		if row := deciding(rows); result.Decided == nil || row != nil && (ends(row) || !ends(result.Decided)) {
			result.Decided = row
		}
		if err != nil {
			result.Err = s.failed(r, err)
			break
		}
	}
	for _, row := range taken {
		result.Rows = append(result.Rows, row)
	}
	slices.SortFunc(result.Rows, func(a, b smp.Trace) int {
		return cmp.Or(a.Line()-b.Line(), a.Rule()-b.Rule())
	})
	return result
}

// failed names the round, where there are several.
func (s Scenario) failed(r round, err error) error {
	if len(s.rounds) == 1 {
		return err
	}
	return fmt.Errorf("round %s: %w", r.name, err)
}

// run plays a round on a fresh stage.
func (r round) run(ctx context.Context, o Options) (rows []smp.Trace, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stage := newStage(ctx, o)
	err = r.on(stage)
	stage.close()
	if stage.device != nil {
		stage.device.note(func() { rows = slices.Clone(stage.device.rows) })
		err = errors.Join(err, stage.device.misuse())
	}
	return rows, err
}

// on plays the round. Where time ends before the round does, what it says tells
// only how far it has come.
func (r round) on(s *Stage) error {
	err := r.play(s)
	switch ended := s.clock.Err(); {
	case ended == nil:
		return err
	case err == nil:
		return fmt.Errorf("not played to the end: %w", ended)
	default:
		return fmt.Errorf("not played to the end: %w: %w", ended, err)
	}
}

// deciding gives the last rule with which something was refused or ended, or
// else the last one of all.
func deciding(rows []smp.Trace) *smp.Trace {
	var last *smp.Trace
	for _, row := range slices.Backward(rows) {
		if row.Event == smp.EventDisconnected || row.Event == smp.EventDelivered {
			continue
		}
		if ends(&row) {
			return &row
		}
		if last == nil {
			last = &row
		}
	}
	return last
}

// ends says that a rule tells of a refusal or an end.
func ends(row *smp.Trace) bool { return slices.ContainsFunc(row.Does(), endsSomething) }

// endsSomething says that an effect tells of a refusal or an end.
func endsSomething(effect string) bool {
	switch effect {
	case smp.EffectReportFailure.String(), smp.EffectReportRejection.String(), smp.EffectReportEnd.String(),
		smp.EffectReportTimeout.String(), smp.EffectNegativeReply.String(), smp.EffectRefuse.String():
		return true
	}
	return false
}
