package emit_test

import (
	"errors"
	"strings"
	"testing"

	"blesmp/gen/diag"
	"blesmp/gen/emit"
	"blesmp/gen/machine"
	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

func TestCheck(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/machine.txtar")
	if err != nil {
		t.Fatal(err)
	}
	door := string(archive.Files[0].Data)
	tests := []struct {
		name     string
		old, new string // in the door
		want     []string
	}{
		{name: "the door as it is"},
		{
			name: "a value and a PDU",
			old:  "NotNow: 1, TooLate: 2}", new: "NotNow: 1, TooLate: 2, Knock: 3}",
			want: []string{"PDU Knock and value Knock of Why (line 8) would both be Knock in Go, in the package"},
		},
		{
			name: "a value and a type that every machine has",
			old:  "NotNow: 1, TooLate: 2}", new: "NotNow: 1, TooLate: 2, Timer: 3}",
			want: []string{"value Timer of Why would be Timer in Go, a name that generated code needs for itself"},
		},
		{
			name: "a value and the hand-written type",
			old:  "NotNow: 1, TooLate: 2}", new: "NotNow: 1, TooLate: 2, Keeper: 3}",
			want: []string{"value Keeper of Why would be Keeper in Go, a name that generated code needs for itself"},
		},
		{
			name: "a value and a state",
			old:  "NotNow: 1, TooLate: 2}", new: "NotNow: 1, TooLate: 2, StateShut: 3}",
			want: []string{"state Shut and value StateShut of Why (line 8) would both be StateShut in Go, in the package"},
		},
		{
			name: "an action and an effect",
			old:  "effects:\n", new: "effects:\n  Look: {}\n",
			want: []string{"effect Look and action look (line 48) would both be look in Go, in type Keeper"},
		},
		{
			name: "an action and the engine",
			old:  "effects:\n", new: "effects:\n  Sent: {}\n",
			want: []string{"effect Sent would be sent in Go, a name that generated code needs for itself"},
		},
		{
			name: "an effect that is a word of Go",
			old:  "effects:\n", new: "effects:\n  Return: {}\n",
			want: []string{"effect Return would be return in Go, which is a word of that language"},
		},
		{
			name: "a field and a method",
			old:  "{name: Why, type: Why}", new: "{name: AppendTo, type: Why}",
			want: []string{"field AppendTo would be AppendTo in Go, a name that generated code needs for itself"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(door, test.old, test.new, 1)
			if strings.Contains(test.old, "effects:") {
				name, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(test.new, test.old)), ":")
				text = strings.Replace(text, "Noise: {emit: [Bark]}", "Noise: {emit: [Bark, "+name+"]}", 1)
			}
			f, err := spec.Parse("in.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			m, err := machine.Resolve(f)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if err := emit.Check(m); err != nil {
				var list *diag.List
				if !errors.As(err, &list) {
					t.Fatal(err)
				}
				for _, d := range list.All() {
					got = append(got, d.Message)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
