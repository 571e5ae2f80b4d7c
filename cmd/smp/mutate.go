package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"blesmp/internal/mutate"
)

func mutateCommand() command {
	return command{
		name:    "mutate",
		summary: "change the specification in one place at a time, and tell what nobody notices",
		usage:   "[flags] [FILE]",
		about: `Changes one thing at a time in the specification (FILE, spec/smp_states.yaml
by default): a condition, a target, an action, a send, an effect, a reason, a
timer, a cell of an association grid (class table); the method that an action
or a guard is bound to (bindings); a value, a PDU, a range, a time (codecs).
Each changed table is played: recorded exchanges, saved sequences, random moves
on two sides, the conformance scenarios, the scenarios of package smp, and the
explorations of one role and of two engines. For a changed codec package smp is
built with other generated code, and all of its tests are run. What nothing
finds is printed with its line: a test is missing there, or the change makes no
difference, which a remark in the file can say:

  # equivalent mutant: drop emit ReportLevel -- why it makes no difference

Run it in the project's folder, with the go tool; without it, --no-build leaves
out what has to be built. Ctrl-C ends it with a report of what was tried. It
exits with 0 only if nothing survived without a reason, and no remark is wrong.`,
		examples: []string{
			"smp mutate",
			"smp mutate --only table --sample 200 --seed 1 --time 2m",
			"smp mutate --only codecs -v --json",
			"go test -c -o smp.test ./smp && smp mutate --line 557 --tests smp.test",
		},
		run:   runMutate,
		flags: func() *flag.FlagSet { flags, _ := mutateFlags(); return flags },
	}
}

// mutateOptions are the flags of mutate.
type mutateOptions struct {
	sample, moves, workers, line int
	seed                         int64
	time, limit                  time.Duration
	tests, only                  string
	json, verbose, quick, worker bool
	noBuild                      bool
}

func mutateFlags() (*flag.FlagSet, *mutateOptions) {
	o := &mutateOptions{}
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.IntVar(&o.sample, "sample", 0, "try `N` mutants only, drawn by the seed; 0 means all")
	flags.Int64Var(&o.seed, "seed", 1, "`SEED` of the sample and of the random moves")
	flags.DurationVar(&o.time, "time", 0, "begin no mutant after this `DURATION`; 0 means no end")
	flags.DurationVar(&o.limit, "limit", time.Minute, "a mutant with which one means takes longer counts as found; more where the means builds, explores or is the tests")
	flags.IntVar(&o.moves, "moves", 150, "play `N` sequences of random moves with each mutant")
	flags.IntVar(&o.workers, "workers", 2, "try `N` mutants at once")
	flags.IntVar(&o.line, "line", 0, "only mutants of this `LINE` of the file")
	flags.StringVar(&o.only, "only", "", "only mutants of this `CLASS`: table, bindings or codecs")
	flags.StringVar(&o.tests, "tests", "", "the tests of package smp, the `FILE` that go test -c made of them; they are built without this")
	flags.BoolVar(&o.noBuild, "no-build", false, "do without the go tool: no codecs, and no tests of package smp but those of --tests")
	flags.BoolVar(&o.quick, "quick", false, "leave out the exploration of two engines, which takes up to a minute for a mutant")
	flags.BoolVar(&o.json, "json", false, "print one JSON object instead of the table")
	flags.BoolVar(&o.verbose, "v", false, "print every mutant with what has found it")
	flags.BoolVar(&o.worker, "worker", false, "judge mutants whose numbers come in on standard input; mutate starts such processes itself")
	return flags, o
}

func runMutate(ctx context.Context, s streams, args []string) int {
	flags, o := mutateFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if flags.NArg() > 1 {
		return usageError(s, fmt.Errorf("mutate %w: %q", errArguments, flags.Arg(1)))
	}
	path := cmp.Or(flags.Arg(0), filepath.Join("spec", "smp_states.yaml"))
	judge, err := o.judge(path)
	if err != nil {
		return failure(s, err)
	}
	if o.worker {
		if err := mutate.Serve(ctx, judge, s.in, s.out); err != nil {
			return failure(s, err)
		}
		return exitOK
	}
	if o.only != "" && !slices.Contains(mutate.Classes(), mutate.Class(o.only)) {
		return usageError(s, fmt.Errorf("--only %q is no class of mutants: there are %v", o.only, mutate.Classes()))
	}
	report, err := o.mutants(ctx, s.err, judge, path)
	if err != nil {
		return failure(s, err)
	}
	write := report.WriteText
	if o.json {
		write = report.WriteJSON
	}
	if err := write(s.out); err != nil {
		return failure(s, err)
	}
	if !report.OK() || ctx.Err() != nil { // what was tried before Ctrl-C is reported
		return exitFailure
	}
	return exitOK
}

// judge prepares everything that looks at mutants.
func (o *mutateOptions) judge(path string) (*mutate.Judge, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	source, err := mutate.NewSource(path, text)
	if err != nil {
		return nil, err
	}
	project := filepath.Join(filepath.Dir(path), "..")
	j := &mutate.Judge{
		Source: source, Seed: o.seed, Moves: o.moves, SkipEngines: o.quick,
		TestBinary: o.tests, TestFolder: filepath.Join(project, "smp"),
	}
	if !o.noBuild {
		spec := filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path))
		j.Builder = &mutate.Builder{Project: project, Spec: filepath.ToSlash(spec), Limit: o.limit}
	}
	data := filepath.Join(project, "smp", "testdata")
	return j, j.Load(filepath.Join(data, "transcripts"), filepath.Join(data, "sequences"))
}

// mutants runs them in processes of this program.
func (o *mutateOptions) mutants(ctx context.Context, out io.Writer, judge *mutate.Judge, path string) (*mutate.Report, error) {
	all, err := judge.Source.Mutants()
	if err != nil {
		return nil, err
	}
	drawn := o.drawn(all)
	if len(drawn) == 0 {
		return nil, errors.New("mutate: no mutant is left to try: --line, --only and --no-build leave them all out")
	}
	remove, err := o.build(ctx, judge, all, drawn)
	if err != nil {
		return nil, err
	}
	defer remove()
	if err := judge.Check(ctx); err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	pool := &mutate.Pool{Workers: o.workers, Limit: o.limit, Command: func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, program, "mutate", "--worker", "--tests", judge.TestBinary, fmt.Sprintf("--quick=%v", o.quick),
			fmt.Sprintf("--no-build=%v", o.noBuild), "--limit", o.limit.String(),
			"--seed", fmt.Sprint(o.seed), "--moves", fmt.Sprint(o.moves), path)
	}}
	running, cancel := context.WithCancel(ctx)
	if o.time > 0 {
		running, cancel = context.WithTimeout(ctx, o.time)
	}
	defer cancel()
	report := &mutate.Report{File: path, Seed: o.seed, Mutants: len(all)}
	begun := time.Now()
	spent, err := pool.Run(running, drawn, func(id int, v mutate.Verdict) {
		report.Add(all[id], v)
		if o.verbose {
			_, _ = fmt.Fprintf(out, "%v: %s %s\n", all[id], cmp.Or(v.By, "SURVIVED"), v.Saw)
		}
	})
	report.Seconds, report.Processor = time.Since(begun).Seconds(), spent.Seconds()
	report.Sort()
	switch {
	case err != nil:
		return nil, err
	case ctx.Err() != nil && report.Judged == 0:
		return nil, context.Cause(ctx)
	case report.Judged == 0:
		return nil, errors.New("mutate: not one mutant was judged")
	}
	return report, nil
}

// build makes the tests of package smp, where mutants will be shown to them, and
// takes the builder away where nothing needs it. What it gives removes them.
func (o *mutateOptions) build(ctx context.Context, judge *mutate.Judge, all []mutate.Mutant, drawn []int) (remove func(), err error) {
	remove = func() {}
	codecs, tables := 0, 0
	for _, id := range drawn {
		if all[id].Class == mutate.Codecs {
			codecs++
		} else {
			tables++
		}
	}
	if b := judge.Builder; b != nil && (codecs > 0 || judge.TestBinary == "") {
		if err := b.Ready(); err != nil {
			return nil, fmt.Errorf("%w; run it in the project's folder with the go tool, or leave out what has to be built with --no-build", err)
		}
		if tables > 0 && judge.TestBinary == "" {
			folder, err := os.MkdirTemp("", "smp-mutate-")
			if err != nil {
				return nil, err
			}
			remove = func() { _ = os.RemoveAll(folder) }
			judge.TestBinary = filepath.Join(folder, "smp.test")
			if err := b.Tests(ctx, judge.TestBinary); err != nil {
				remove()
				return nil, err
			}
		}
	}
	if codecs == 0 {
		judge.Builder = nil
	}
	return remove, nil
}

// drawn gives the numbers of the mutants to try. Their order is random, so that
// a run which is cut short is a fair sample.
func (o *mutateOptions) drawn(all []mutate.Mutant) []int {
	var ids []int
	for _, m := range all {
		if (o.line == 0 || m.Line == o.line) && (o.only == "" || m.Class == mutate.Class(o.only)) && (!o.noBuild || m.Class != mutate.Codecs) {
			ids = append(ids, m.ID)
		}
	}
	random := rand.New(rand.NewPCG(uint64(o.seed), 0))
	random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	if o.sample > 0 && o.sample < len(ids) {
		ids = slices.Clip(ids[:o.sample])
	}
	return ids
}
