//go:build interop

package interop

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"blesmp/bt"
)

// caseLimit is how long one case may take.
const caseLimit = 40 * time.Second

var update = flag.Bool("update", false, "write results.json and docs/interop.md")

// What interop/setup has installed, and what is built from this module.
var (
	kernelPath  string
	nodeModules string
	nodeScript  string
	guestInit   string
	guestDir    string // where guests keep their process ids
	smpProgram  string
	outDir      string // recordings of cases that fail
)

func TestMain(m *testing.M) {
	flag.Parse()
	scratch, err := os.MkdirTemp("", "blesmp-interop-")
	if err == nil {
		err = prepare(scratch)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "interop: %v\ninterop: run interop/setup first\n", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// cacheDir is where interop/setup puts things.
func cacheDir() (string, error) {
	if d := os.Getenv("BLESMP_CACHE"); d != "" {
		return d, nil
	}
	d, err := os.UserCacheDir()
	return filepath.Join(d, "blesmp"), err
}

func prepare(scratch string) error {
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	kernelPath = filepath.Join(cache, "linux-uml")
	nodeModules = filepath.Join(cache, "node", "node_modules")
	for _, path := range []string{kernelPath, filepath.Join(nodeModules, "ble-host")} {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	for _, program := range []string{"node", "tshark", "mergecap"} {
		if _, err := exec.LookPath(program); err != nil {
			return err
		}
	}
	if nodeScript, err = filepath.Abs("node/host.js"); err != nil {
		return err
	}
	outDir = os.Getenv("INTEROP_OUT")
	if outDir == "" {
		outDir = filepath.Join(os.TempDir(), "blesmp-interop-failed")
	}
	guestDir = filepath.Join(scratch, "uml") + "/"
	guestInit, smpProgram = filepath.Join(scratch, "init"), filepath.Join(scratch, "smp")
	for path, pkg := range map[string]string{guestInit: "./linux/guest", smpProgram: "../cmd/smp"} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", pkg, err, out)
		}
	}
	return nil
}

// peerKind is one of the foreign hosts.
type peerKind struct {
	name string
	make func() foreign
}

var (
	bleHost = peerKind{"ble-host", func() foreign { return newBLEHost() }}
	linuxOS = peerKind{"Linux", func() foreign { return newLinux() }}
	peers   = []peerKind{bleHost, linuxOS}
)

// testCase is a case of the matrix. It runs for each peer and each role of ours
// unless cannot gives a reason why the peer cannot do it.
type testCase struct {
	group, name string
	setup       setup
	cannot      func(p peerKind, ours bt.Role) string
	run         func(r *rig)
}

// matrix are all cases, in the order of the report.
func matrix() []testCase {
	var cases []testCase
	for _, part := range [][]testCase{
		pairingCases(), distributionCases(), requestCases(), failureCases(), bondCases(), addressCases(), levelCases(),
	} {
		cases = append(cases, part...)
	}
	return cases
}

func TestInterop(t *testing.T) {
	started := time.Now()
	t.Run("matrix", func(t *testing.T) {
		for _, c := range matrix() {
			for _, p := range peers {
				for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
					t.Run(fmt.Sprintf("%s/%s/%s/us as %s", c.group, c.name, p.name, role), func(t *testing.T) {
						t.Parallel()
						runCase(t, c, p, role)
					})
				}
			}
		}
	})
	t.Run("user channel", userChannel)
	t.Run("bad PDUs", badPDUs)
	t.Run("defects", defects)
	t.Run("captures", checkCaptures)
	t.Run("results", checkResults)
	t.Logf("%s in %v", found.summary(), time.Since(started).Round(time.Millisecond))
}

func runCase(t *testing.T, c testCase, p peerKind, role bt.Role) {
	x := Result{Group: c.group, Case: c.name, Peer: p.name, Role: "us as " + role.String()}
	if c.cannot != nil {
		if why := c.cannot(p, role); why != "" {
			x.Outcome, x.Note = Cannot, why
			found.add(x)
			t.Logf("%s cannot: %s", p.name, why)
			return
		}
	}
	record(t, x, func(ctx context.Context) { c.run(newRig(ctx, t, p, role, c.setup)) })
}

// record runs a case within its limit and keeps what it comes to.
func record(t *testing.T, x Result, run func(ctx context.Context)) {
	x.Outcome = Failed
	defer func() {
		if !t.Failed() {
			x.Outcome = Passed
		}
		found.add(x)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), caseLimit)
	defer cancel()
	run(ctx)
}
