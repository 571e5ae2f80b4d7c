package mutate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"

	"blesmp/gen/explore"
	"blesmp/gen/machine"
	"blesmp/gen/table"
	"blesmp/smp/smptest/conformance"
	"blesmp/smp/smptest/model"
	"blesmp/smp/smptest/replay"
	"blesmp/smp/smptest/verify"
)

// The means that can find a mutant, in the order in which they are tried; Crash
// and Hang are a panic and an exceeded time limit in any of them.
const (
	Static      = "static"      // the checks of the specification's language
	Compile     = "compile"     // the hand-written half, where the generated one is another
	Transcripts = "transcripts" // recorded exchanges
	Grids       = "grids"       // all pairs of IO capabilities
	Sequences   = "sequences"   // saved sequences of moves
	Model       = "model"       // gopter's random moves on two sides
	Conformance = "conformance" // the SIG's cases and published attacks
	Tests       = "tests"       // package smp's own: all where they are built for the mutant, else those that play on rigs
	Verify      = "verify"      // exploration of one role, as smpgen verify does
	Engines     = "engines"     // exploration of two engines and of attackers, as smp verify --quick does
	Crash       = "crash"
	Hang        = "hang"
)

// Means are all of them, in order.
func Means() []string {
	return []string{Static, Compile, Transcripts, Grids, Sequences, Model, Conformance, Tests, Verify, Engines, Crash, Hang}
}

// Judge holds everything that looks at mutants.
type Judge struct {
	Source *Source

	Seed  int64 // of the random moves
	Moves int   // how many sequences of random moves are played

	// TestBinary is package smp's own tests, as Builder.Tests makes them; "" to
	// do without. It runs in TestFolder.
	TestBinary, TestFolder string

	Builder *Builder // for mutants of Codecs; nil where there are none

	SkipEngines bool // they take up to a minute

	// Begins, where it is set, hears of each means before it looks, of Compile
	// before anything is built.
	Begins func(means string)

	transcripts []*replay.Transcript
	sequences   []model.Sequence
}

// Load reads recorded exchanges and saved sequences: *.json and *.txt in the
// folders.
func (j *Judge) Load(transcripts, sequences string) error {
	paths, err := filepath.Glob(filepath.Join(transcripts, "*.json"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		t, err := replay.Read(path)
		if err != nil {
			return err
		}
		j.transcripts = append(j.transcripts, t)
	}
	j.sequences, err = model.ReadSequences(sequences)
	if err == nil && (len(j.transcripts) == 0 || len(j.sequences) == 0) {
		err = fmt.Errorf("mutate: %d transcripts in %s and %d sequences in %s, want some of each", len(j.transcripts), transcripts, len(j.sequences), sequences)
	}
	return err
}

// Verdict says what has found a mutant: one of Means, or "" for nothing, and
// what it saw.
type Verdict struct {
	By  string `json:"by"`
	Saw string `json:"saw,omitempty"`
}

// Judge tries the means on one mutant until one finds it. An error of the ctx
// leaves the mutant unjudged, and so does one of the go tool.
func (j *Judge) Judge(ctx context.Context, id int) (v Verdict, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = Verdict{Crash, fmt.Sprint(r)}, nil
		}
	}()
	c, err := j.Source.change(id)
	if err != nil {
		return Verdict{Static, firstLine(err.Error())}, nil
	}
	if c.mutant.Class == Codecs {
		j.begins(Compile)
		return j.Builder.Try(ctx, c.machine)
	}
	return j.run(ctx, id, c)
}

// Check tries the means on the specification as it is: what they find then is
// no mutant's fault.
func (j *Judge) Check(ctx context.Context) error {
	original := *j
	original.TestBinary, original.SkipEngines = "", true
	v, err := original.run(ctx, -1, &changed{})
	if err == nil && v.By == "" && j.Builder != nil {
		var c *changed
		if c, err = j.Source.original(); err == nil {
			v, err = j.Builder.Try(ctx, c.machine)
		}
	}
	if err == nil && v.By != "" {
		err = fmt.Errorf("mutate: the specification itself fails in %s: %s", v.By, v.Saw)
	}
	return err
}

func (j *Judge) run(ctx context.Context, id int, c *changed) (Verdict, error) {
	t := c.table
	for _, means := range []struct {
		name string
		find func() string
		skip bool
	}{
		{Transcripts, func() string { return j.replay(t) }, false},
		{Grids, func() string { return strings.Join(model.Capabilities(t), "\n") }, false},
		{Sequences, func() string { return j.playSequences(t) }, false},
		{Model, func() string { return j.playModel(t) }, false},
		{Conformance, func() string { return conform(ctx, t) }, false},
		{Tests, func() string { return j.test(ctx, id) }, j.TestBinary == ""},
		// The exploration reads the machine, which says nothing of bindings.
		{Verify, func() string { return exploreRole(c.machine) }, c.machine == nil || c.mutant.Class == Bindings},
		{Engines, func() string { return exploreEngines(ctx, t) }, j.SkipEngines},
	} {
		if err := ctx.Err(); err != nil {
			return Verdict{}, err
		}
		if means.skip {
			continue
		}
		j.begins(means.name)
		if saw := means.find(); saw != "" {
			return Verdict{means.name, firstLine(saw)}, nil
		}
	}
	return Verdict{}, ctx.Err()
}

func (j *Judge) begins(means string) {
	if j.Begins != nil {
		j.Begins(means)
	}
}

func (j *Judge) replay(t *table.Table) string {
	for _, transcript := range j.transcripts {
		for _, role := range transcript.Roles() {
			if err := (replay.Player{Table: t}).Play(transcript, role); err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

func (j *Judge) playSequences(t *table.Table) string {
	for _, s := range j.sequences {
		problems, err := s.Play(t, nil)
		if err != nil {
			return err.Error()
		}
		if len(problems) > 0 {
			return problems[len(problems)-1]
		}
	}
	return ""
}

// playModel plays random moves; a failure is not shrunk.
func (j *Judge) playModel(t *table.Table) string {
	p := gopter.DefaultTestParametersWithSeed(j.Seed)
	p.MinSuccessfulTests, p.MaxSize, p.Workers, p.MaxShrinkCount = j.Moves, 60, 1, 0
	result := commands.Prop(model.Commands{Table: t}).Check(p)
	if result.Passed() {
		return ""
	}
	if len(result.Labels) > 0 {
		return result.Labels[len(result.Labels)-1]
	}
	if result.Error != nil {
		return result.Error.Error()
	}
	return "the moves failed"
}

func conform(ctx context.Context, t *table.Table) string {
	for _, s := range conformance.All() {
		if err := s.Run(ctx, conformance.Options{Table: t}).Err; err != nil {
			return s.ID + ": " + err.Error()
		}
	}
	return ""
}

// MutantVariable names the environment variable that has package smp's tests
// follow a mutant.
const MutantVariable = "SMP_MUTANT"

// testPattern are the tests that play on rigs.
const testPattern = "^(TestModels|TestOrders|TestUnexpected|TestScenarios|TestRefusals)$"

func (j *Judge) test(ctx context.Context, id int) string {
	binary, err := filepath.Abs(j.TestBinary)
	if err != nil {
		return ""
	}
	cmd := exec.CommandContext(ctx, binary, "-test.failfast", "-test.run", testPattern)
	cmd.Dir = j.TestFolder
	cmd.Env = append(os.Environ(), MutantVariable+"="+strconv.Itoa(id))
	out, err := cmd.Output()
	failed := (*exec.ExitError)(nil)
	if !errors.As(err, &failed) || ctx.Err() != nil {
		return ""
	}
	return failedTest(out)
}

func exploreRole(m *machine.Machine) string {
	results, err := explore.Explore(m, explore.Options{})
	if err != nil {
		return err.Error()
	}
	i := slices.IndexFunc(results, func(r *explore.Result) bool { return len(r.Violations) > 0 })
	if i < 0 {
		return ""
	}
	return results[i].Violations[0].Text
}

// exploreEngines ends with the first violation. It stays on one processor: other
// mutants have the others.
func exploreEngines(ctx context.Context, t *table.Table) string {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found := ""
	_, err := verify.Run(ctx, verify.Options{Table: t, Quick: true, Workers: 1, Progress: func(o *verify.Outcome) {
		if o.Violation != nil && found == "" {
			found = o.Setup + ": " + o.Violation.Text
			cancel()
		}
	}})
	if _, tooMany := errors.AsType[*verify.LimitError](err); tooMany && found == "" {
		return err.Error()
	}
	return found
}

// firstLine cuts what means have to say.
func firstLine(s string) string {
	const most = 160
	if i := bytes.IndexByte([]byte(s), '\n'); i >= 0 {
		s = s[:i]
	}
	if len(s) > most {
		s = s[:most] + "..."
	}
	return s
}
