package planted_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"

	"blesmp/gen/explore"
	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
	"blesmp/internal/mutate"
	"blesmp/smp/internal/executor"
	"blesmp/smp/smptest"
	"blesmp/smp/smptest/model"
	"blesmp/smp/smptest/verify"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of planted faults into the docs")

// everything is the environment variable that has TestPlanted show every fault
// to every means, which takes minutes.
const everything = "SMP_PLANTED"

const (
	specification = "../../../spec/smp_states.yaml"
	sequences     = "../../testdata/sequences"
	page          = "../../../docs/verification.md"
)

// fault is something that somebody might get wrong.
type fault struct {
	name  string
	named bool // one of the five classes that two means have to find

	edits  []string // of the specification: pairs of an old text and a new one
	disarm []string // edits that take out what refuses the others

	change     func(*machine.Machine) // behind the back of the checks
	unnumbered bool                   // the driver gives late answers to whatever is asked

	setup string // with which smp verify finds it first
}

const (
	failedIsEnd = "      PairingFailed: {end: ByPeer, ref: 3.5.5}\n      any_pdu:       {fail"
	secureJust  = "SC, just works, LTK and identity"
	legacyJust  = "legacy, just works, LTK and identity"
	numeric     = "SC, numeric comparison, LTK and identity"
)

var faults = []fault{
	{
		name: "two states are swapped: a responder goes to AwaitEncryption in place of AwaitLTKRequest", named: true,
		edits: []string{
			"do: [keepRandom, computeSTK]\n                  send: [PairingRandom]\n                  goto: AwaitLTKRequest",
			"do: [keepRandom, computeSTK]\n                  send: [PairingRandom]\n                  goto: AwaitEncryption",
		},
		setup: legacyJust,
	},
	{
		name: "no check for our own public key", named: true,
		edits: []string{
			"initiator:\n              PublicKey:\n                - {if: keyReflected, fail: DHKeyCheckFailed}\n",
			"initiator:\n              PublicKey:\n",
		},
		setup: secureJust,
	},
	{
		name: "a responder replies to an early request for the key", named: true,
		edits: []string{
			"          AwaitCheck:\n",
			"          AwaitCheck:\n            responder:\n              LTKRequest:\n" +
				"                - {if: zeroEDIV, emit: [ReplyPairingKey], goto: AwaitEncryption}\n" +
				"                - {emit: [NegativeReply, ReportEncryptionFailure]}\n",
		},
		disarm: []string{
			"    only_in: [Encryption]\n", "",
			"needs: [sessionKey, authenticated]", "needs: [sessionKey]",
			"{only_in: [KeyDistribution], needs: [authenticated], ", "{only_in: [KeyDistribution], ",
		},
		setup: "attack on the responder: " + secureJust,
	},
	{name: "the timer never stops", named: true, change: neverStop, setup: secureJust},
	{name: "an answer of the user counts for a later question", named: true, unnumbered: true, setup: numeric + ", three pairings"},
	{
		name: "a failed encryption counts as success",
		edits: []string{
			"EncryptionFailed:\n                - if: encrypted\n                  emit: [ReportEncryptionFailure, Disconnect]\n                  end: EncryptionLost\n                  goto: Idle\n",
			"EncryptionFailed:\n                - {if: not encrypted, do: [makeOwnKeys], goto: Encrypted}\n                - if: encrypted\n                  emit: [ReportEncryptionFailure, Disconnect]\n                  end: EncryptionLost\n                  goto: Idle\n",
		},
		setup: secureJust,
	},
	{
		name:  "Pairing Failed is answered",
		edits: []string{failedIsEnd, strings.Replace(failedIsEnd, "end: ByPeer", "fail: UnspecifiedReason", 1)},
		setup: secureJust,
	},
	{
		name: "something else than the user's yes ends the comparison",
		edits: []string{
			"DHKeyCheck:   {do: [keepCheck], goto: CompareHoldCheck}",
			"DHKeyCheck:   {do: [keepCheck], goto: CompareHoldCheck}\n              Delivered:    {do: [computeKeys], goto: AwaitCheck}",
		},
		setup: numeric,
	},
	{
		name:  "a Mute link wakes up",
		edits: []string{"any_command: {refuse: LinkTimedOut}", "any_command: {refuse: LinkTimedOut}\n          Delivered: {goto: Idle}"},
		setup: secureJust,
	},
	{
		name:  "a confirm value of our own comes back",
		edits: []string{"{if: confirmReflected, fail: ConfirmValueFailed}", "{if: confirmReflected and sc, fail: ConfirmValueFailed}"},
		setup: "attack on the initiator: legacy, initiator types, LTK and identity",
	},
	{
		name: "the table is not what the file says: a random leads to AwaitCheck, past the user",
		change: func(m *machine.Machine) {
			for _, s := range m.States {
				if s.Name == "AwaitCheck" {
					redirect(m, "NumericAwaitRandom", "PairingRandom", s)
				}
			}
		},
		setup: numeric,
	},
}

// neverStop takes all stops of timers out; no file can say so.
func neverStop(m *machine.Machine) {
	for _, c := range m.Cells {
		for _, rule := range c.Rules {
			var kept []machine.Op
			for _, op := range rule.Ops {
				if op.Kind != table.StopTimer {
					kept = append(kept, op)
				}
			}
			rule.Ops = kept
		}
	}
}

// redirect leads every rule of a cell that goes anywhere to one state.
func redirect(m *machine.Machine, state, event string, to *machine.State) {
	for _, c := range m.Cells {
		if c.State != nil && c.State.Name == state && c.Event != nil && c.Event.Name == event {
			for _, rule := range c.Rules {
				if rule.Next != nil && rule.Next.Name != "Idle" {
					rule.Next = to
				}
			}
		}
	}
}

// text edits the specification; each old text has to be there.
func (f *fault) text(t *testing.T, edits ...string) string {
	t.Helper()
	octets, err := os.ReadFile(specification)
	if err != nil {
		t.Fatal(err)
	}
	source := string(octets)
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(source, edits[i]) {
			t.Fatalf("%s: the specification does not have %q", f.name, edits[i])
		}
		source = strings.ReplaceAll(source, edits[i], edits[i+1])
	}
	return source
}

func resolve(text string) (*machine.Machine, error) {
	f, err := spec.Parse(specification, []byte(text))
	if err != nil {
		return nil, err
	}
	return machine.Resolve(f)
}

// exhibit is a fault that was planted, ready to be looked at.
type exhibit struct {
	*fault
	judge   *mutate.Judge
	saved   []model.Sequence
	machine *machine.Machine
	table   *table.Table
	path    string // of the edited specification
	refused string // by the static checks
}

func (f *fault) plant(t *testing.T, j *mutate.Judge) *exhibit {
	t.Helper()
	saved, err := model.ReadSequences(sequences)
	if err != nil {
		t.Fatal(err)
	}
	e := &exhibit{fault: f, judge: j, saved: saved}
	if _, err := resolve(f.text(t, f.edits...)); err != nil {
		e.refused = err.Error()
	}
	text := f.text(t, append(append([]string{}, f.disarm...), f.edits...)...)
	m, err := resolve(text)
	if err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	if f.change != nil {
		f.change(m)
	}
	e.machine, e.table = m, m.Table()
	e.path = filepath.Join(t.TempDir(), "smp_states.yaml")
	if err := os.WriteFile(e.path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return e
}

// looker is one of the means.
type looker struct {
	name string
	look func(*testing.T, *exhibit) string
}

// means are what looks at an exhibit, each independent of the others; what it
// gives is what it has seen, "" for nothing. The cheap ones come first.
var means = []looker{
	{"`smpgen check`", func(_ *testing.T, e *exhibit) string { return e.refused }},
	{"transcripts", func(t *testing.T, e *exhibit) string { return e.judge.Look(t.Context(), mutate.Transcripts, e.table) }},
	{"sequences", bySequences},
	{"gopter", byGopter},
	{"executor", byExecutor},
	{"conformance", func(t *testing.T, e *exhibit) string { return e.judge.Look(t.Context(), mutate.Conformance, e.table) }},
	{"`smp verify`", func(t *testing.T, e *exhibit) string { return e.engines(t, false) }},
	{"its attacker", func(t *testing.T, e *exhibit) string { return e.engines(t, true) }},
	{"`smpgen verify`", byRole},
}

func bySequences(t *testing.T, e *exhibit) string {
	for _, s := range e.saved {
		s.Setup.Unnumbered = e.unnumbered
		problems, err := s.Play(e.table, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(problems) > 0 {
			return problems[len(problems)-1]
		}
	}
	return ""
}

func byGopter(_ *testing.T, e *exhibit) string {
	return e.play(model.Commands{Table: e.table, Unnumbered: e.unnumbered})
}

func (e *exhibit) play(c model.Commands) string {
	p := gopter.DefaultTestParametersWithSeed(e.judge.Seed)
	p.MinSuccessfulTests, p.MaxSize, p.Workers, p.MaxShrinkCount = e.judge.Moves, 60, 1, 0
	result := commands.Prop(c).Check(p)
	if result.Passed() {
		return ""
	}
	return strings.Join(result.Labels, "; ")
}

// byExecutor follows the moves with a machine of its own reading of the file; what
// the rules of the rig say does not count here.
func byExecutor(t *testing.T, e *exhibit) string {
	own, err := executor.Load(e.path)
	if err != nil {
		return err.Error()
	}
	saw := ""
	follow := func() func(smptest.Moment) error {
		follower := own.Follow()
		return func(m smptest.Moment) error {
			err := follower.Step(m)
			if err != nil && saw == "" {
				saw = err.Error()
			}
			return nil
		}
	}
	for _, s := range e.saved {
		if _, err := s.Play(e.table, follow()); err != nil {
			t.Fatal(err)
		}
	}
	e.play(model.Commands{Table: e.table, NewWatch: follow})
	return saw
}

// engines explores quick setups until one shows something: that of the fault,
// and with everything one for each association model.
func (e *exhibit) engines(t *testing.T, attacks bool) string {
	names := []string{e.setup}
	if os.Getenv(everything) != "" {
		for _, s := range verify.Setups(true) {
			if strings.HasSuffix(s.Name, ", LTK and identity") {
				names = append(names, s.Name)
			}
		}
	}
	for _, name := range names {
		if strings.HasPrefix(name, "attack") != attacks {
			continue
		}
		report, err := verify.Run(t.Context(), verify.Options{Table: e.table, Quick: true, Only: name, Workers: 1, NoNumbers: e.unnumbered})
		if limit := (*verify.LimitError)(nil); errors.As(err, &limit) {
			return err.Error()
		} else if err != nil {
			t.Fatal(err)
		}
		for _, v := range report.Violations() {
			return v.Setup + ": " + v.Text
		}
	}
	return ""
}

func byRole(t *testing.T, e *exhibit) string {
	results, err := explore.Explore(e.machine, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, v := range r.Violations {
			return r.Role + ": " + v.Text
		}
	}
	return ""
}

const (
	begin = "<!-- The table is written by SMP_PLANTED=1 go test ./smp/internal/planted -run TestPlanted -update -->\n"
	end   = "<!-- end of the table -->\n"
)

// TestPlanted shows faults to all that can find one. As it is it does so until
// each of the named ones is found by two means, and demands that the table in
// the docs says so; with SMP_PLANTED set it shows every fault to every means, and
// the table has to be equal.
func TestPlanted(t *testing.T) {
	j := &mutate.Judge{Seed: 1, Moves: 150}
	if err := j.Load("../../testdata/transcripts", sequences); err != nil {
		t.Fatal(err)
	}
	_, written, _ := parts(t)
	all := os.Getenv(everything) != ""
	drawn := header()
	for i := range faults {
		f := &faults[i]
		if !all && !f.named {
			continue
		}
		line := rowOf(written, f.name) // where the test is told to leave it out
		t.Run(f.name, func(t *testing.T) {
			found := f.show(t, j, all)
			if f.named && len(found) < 2 {
				t.Errorf("found by %q alone", found)
			}
			line = f.line(found)
			for _, name := range found {
				if !all && !marked(written, f.name, name) {
					t.Errorf("%s does not say that %s finds it", page, name)
				}
			}
		})
		drawn += line
	}
	switch {
	case !all:
	case *update:
		before, _, after := parts(t)
		if err := os.WriteFile(page, []byte(before+begin+drawn+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		if diff := cmp.Diff(written, drawn); diff != "" {
			t.Errorf("%s is not up to date (-want +got):\n%s", page, diff)
		}
	}
}

// parts cuts the page at the table.
func parts(t *testing.T) (before, written, after string) {
	t.Helper()
	octets, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(octets), begin)
	written, after, also := strings.Cut(rest, end)
	if !ok || !also {
		t.Fatalf("%s has no place for the table", page)
	}
	return before, written, after
}

// show gives the names of the means that have found the fault: all of them, or
// the first two.
func (f *fault) show(t *testing.T, j *mutate.Judge, all bool) []string {
	t.Helper()
	e := f.plant(t, j)
	var found []string
	for _, m := range means {
		if !all && len(found) == 2 {
			break
		}
		if saw := m.look(t, e); saw != "" {
			first, _, _ := strings.Cut(saw, "\n")
			t.Logf("%s: %s", m.name, first)
			found = append(found, m.name)
		}
	}
	return found
}

// header begins the table: a column for each means.
func header() string {
	first, second := "| fault |", "|---|"
	for _, m := range means {
		first += " " + m.name + " |"
		second += "---|"
	}
	return first + "\n" + second + "\n"
}

// line is the row of a fault.
func (f *fault) line(found []string) string {
	text := "| " + f.name + " |"
	for _, m := range means {
		mark := " "
		if slices.Contains(found, m.name) {
			mark = " found "
		}
		text += mark + "|"
	}
	return text + "\n"
}

// rowOf finds the row of a fault in a table.
func rowOf(written, fault string) string {
	for line := range strings.Lines(written) {
		if strings.HasPrefix(line, "| "+fault+" |") {
			return line
		}
	}
	return ""
}

// marked reports whether a table says that a means finds a fault.
func marked(written, fault, name string) bool {
	cells := strings.Split(rowOf(written, fault), "|")
	i := slices.IndexFunc(means, func(m looker) bool { return m.name == name })
	return len(cells) == len(means)+3 && strings.TrimSpace(cells[2+i]) == "found"
}
