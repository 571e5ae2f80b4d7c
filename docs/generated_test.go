package docs_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the pages that are made by tests")

// page compares a page with what it has to be, or writes it.
func page(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(have)); d != "" {
		t.Errorf("%s is not up to date; run go generate ./docs (-want +got)\n%s", path, d)
	}
}

// tools holds the commands of this module, built once.
var tools string

func TestMain(m *testing.M) {
	flag.Parse()
	folder, err := os.MkdirTemp("", "blesmp-docs")
	if err == nil {
		err = build(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	tools = folder
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func build(folder string) error {
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	for _, name := range []string{"smp", "smpgen"} {
		out, err := exec.Command("go", "build", "-o", filepath.Join(folder, name+suffix), "blesmp/cmd/"+name).CombinedOutput()
		if err != nil {
			return fmt.Errorf("go build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// run runs one of the commands in a folder.
func run(t *testing.T, folder, name string, args ...string) (string, error) {
	t.Helper()
	command := exec.Command(filepath.Join(tools, name), args...)
	command.Dir = folder
	out, err := command.CombinedOutput()
	return strings.ReplaceAll(string(out), "\r\n", "\n"), err
}

// mistakes are the twenty that the page shows, in its order: archives of the
// generator's own tests.
var mistakes = []string{
	"unknown_state", "unknown_action", "unknown_flag", "undecided", "cannot_leave",
	"must_leave", "choice_cycle", "target_role", "guarded_end", "shadowed", "rule_idle", "needs", "only_in",
	"set_range", "compare_types", "timer_missing", "example_range", "grid_row", "group_tie", "hidden",
}

func TestMistakes(t *testing.T) {
	source, err := os.ReadFile("../gen/testdata/market.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("<!-- Written by go generate ./docs; DO NOT EDIT. -->\n\n# Mistakes, and what is printed\n\n" +
		"Each of these changes breaks the toy specification [market.yaml](../gen/testdata/market.yaml) in one place. Below it stands what\n" +
		"`smpgen check` says. All mistakes of a file are reported at once, sorted by place. See [the language](spec-language.md).\n")
	for i, name := range mistakes {
		archive, err := txtar.ParseFile("../gen/machine/testdata/broken/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		text := string(source)
		fmt.Fprintf(&b, "\n## %d. %s\n\n```diff\n", i+1, strings.TrimSuffix(strings.TrimSpace(string(archive.Comment)), "."))
		for at := 0; at+1 < len(archive.Files); at += 2 {
			was, is := string(archive.Files[at].Data), string(archive.Files[at+1].Data)
			text = strings.Replace(text, was, is, 1)
			b.WriteString(difference(was, is))
		}
		b.WriteString("```\n\n```text\n" + said(t, text) + "```\n")
	}
	page(t, "mistakes.md", b.String())
}

// difference marks the lines that go and those that come.
func difference(was, is string) string {
	old, now := strings.SplitAfter(was, "\n"), strings.SplitAfter(is, "\n")
	same := 0
	for same < len(old) && same < len(now) && old[same] == now[same] {
		same++
	}
	var b strings.Builder
	write := func(mark string, lines []string) {
		for _, line := range lines {
			if line != "" {
				b.WriteString(mark + line)
			}
		}
	}
	write(" ", old[:same])
	write("-", old[same:])
	write("+", now[same:])
	return b.String()
}

// said gives the first messages about a specification.
func said(t *testing.T, source string) string {
	t.Helper()
	f, err := spec.Parse("market.yaml", []byte(source))
	if err == nil {
		var m *machine.Machine
		if m, err = machine.Resolve(f); err == nil {
			err = m.Notes
		}
	}
	lines := strings.SplitAfter(err.Error()+"\n", "\n")
	const most = 9 // three messages with their lines
	if len(lines) > most+1 {
		return strings.Join(lines[:most], "") + "...\n"
	}
	return strings.Join(lines, "")
}

// models are the charts, in the order of the page.
var models = []struct {
	name, title, text string
	legacy            bool
}{
	{"just-works", "Just works", "Nobody is asked. Whoever answers on the radio gets the keys.", true},
	{"passkey-initiator", "Passkey, the initiator types", "The responder shows six digits, and the user of the initiator types them.", true},
	{"passkey-responder", "Passkey, the responder types", "The initiator shows six digits, and the user of the responder types them.", true},
	{"passkey-both", "Passkey, both type", "Neither can show anything: the users type the same six digits at both.", true},
	{"numeric", "Numeric comparison", "Both show six digits, and the users say whether they are equal. LE Secure Connections alone.", false},
	{"oob", "Out of band", "The two have exchanged data over another channel, such as a QR code or NFC.", true},
}

func TestCharts(t *testing.T) {
	var b strings.Builder
	b.WriteString("<!-- Written by go generate ./docs; DO NOT EDIT. -->\n\n# Every association model, as a sequence\n\n" +
		"Each chart is what `smp sim --mermaid` draws: the PDUs of one undisturbed pairing and what the users see. Which model two\n" +
		"devices come to is a matter of [their capabilities](diagrams/smp-association.md); what each PDU carries is [a table](diagrams/smp-pdus.md);\n" +
		"where the states between the PDUs lead is [drawn](diagrams/smp.md).\n")
	for _, m := range models {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", m.title, m.text)
		for _, legacy := range []bool{false, true} {
			if legacy && !m.legacy {
				continue
			}
			title, args := "LE Secure Connections", []string{"sim", "--mermaid", "--model", m.name}
			if legacy {
				title, args = "Legacy pairing", append(args, "--legacy")
			}
			chart, err := run(t, ".", "smp", args...)
			kind := "mermaid"
			if err != nil { // the specification was changed: the page says so, and differs
				kind = "text"
			}
			fmt.Fprintf(&b, "\n### %s: %s\n\n```%s\n%s```\n", m.title, title, kind, chart)
		}
	}
	page(t, "charts.md", b.String())
}
