package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"blesmp/cmd/smp/internal/bench"
	"blesmp/internal/floor"
)

func benchCommand() command {
	return command{
		name:    "bench",
		summary: "measure what pairings, links and bonds cost, beside the cryptography alone",
		usage:   "[flags]",
		about: `Measures, in half a minute, what a pairing costs in each association model: at
the engine alone (engine/*) and through two hosts over virtual controllers
(stack/*); what it costs to encrypt with a bond, and to connect again for it;
what links cost that one process holds, with all of them over controllers that
cost nothing, and with many that pair at the same time (links/*); and what a
store of bonds in a file costs (bonds/*).

Beside each time stands a floor from the same run: the cryptography of both
sides alone, key pairs included but at the engine; on links/throughput and
links/sustained that on all cores; on bonds/resolve-miss two AES blocks for each
bond; on bonds/put one sync of the disk. The ratio to it says the same on other
machines; a time does not. Times are processor time of one core but on
links/throughput, links/sustained, bonds/put and bonds/open, which are elapsed
time.
links/throughput is a burst for which both sides have made their key pairs
ahead, while links were at rest; in links/sustained they are made again within
the time.
links/starvation is the 99th percentile of the times to the end of a pairing, in
means; links/memory is for each link.

With --bars it exits with 1 if a figure is more than its bar allows; --room
makes the bars wider, as on a machine that has other things to do.`,
		examples: []string{
			"smp bench",
			"smp bench --only 'engine/*' --time 5s",
			"smp bench --full --markdown docs/performance.md",
			"smp bench --bars --room 1.3",
			"smp bench --profile cpu.pprof && go tool pprof -top cpu.pprof",
		},
		run:   runBench,
		flags: func() *flag.FlagSet { flags, _ := benchFlags(); return flags },
	}
}

// benchOptions are the flags of bench.
type benchOptions struct {
	bench.Options
	json     bool
	bars     bool
	room     float64
	full     bool
	markdown string
	profile  string
	quiet    bool
}

func benchFlags() (*flag.FlagSet, *benchOptions) {
	o := &benchOptions{}
	o.Links, o.Bonds = []int{100, 1000}, []int{1000, 10_000}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.Only, "only", "", "only figures whose name matches this `GLOB`")
	flags.DurationVar(&o.Time, "time", time.Second, "measure each figure for this `duration`, with its floor")
	flags.IntVar(&o.Rounds, "rounds", 31, "take the medians of this `number` of rounds")
	flags.Var((*sizes)(&o.Links), "links", "hold these `numbers` of links, one after the other")
	flags.IntVar(&o.Pairing, "pairing", 200, "let this `number` of the links pair at the same time")
	flags.Var((*sizes)(&o.Bonds), "bonds", "keep these `numbers` of bonds, each in a store of its own")
	flags.BoolVar(&o.full, "full", false, "the sizes of the documentation: up to 10,000 links, of which 1,000 pair at the same time, and up to 1,000,000 bonds; takes minutes")
	flags.StringVar(&o.Folder, "folder", "", "put the stores into a new folder in this `folder`, whose disk is measured (default: that for temporary files)")
	flags.BoolVar(&o.bars, "bars", false, "exit with 1 if a figure is more than its bar")
	flags.Float64Var(&o.room, "room", 1, "a bar is missed by what is more than this many `times` the bar")
	flags.BoolVar(&o.json, "json", false, "print one JSON object instead of the table")
	flags.StringVar(&o.markdown, "markdown", "", "write the page of the project's documentation to `FILE` as well, its plots and a profile; needs the go command")
	flags.StringVar(&o.profile, "profile", "", "only write a processor profile of Just Works pairings at the engine to `FILE`, for go tool pprof")
	flags.BoolVar(&o.quiet, "quiet", false, "do not tell what is measured")
	return flags, o
}

// sizes is a flag of numbers with commas between them.
type sizes []int

func (s *sizes) String() string {
	if s == nil {
		return ""
	}
	var all []string
	for _, n := range *s {
		all = append(all, strconv.Itoa(n))
	}
	return strings.Join(all, ",")
}

func (s *sizes) Set(text string) error {
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return errors.New("want numbers from 1 on, as 100,1000")
		}
		all = append(all, n)
	}
	slices.Sort(all)
	*s = slices.Compact(all)
	return nil
}

func runBench(ctx context.Context, s streams, args []string) int {
	flags, o := benchFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if flags.NArg() > 0 {
		return usageError(s, fmt.Errorf("bench %w: %q", errArguments, flags.Arg(0)))
	}
	if o.full {
		o.enlarge(flags)
	}
	if err := o.check(); err != nil {
		return usageError(s, err)
	}
	if o.profile != "" {
		if err := writeProfile(o.profile, o.Time); err != nil {
			return failure(s, err)
		}
		return exitOK
	}
	if !o.quiet {
		o.Progress = func(names string) { fmt.Fprintf(s.err, "measuring %s\n", names) }
	}
	report, err := o.measure(ctx)
	if err == nil {
		err = o.write(s.out, report)
	}
	if err != nil {
		return failure(s, err)
	}
	return o.judge(s, report)
}

// enlarge takes the sizes of --full where no other flag says another.
func (o *benchOptions) enlarge(flags *flag.FlagSet) {
	given := *o
	o.Links, o.Pairing, o.Bonds = []int{1, 10, 100, 1000, 10_000}, 1000, []int{100, 1000, 10_000, 100_000, 1_000_000}
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "links":
			o.Links = given.Links
		case "pairing":
			o.Pairing = given.Pairing
		case "bonds":
			o.Bonds = given.Bonds
		}
	})
}

// check says what is wrong with the options.
func (o *benchOptions) check() error {
	switch {
	case o.Rounds < floor.MinRounds:
		return fmt.Errorf("bench: --rounds %d: want %d or more for a median", o.Rounds, floor.MinRounds)
	case o.Time <= 0:
		return fmt.Errorf("bench: --time %v: want more than nothing", o.Time)
	case o.Pairing < 1:
		return fmt.Errorf("bench: --pairing %d: want 1 or more", o.Pairing)
	case o.room < 1:
		return fmt.Errorf("bench: --room %v: want 1 or more", o.room)
	case len(bench.Matches(o.Only)) == 0:
		return fmt.Errorf("bench: no figure matches %q; the figures are %s", o.Only, strings.Join(bench.Names(), ", "))
	}
	return nil
}

// measure measures, and writes the page where it is asked for.
func (o *benchOptions) measure(ctx context.Context) (*bench.Report, error) {
	if o.markdown == "" {
		return bench.Run(ctx, o.Options)
	}
	profile, err := bench.TakeProfile(ctx, 10*o.Time)
	if err != nil {
		return nil, err
	}
	report, err := bench.Run(ctx, o.Options)
	if err != nil {
		return nil, err
	}
	return report, report.WritePage(o.markdown, profile, o.Time)
}

// write prints the report.
func (o *benchOptions) write(w io.Writer, report *bench.Report) error {
	if o.json {
		return report.WriteJSON(w)
	}
	return report.WriteText(w, o.room)
}

// judge gives the exit status.
func (o *benchOptions) judge(s streams, report *bench.Report) int {
	missed := report.Missed(o.room)
	if !o.bars || len(missed) == 0 {
		return exitOK
	}
	for _, f := range missed {
		fmt.Fprintf(s.err, "smp: %s\n", f.Verdict(o.room))
	}
	return exitFailure
}

func writeProfile(path string, d time.Duration) error {
	file, err := os.Create(filepath.Clean(path))
	if err != nil {
		return err
	}
	return errors.Join(bench.WriteProfile(file, bench.EngineProfile, d), file.Close())
}
