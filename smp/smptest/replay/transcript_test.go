package replay_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest/replay"
)

// files gives the recorded exchanges of the project.
func files(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/transcripts/*.json")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d transcripts, %v", len(paths), err)
	}
	return paths
}

func read(t testing.TB, path string) *replay.Transcript {
	t.Helper()
	transcript, err := replay.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return transcript
}

// TestTranscripts plays every record, with every side that can be played.
func TestTranscripts(t *testing.T) {
	for _, path := range files(t) {
		transcript := read(t, path)
		if name := strings.TrimSuffix(filepath.Base(path), ".json"); transcript.ID != name {
			t.Errorf("%s: id is %q", path, transcript.ID)
		}
		for _, role := range transcript.Roles() {
			t.Run(transcript.ID+"/"+role.String(), func(t *testing.T) {
				if err := replay.Play(transcript, role); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestRoles(t *testing.T) {
	both := []bt.Role{bt.Central, bt.Peripheral}
	tests := map[string][]bt.Role{
		"nimble-lgcy-peer-jw-iio4-rio3-b1-iat0-rat0-ik7-rk7": {bt.Peripheral, bt.Central}, // legacy: both
		"nimble-sc-peer-jw-iio3-rio3-b1-iat0-rat0-ik5-rk7":   {bt.Peripheral},             // one private key
		"nimble-sc-us-jw-iio3-rio4-b1-iat0-rat0-ik7-rk5":     {bt.Central},
		"own-sc-oob-both":         both, // two private keys
		"neg-reserved-code-0f":    {bt.Peripheral},
		"neg-key-size-17-request": {bt.Peripheral},
	}
	for id, want := range tests {
		if got := read(t, "../../testdata/transcripts/"+id+".json").Roles(); !slices.Equal(got, want) {
			t.Errorf("%s: roles %v, want %v", id, got, want)
		}
	}
}

// TestPlayedShowsRows follows a record: every step is told, and the rows that
// the procedure took stand with the step that made it take them.
func TestPlayedShowsRows(t *testing.T) {
	transcript := read(t, "../../testdata/transcripts/neg-legacy-confirm-mismatch.json")
	var steps []int
	var states []smp.State
	player := replay.Player{Played: func(p replay.Played) {
		steps = append(steps, p.Step.Number)
		for _, row := range p.Rows {
			states = append(states, row.To)
		}
	}}
	if err := player.Play(transcript, bt.Peripheral); err != nil {
		t.Fatal(err)
	}
	if want := []int{1, 2, 3, 4, 5, 6}; !slices.Equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
	if got := states[len(states)-1]; got != smp.StateIdle || !slices.Contains(states, smp.StateLegacyAwaitRandom) {
		t.Errorf("states %v", states)
	}
}

// TestKeysAreHidden breaks a key in every place of a record and looks for any
// part of it in the error.
func TestKeysAreHidden(t *testing.T) {
	root := load(t, "../../testdata/transcripts/nimble-lgcy-peer-jw-iio4-rio3-b1-iat0-rat0-ik7-rk7.json")
	steps := root["steps"].([]any)
	for _, i := range []int{6, 8, 11, 13, 15, 16} { // commands with a key, and keys distributed
		m := load(t, "../../testdata/transcripts/nimble-lgcy-peer-jw-iio4-rio3-b1-iat0-rat0-ik7-rk7.json")
		octets := steps[i].(map[string]any)
		field := "pdu"
		if octets["params"] != nil {
			field = "params"
		}
		text := octets[field].(string)
		m["steps"].([]any)[i].(map[string]any)[field] = text[:len(text)-2] + flipped(text[len(text)-2:])
		transcript := parse(t, m)
		for _, role := range transcript.Roles() {
			hidden, shown := replay.Play(transcript, role), replay.Player{ShowKeys: true}.Play(transcript, role)
			if hidden == nil || shown == nil {
				t.Fatalf("step %d as %v: not found", i+1, role)
			}
			if part := text[len(text)-20 : len(text)-4]; strings.Contains(hidden.Error(), part) {
				t.Errorf("step %d as %v: %v", i+1, role, hidden)
			}
		}
	}
}

func flipped(octet string) string {
	const digits = "0123456789abcdef"
	return octet[:1] + string(digits[strings.IndexByte(digits, octet[1])^1])
}

func load(t testing.TB, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

func parse(t testing.TB, root map[string]any) *replay.Transcript {
	t.Helper()
	data, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	transcript, err := replay.Parse("mutant.json", data)
	if err != nil {
		t.Fatal(err)
	}
	return transcript
}

// minimal is a record that is right; tests break it.
const minimal = `{
 "format": "smp-transcript/1",
 "id": "minimal",
 "method": "negative",
 "iut_role": "responder",
 "responder": {"address": "C0:11:22:33:44:55", "address_type": "random", "authreq": "09", "sc": true},
 "user": {"passkey": "012345"},
 "steps": [
  {"n": 1, "kind": "smp", "from": "initiator", "name": "Pairing Request", "pdu": "01ff"},
  {"n": 2, "kind": "smp", "from": "responder", "name": "Pairing Failed", "pdu": "050a"},
  {"n": 3, "kind": "hci-event", "at": "responder", "name": "Disconnection Complete", "code": "05", "params": "00400013"}
 ],
 "expect": {"outcome": "failed", "pairing_failed_reason": "0a", "stk": "00112233445566778899aabbccddeeff"}
}`

func TestParse(t *testing.T) {
	tests := []struct {
		name     string
		old, new string // "" for none
		want     string // "" for right
	}{
		{"as it is", "", "", ""},
		{"unknown keys are comments", `"id"`, `"ID": 1, "note": {"a": [1]}, "id"`, ""},
		{"null is missing", `"user": {"passkey": "012345"}`, `"user": null, "initiator": null`, ""},
		{"cut short", `"stk": "00112233445566778899aabbccddeeff"}`, "", "minimal.json:14:1: unexpected end of JSON input"},
		{"no comma", `"id": "minimal",`, `"id": "minimal"`, `minimal.json:4:2: invalid character '"' after object key:value pair`},
		{"more behind", "}\n}", "}\n} {", "more behind the end of the value"},
		{"twice", `"id"`, `"id": "a", "id"`, `minimal.json:3:13: "id" is there twice`},
		{"other format", "transcript/1", "transcript/2", `format is "smp-transcript/2", want "smp-transcript/1"`},
		{"no id", `"id": "minimal",`, "", "minimal.json:1:1: id is missing"},
		{"id of another kind", `"minimal"`, "7", "minimal.json:3:8: id: want a string, got a number"},
		{"other method", `"negative"`, `"positive"`, "minimal.json:4:12: method: want one of legacy-just-works,"},
		{"other role", `"iut_role": "responder"`, `"iut_role": "peripheral"`, `iut_role: want one of initiator, responder, got "peripheral"`},
		{"bad address", "C0:11", "C0-11", "minimal.json:6:27: address: bt: address"},
		{"bad address type", `"random"`, `"static"`, `address_type: want one of public, random, got "static"`},
		{"flags against each other", `"sc": true`, `"sc": false`, "sc is false, authreq says otherwise"},
		{"five digits", "012345", "12345", "minimal.json:7:22: passkey: want six digits, got 5 characters"},
		{"signed digits", "012345", "+12345", "passkey: want six digits"},
		{"wrong number", `"n": 2`, `"n": 3`, "minimal.json:10:3: step 2: n is 3, want 2"},
		{"no number", `"n": 2, `, "", "step 2: n is missing"},
		{"number as text", `"n": 2`, `"n": "2"`, "step 2: n: want a number, got a string"},
		{"a number too large", `"n": 2`, `"n": 1e99`, "step 2: n: want a whole number from 1, got 1e99"},
		{"other kind", `"kind": "hci-event"`, `"kind": "hci"`, `minimal.json:11:20: step 3: kind: want one of smp, hci-command`},
		{"no sender", `"from": "responder", `, "", "step 2: from is missing"},
		{"no place", `"at": "responder", `, "", "step 3: at is missing"},
		{"no pdu", `, "pdu": "01ff"`, "", "step 1: pdu is missing"},
		{"odd digits", "01ff", "01f", "step 1: pdu: 3 characters that are not pairs of hexadecimal digits"},
		{"no digits", "01ff", "01xx", "step 1: pdu: 4 characters that are not pairs of hexadecimal digits"},
		{"params too short", "00400013", "004000", "step 3: params: Disconnection Complete has 4 octets, got 3"},
		{"code of a command", `"code": "05"`, `"code": "2019"`, "step 3: code 2019 is of an hci-command, not of an hci-event"},
		{"code too long", `"code": "05"`, `"code": "3e0501"`, "step 3: code: want two or four hexadecimal digits, got 6"},
		{"event of no concern", `"code": "05"`, `"code": "13"`, ""},
		{"steps of another kind", `"steps": [`, `"steps": {}, "s": [`, "steps: want an array, got an object"},
		{"no steps", `"steps": [`, `"steps": [], "s": [`, "steps is empty"},
		{"step of another kind", `"steps": [`, `"steps": [3,`, "step 1: want an object, got a number"},
		{"no outcome", `"outcome": "failed", `, "", "outcome is missing"},
		{"other outcome", `"failed"`, `"done"`, `outcome: want one of paired, partial, failed, refused, ignored, got "done"`},
		{"reason too long", `"0a", "stk"`, `"0a0a", "stk"`, "pairing_failed_reason: want 2 hexadecimal digits, got 4"},
		{"key too short", "ddeeff", "ddee", "minimal.json:13:72: stk: want 32 hexadecimal digits, got 30"},
		{"item of another kind", `"stk"`, `"must_not_send": ["a", 1], "stk"`, "must_not_send: item 2: want a string, got a number"},
		{"an array for an object", `"stk"`, `"distributed": [], "stk"`, "distributed: want an object, got an array"},
		{"no key to reconnect", `"stk"`, `"reconnect": {"either_central": {"ediv": "0000"}}, "stk"`, "ltk is missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(minimal, test.old, test.new, 1)
			if test.name == "cut short" {
				text = text[:len(text)-1]
			}
			transcript, err := replay.Parse("minimal.json", []byte(text))
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || transcript != nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if _, ok := errors.AsType[*replay.FormatError](err); !ok {
				t.Errorf("the error is a %T", err)
			}
			if strings.Contains(err.Error(), "001122334455") {
				t.Errorf("%v: shows a key", err)
			}
		})
	}
}

func TestReadMissing(t *testing.T) {
	if _, err := replay.Read("testdata/none.json"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// FuzzTranscript reads anything, and plays what it can read.
func FuzzTranscript(f *testing.F) {
	f.Add([]byte(minimal))
	for _, path := range files(f) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		transcript, err := replay.Parse("fuzz.json", data)
		if (err == nil) == (transcript == nil) {
			t.Fatalf("both or neither: %v, %v", transcript, err)
		}
		if err != nil {
			return
		}
		for i := range transcript.Steps {
			_ = transcript.Steps[i].Describe(true)
		}
		for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
			_ = replay.Play(transcript, role) // that it comes back is all that is asked
		}
	})
}
