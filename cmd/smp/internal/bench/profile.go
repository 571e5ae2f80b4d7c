package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"blesmp/internal/floor"
	"blesmp/internal/load"
)

// Workload is what a profile is taken of: pairings by Just Works of LE Secure
// Connections, key pairs included.
type Workload int

// The workloads.
const (
	EngineProfile Workload = iota // two engines
	StackProfile                  // two hosts over virtual controllers
)

// pairingsAtOnce is how often a profile pairs between two looks at the clock, which
// is a call of the system.
const pairingsAtOnce = 16

// WriteProfile pairs on one core, for d of its time, and writes the processor profile of it.
func WriteProfile(w io.Writer, what Workload, d time.Duration) error {
	ctx := context.Background()
	justWorks := load.Models()[0]
	engines, err := load.NewEngines(justWorks)
	if err != nil {
		return err
	}
	some := floor.Work{Prepare: engines.Prepare, Run: engines.Run}
	if what == StackProfile {
		stacks, err := load.NewStacks(ctx, justWorks)
		if err != nil {
			return err
		}
		defer func() { _ = stacks.Close() }()
		if err := stacks.Connect(ctx); err != nil {
			return err
		}
		some = floor.Each(func() error { return errors.Join(stacks.Pair(ctx), stacks.Forget()) })
	}
	return oneCore(func() error {
		if err := pprof.StartCPUProfile(w); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
		for began := floor.CPUTime(); floor.CPUTime()-began < d; {
			if some.Prepare != nil {
				if err := some.Prepare(pairingsAtOnce); err != nil {
					return err
				}
			}
			if err := some.Run(pairingsAtOnce); err != nil {
				return err
			}
		}
		return nil
	})
}

// share is a part of a profile.
type share struct {
	name  string
	count time.Duration
}

// kinds are what the time of a pairing goes to. A stack belongs to the first kind
// of which it has a function.
var kinds = []struct {
	name      string
	functions []string // how their names begin
}{
	{"P-256: key pairs, points and DHKeys", []string{"crypto/ecdh.", "crypto/internal/fips140/ecdh.", "crypto/internal/fips140/nistec.", "blesmp/smp/toolbox.KeyPair.", "blesmp/smp/toolbox.NewKeyPair"}},
	{"AES-CMAC, AES and AES-CCM", []string{"blesmp/smp/toolbox.", "crypto/aes.", "crypto/internal/fips140/aes.", "blesmp/hci/virtual.(*session)"}},
	{"random numbers", []string{"crypto/rand.", "crypto/internal/fips140/drbg.", "crypto/internal/sysrand.", "blesmp/smp.fillRandom"}},
	{"memory: allocation, garbage and stacks that grow", []string{"runtime.mallocgc", "runtime.gcBgMarkWorker", "runtime.gcStart", "runtime.gcMark", "runtime.bgsweep", "runtime.bgscavenge", "runtime.newstack", "runtime.growslice", "runtime.makeslice", "runtime.gcAssistAlloc"}},
	{"the virtual controllers and their air", []string{"blesmp/hci/virtual."}},
	{"HCI and L2CAP", []string{"blesmp/hci"}},
	{"the engine: table, codecs and actions", []string{"blesmp/gen/table.", "blesmp/smp.(*Procedure)", "blesmp/smp.NewProcedure", "blesmp/smp.binding"}},
	{"sessions, bonds and the rig", []string{"blesmp/"}},
	{"the scheduler and the rest of the runtime", []string{""}},
}

// shares takes a profile and says where its time went.
func shares(ctx context.Context, what Workload, d time.Duration) (parts []share, top string, err error) {
	file, err := os.CreateTemp("", "smp-bench-*.pprof")
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	if err := errors.Join(WriteProfile(file, what, d), file.Close()); err != nil {
		return nil, "", err
	}
	traces, err := goTool(ctx, "pprof", "-traces", file.Name())
	if err != nil {
		return nil, "", err
	}
	if parts, err = sortTraces(traces); err != nil {
		return nil, "", err
	}
	text, err := goTool(ctx, "pprof", "-top", "-nodecount=12", file.Name())
	return parts, heading(text), err
}

func goTool(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"tool"}, args...)...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go tool %s: %w\n%s", args[0], err, complaints.String())
	}
	return string(out), nil
}

// heading leaves out which program and when.
func heading(text string) string {
	at := strings.Index(text, "Showing nodes")
	return text[max(at, 0):]
}

// sortTraces sums what go tool pprof -traces prints by kind.
func sortTraces(text string) ([]share, error) {
	parts := make([]share, len(kinds))
	for i, k := range kinds {
		parts[i].name = k.name
	}
	var stack []string
	var took time.Duration
	end := func() {
		if len(stack) > 0 {
			parts[kindOf(stack)].count += took
		}
		stack, took = nil, 0
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	body := false
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "-----------+") {
			end()
			body = true
			continue
		}
		if !body || line == "" {
			continue
		}
		if len(stack) == 0 {
			value, function, ok := strings.Cut(line, " ")
			d, err := time.ParseDuration(value)
			if !ok || err != nil {
				return nil, fmt.Errorf("bench: go tool pprof prints a stack that begins with %q", line)
			}
			took, line = d, strings.TrimSpace(function)
		}
		stack = append(stack, line)
	}
	end()
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return parts, nil
}

func kindOf(stack []string) int {
	return slices.IndexFunc(kinds, func(k struct {
		name      string
		functions []string
	}) bool {
		return slices.ContainsFunc(stack, func(function string) bool {
			return slices.ContainsFunc(k.functions, func(begin string) bool { return strings.HasPrefix(function, begin) })
		})
	})
}
