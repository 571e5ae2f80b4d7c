package mutate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"blesmp/internal/mutate"
)

const path = "../../spec/smp_states.yaml"

func read(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func source(t testing.TB, text []byte) *mutate.Source {
	t.Helper()
	s, err := mutate.NewSource(path, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mutants(t testing.TB, s *mutate.Source) []mutate.Mutant {
	t.Helper()
	all, err := s.Mutants()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func judge(t testing.TB) *mutate.Judge {
	t.Helper()
	j := &mutate.Judge{Source: source(t, read(t)), Seed: 1, Moves: 20, SkipEngines: true}
	if err := j.Load("../../smp/testdata/transcripts", "../../smp/testdata/sequences"); err != nil {
		t.Fatal(err)
	}
	return j
}

// TestMutants demands that every kind of change is there.
func TestMutants(t *testing.T) {
	all := mutants(t, source(t, read(t)))
	count := map[mutate.Class]int{}
	for _, m := range all {
		count[m.Class]++
	}
	if count[mutate.Rows] < 1000 || count[mutate.Bindings] < 50 || count[mutate.Codecs] < 100 {
		t.Errorf("mutants by class: %v, want more than 1000, 50 and 100", count)
	}
	for _, words := range []string{
		"always ", "never ", "negate ", "drop set ", "drop do ", "drop send ", "drop emit ", "drop goto ", "goto ", "drop row ", "drop timer",
		"drop on_leave ", "drop failed_to ", "drop restart_sent ", "ignore for ", "reject for ", "fail for ", "drop event.reason",
		"drop exception ", "JustWorks becomes ", "one less in ", "or for and in ", "only side 1 of ",
		"pairable bound to ", "zeroTK bound to ",
		"numbers of ", "otherwise keep for ", "otherwise PasskeyEntryFailed for ", "one bit less for ", "bits of MITM and SC swapped",
		"LinkKey one bit up", "reserved: zero for keep", "reserved: reject for keep", "uint120 for uint128", "uint16 for uint8", "code 0x8e for 0x0e",
		"EDIV and Rand swapped", "drop range", "range 6..16 for 7..16", "range 7..17 for 7..16", "turned round", "after 31s for 30s",
		"EncKey and IdKey swapped", "IdentityInformation and IdentityAddressInformation swapped",
	} {
		if !slices.ContainsFunc(all, func(m mutate.Mutant) bool { return strings.HasPrefix(m.Change, words) }) {
			t.Errorf("no mutant begins with %q", words)
		}
	}
	for i, m := range all {
		if m.ID != i || m.Line == 0 || m.Where == "" || !slices.Contains(mutate.Classes(), m.Class) {
			t.Errorf("mutant %d: %+v", i, m)
		}
	}
}

func TestRemarks(t *testing.T) {
	good := read(t)
	equivalent := 0
	for _, m := range mutants(t, source(t, good)) {
		if m.Equivalent != "" {
			equivalent++
		}
	}
	if want := bytes.Count(good, []byte("# equivalent mutant: ")); equivalent != want {
		t.Errorf("%d mutants are equivalent, the file has %d remarks", equivalent, want)
	}
	const first = "# equivalent mutant: drop event.reason -- "
	for _, test := range []struct{ old, with, want string }{
		{first, "# equivalent mutant: drop the lot -- ", `there is no mutant "drop the lot" on line`},
		{first + "every PDU that can be malformed here asks for InvalidParameters itself", "# equivalent mutant: drop event.reason", "gives no reason"},
	} {
		text := strings.Replace(string(good), test.old, test.with, 1)
		if _, err := source(t, []byte(text)).Mutants(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}

func TestJudge(t *testing.T) {
	j := judge(t)
	if err := j.Check(t.Context()); err != nil {
		t.Error(err)
	}
	all := mutants(t, j.Source)
	for _, test := range []struct{ where, change, by string }{
		{"Closed/EncryptionOn", "fail for ignore", mutate.Static},
		{"Judge", "negate tooWeak", mutate.Transcripts},
		{"legacy/DisplayOnly/DisplayOnly", "JustWorks becomes InitiatorTypes", mutate.Grids},
		{"actions", "keepConfirm bound to keepRandom", mutate.Transcripts},
		{"PairingConfirm/Value", "uint120 for uint128", mutate.Static},
	} {
		i := slices.IndexFunc(all, func(m mutate.Mutant) bool { return m.Where == test.where && m.Change == test.change })
		if i < 0 {
			t.Errorf("there is no mutant %s: %s", test.where, test.change)
			continue
		}
		v, err := j.Judge(t.Context(), i)
		if err != nil || v.By != test.by || v.Saw == "" {
			t.Errorf("%v: %+v, %v, want found by %s", all[i], v, err, test.by)
		}
	}
	if _, err := j.Source.Table(len(all)); err == nil {
		t.Error("a mutant that does not exist has a machine")
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Check(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("Check that was stopped: %v", err)
	}
}

// behaves has the process of a pool do something else than judge.
const behaves = "MUTATE_TEST_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(builds) != "" {
		os.Exit(pretend())
	}
	if os.Getenv(behaves) == "" {
		os.Exit(m.Run())
	}
	for id := 0; ; {
		if _, err := fmt.Scanln(&id); err != nil {
			os.Exit(0)
		}
		switch id {
		case 1:
			panic("mutant one")
		case 2:
			time.Sleep(time.Hour) // the pool ends it
		}
		fmt.Println(`{"begins":"` + mutate.Model + `"}`)
		fmt.Println(`{"by":"` + mutate.Model + `"}`)
	}
}

// TestPool has one mutant panic and one hang; the others are judged all the same.
func TestPool(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pool := mutate.Pool{Workers: 2, Limit: 3 * time.Second, Command: func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, program)
		cmd.Env = append(os.Environ(), behaves+"=1")
		return cmd
	}}
	got := map[int]string{}
	if _, err := pool.Run(t.Context(), []int{0, 1, 2, 3, 4}, func(id int, v mutate.Verdict) { got[id] = v.By }); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int]string{0: mutate.Model, 1: mutate.Crash, 2: mutate.Hang, 3: mutate.Model, 4: mutate.Model} {
		if got[id] != want {
			t.Errorf("mutant %d: found by %q, want %q", id, got[id], want)
		}
	}
	pool.Command = func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, program+".missing") }
	if _, err := pool.Run(t.Context(), []int{0}, func(int, mutate.Verdict) {}); err == nil {
		t.Error("a program that does not exist was started")
	}
}

func TestReport(t *testing.T) {
	r := &mutate.Report{File: "x.yaml", Mutants: 9, Seed: 3}
	r.Add(mutate.Mutant{ID: 2, Class: mutate.Codecs, Line: 20, Where: "Idle", Change: "drop emit A"}, mutate.Verdict{})
	r.Add(mutate.Mutant{ID: 1, Class: mutate.Rows, Line: 10, Where: "Idle", Change: "drop emit B", Equivalent: "nobody looks"}, mutate.Verdict{})
	r.Add(mutate.Mutant{ID: 0, Class: mutate.Rows, Line: 5, Where: "Idle", Change: "drop emit C"}, mutate.Verdict{By: mutate.Model, Saw: "it"})
	if r.OK() || r.Score() != 50 {
		t.Errorf("OK %v, score %v, want false and 50", r.OK(), r.Score())
	}
	r.Add(mutate.Mutant{ID: 3, Class: mutate.Rows, Line: 30, Where: "Idle", Change: "drop emit D", Equivalent: "wrong"}, mutate.Verdict{By: mutate.Static, Saw: "that"})
	r.Sort()
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"x.yaml:20: Idle: drop emit A: survived\n",
		"x.yaml:30: Idle: drop emit D: found, though the specification calls it equivalent (static: that)\n",
		"4 of 9 mutants in 0s, 0s of processor time, seed 3\n", "  equivalent          1        0        0\n", "score 66.7%: 2 of 3 that make a difference\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
	if err := r.WriteText(failing{}); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }
