package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const transcripts = "../../smp/testdata/transcripts"

// call runs the command line as a shell would.
func call(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), streams{strings.NewReader(""), &out, &errs}, args)
	return code, out.String(), errs.String()
}

func TestUsage(t *testing.T) {
	tests := []struct {
		args           []string
		code           int
		stdout, stderr string // what they contain; "" for nothing at all
	}{
		{nil, exitUsage, "", "  replay "},
		{[]string{"help"}, exitOK, "  replay ", ""},
		{[]string{"-h"}, exitOK, "  replay ", ""},
		{[]string{"help", "replay"}, exitOK, "smp replay -v --show-keys pairing.json", ""},
		{[]string{"replay", "-h"}, exitOK, "-show-keys", ""},
		{[]string{"help", "nothing"}, exitUsage, "", `there is no command "nothing"`},
		{[]string{"nothing"}, exitUsage, "", `there is no command "nothing"`},
		{[]string{"replay"}, exitUsage, "", "replay needs the files to play; smp help replay shows how"},
		{[]string{"replay", "-x", "a.json"}, exitUsage, "", "flag provided but not defined: -x"},
	}
	for _, test := range tests {
		code, stdout, stderr := call(test.args...)
		for _, stream := range []struct{ name, got, want string }{{"stdout", stdout, test.stdout}, {"stderr", stderr, test.stderr}} {
			if !strings.Contains(stream.got, stream.want) || stream.want == "" && stream.got != "" {
				t.Errorf("%q: %s is %q, want %q", test.args, stream.name, stream.got, stream.want)
			}
		}
		if code != test.code {
			t.Errorf("%q: exit code %d, want %d", test.args, code, test.code)
		}
	}
}

// TestReplayFolder plays all records of the project: one line each, and the
// sum.
func TestReplayFolder(t *testing.T) {
	code, stdout, stderr := call("replay", transcripts)
	if code != exitOK || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	for _, line := range lines[:len(lines)-1] {
		if !regexp.MustCompile(`^ok [a-z0-9-]+$`).MatchString(line) {
			t.Errorf("line %q", line)
		}
	}
	files, err := filepath.Glob(filepath.Join(transcripts, "*.json"))
	if err != nil || len(lines) != len(files)+1 || !regexp.MustCompile(`^\d+ passed, 0 failed$`).MatchString(lines[len(lines)-1]) {
		t.Errorf("%d lines for %d files, the last is %q", len(lines), len(files), lines[len(lines)-1])
	}
}

// TestReplayFailures gives files with a mistake, broken ones and none.
func TestReplayFailures(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	record := func(pdu, reply string) string {
		return `{"format": "smp-transcript/1", "id": "short", "method": "negative", "iut_role": "responder", "steps": [
 {"n": 1, "kind": "smp", "from": "initiator", "name": "Pairing Request", "pdu": "` + pdu + `"},
 {"n": 2, "kind": "smp", "from": "responder", "name": "Pairing Failed", "pdu": "` + reply + `"}], "expect": {"outcome": "failed"}}`
	}
	write("good.json", record("01ff", "050a"))
	write("wrong.json", record("01ff", "0508"))
	write("odd.json", record("01f", "050a"))
	write("broken.json", "{")
	if err := os.Mkdir("empty", 0o700); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := call("replay", "good.json", "wrong.json", "odd.json", "broken.json", "none.json", "empty")
	stdout = regexp.MustCompile(`: (no such file or directory|The system cannot find.*)\n`).ReplaceAllString(stdout, ": not found\n")
	stdout = regexp.MustCompile(`read empty: .*\n`).ReplaceAllString(stdout, "read empty: a folder\n")
	want := `ok short
FAIL short: step 2: want Pairing Failed 0508 (unspecified reason), got Pairing Failed 050a (invalid parameters)
FAIL odd: odd.json:2:81: step 1: pdu: 3 characters that are not pairs of hexadecimal digits
FAIL broken: broken.json:1:2: unexpected end of JSON input
FAIL none: open none.json: not found
FAIL empty: read empty: a folder
1 passed, 5 failed
`
	if diff := cmp.Diff(want, stdout); diff != "" {
		t.Errorf("stdout (-want +got):\n%s", diff)
	}
	if code != exitFailure || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

// TestReplayNamesRole breaks a record that is played on both sides.
func TestReplayNamesRole(t *testing.T) {
	const id = "nimble-lgcy-us-jw-iio3-rio3-b1-iat0-rat1-ik7-rk5"
	data, err := os.ReadFile(filepath.Join(transcripts, id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "changed.json")
	if err := os.WriteFile(path, bytes.Replace(data, []byte("0601"), []byte("0600"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, hidden, _ := call("replay", path)
	want := "FAIL " + id + ": step 12: want what expect.distributed.responder has, got Encryption Information 06 [key hidden] (as initiator)\n0 passed, 1 failed\n"
	if diff := cmp.Diff(want, hidden); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, shown, _ := call("replay", "-show-keys", path)
	if !strings.Contains(shown, "got Encryption Information 060015b693c9fffe270241fd7b0e31d4a6") {
		t.Errorf("got %s", shown)
	}
}

func TestReplayVerbose(t *testing.T) {
	path := filepath.Join(transcripts, "nimble-lgcy-us-jw-iio3-rio3-b1-iat0-rat1-ik7-rk5.json")
	_, hidden, _ := call("replay", "-v", path)
	_, shown, _ := call("replay", "-v", "-show-keys", path)
	for _, want := range []string{
		"as initiator\n", "as responder\n",
		"    1  initiator sends Pairing Request 01030001100707\n",
		"initiator: Idle on Pair: makeRequest, send PairingRequest -> AwaitResponse\n",
		"   12  responder sends Encryption Information 06 [key hidden]\n",
		"ok nimble-lgcy-us-jw", "\n1 passed, 0 failed\n",
	} {
		if !strings.Contains(hidden, want) {
			t.Errorf("%q is missing in\n%s", want, hidden)
		}
	}
	for _, secret := range []string{"3154426c1c0336440b7290a51f795be9", "0115b693c9fffe270241fd7b0e31d4a6", "ef8de2164fec430dbf5bdd34c0531eb8"} {
		if strings.Contains(hidden, secret) || !strings.Contains(shown, secret) {
			t.Errorf("%s is shown, or not with -show-keys", secret)
		}
	}
}
