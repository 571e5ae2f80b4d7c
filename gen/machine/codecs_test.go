package machine_test

import (
	"fmt"
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
)

// bus has PDUs of two families and no machine. Its examples hold parameters
// alone, the smaller octet first.
const bus = `
protocol: Bus
byte_order: little
go: {package: bus, dir: .}
types:
  Place: {wire: uint48, go: example.com/place.Place}
  Day: {wire: uint16, go: example.com/place.Day}
families:
  Order: {code: uint16, method: Opcode, type: Opcode}
  News: {code: uint8, method: Kind, type: Kind}
enums:
  Gear: {values: {Low: 1, High: 0x102}, width: uint16, otherwise: keep}
  Lamp: {values: {Off: 0, On: 1}, otherwise: Bad}
  Answer: {values: {Bad: 1}}
answers: Answer
flags:
  Doors: {bits: {Front: 0, Rear: 1..2}, reserved: reject}
pdus:
  Drive:
    code: 0x201
    family: Order
    fields:
      - {name: To, type: Place}
      - {name: On, type: Day, range: 1..366}
      - {name: Gear, type: Gear}
      - {name: Slope, type: int8, range: -10..10}
    examples: [EXAMPLE]
  Stop:
    code: 0x201
    family: News
    fields:
      - {name: Lamp, type: Lamp}
      - {name: Doors, type: Doors}
      - {name: Seats, count: uint16, item: Seat, of: [{name: Row, type: uint24, range: 1..300}]}
      - {name: Name, type: bytes, length: uint8}
      - {name: Rest, type: bytes}
    examples: [NEWS]
`

func TestExamples(t *testing.T) {
	const good, news = "01 02 03 04 05 06 6e 01 02 01 f6", "01 07 02 00 2c 01 00 01 00 00 02 68 69 99 99 99"
	for _, test := range []struct{ drive, news, want string }{
		{good, news, ""},
		{good, "00 00 00 00 00", ""},
		{"01 02 03 04 05 06 01 00 ff ff 0a", news, ""}, // an unknown gear is kept
		{"01 02 03 04 05 06 6f 01 02 01 f6", news, "Drive has On 367, which lies outside 1..366"},
		{"01 02 03 04 05 06 6e 01 02 01 f5", news, "Drive has Slope -11, which lies outside -10..10"},
		{"01 02 03 04 05 06 6e 01 02 01", news, "Drive ends within Slope"},
		{"01 02 03 04 05", news, "Drive ends within To"},
		{good + " 00", news, "Drive has more octets than its fields: 00"},
		{good, "02 07 00 00 00", "Stop has Lamp 0x02, which is no value of Lamp"},
		{good, "01 08 00 00 00", "Stop has Doors 0x08 with reserved bits of Doors"},
		{good, "01 07 02 00 2c 01 00 01", "Stop ends within Row"},
		{good, "01 07 01 00 2d 01 00 00", "Stop has Row 301, which lies outside 1..300"},
		{good, "01 07 00 00 02 68", "Stop ends within Name"},
		{good, "", "Stop ends within Lamp"},
	} {
		source := strings.NewReplacer("[EXAMPLE]", `["`+test.drive+`"]`, "[NEWS]", `["`+test.news+`"]`,
			"code: 0x201\n    family: News", "code: 0x01\n    family: News").Replace(bus)
		f, err := spec.Parse("bus.yaml", []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		_, err = machine.Resolve(f)
		got := ""
		if err != nil {
			got, _, _ = strings.Cut(strings.TrimPrefix(err.Error()[strings.Index(err.Error(), ": ")+2:], "the example of "), "\n")
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%s, %s (-want +got)\n%s", test.drive, test.news, d)
		}
	}
}

func TestFamilies(t *testing.T) {
	base := strings.NewReplacer("[EXAMPLE]", "[]", "[NEWS]", "[]").Replace(bus)
	for _, test := range []struct{ old, new, want string }{
		{"code: 0x201\n    family: News", "code: 0x01\n    family: News", ""},
		{"code: 0x201\n    family: News", "code: 0x201\n    family: Newz", `unknown family "Newz" (did you mean News?)`},
		{"code: 0x201\n    family: News", "code: 0x01", "Stop belongs to no family"},
	} {
		source := strings.Replace(base, test.old, test.new, 1)
		f, err := spec.Parse("bus.yaml", []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		m, err := machine.Resolve(f)
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), ": "+test.want+"\n")):
			t.Errorf("%q: %v, want %q", test.new, err, test.want)
		case err == nil && (len(m.Cells) != 0 || len(m.Table().States) != 0):
			t.Error("a file without a machine has a table")
		}
	}
}

// TestLimits makes machines that are one too large for a table.
func TestLimits(t *testing.T) {
	names := func(format string, n int) string {
		var all strings.Builder
		for i := range n {
			fmt.Fprintf(&all, format, i, (i+1)%n)
		}
		return all.String()
	}
	source := func(states, slots, actions, guards, effects int) string {
		rules := ""
		for i := range guards {
			rules += fmt.Sprintf("            - {if: g%d, do: [a0]}\n", i)
		}
		for i := range slots {
			rules += fmt.Sprintf("            - {if: v%d, do: [a0]}\n", i)
		}
		do, emit := "", ""
		for i := range actions {
			do += fmt.Sprintf("a%d, ", i)
		}
		for i := range effects {
			emit += fmt.Sprintf("E%d, ", i)
		}
		return "protocol: P\ncore: Part P\ngo: {package: p, dir: ., procedure: P}\nroles: [one]\n" +
			"events: {push: [Go, Look]}\n" +
			"inputs: {" + names("v%[1]d: bool, ", slots) + "}\n" +
			"guards: {" + names("g%[1]d: {opaque: it holds}, ", guards) + "}\n" +
			"effects: {" + names("E%[1]d: {}, ", effects) + "}\n" +
			"actions: {" + names("a%[1]d: {}, ", actions) + "}\n" +
			"phases:\n  Only:\n    when:\n      Look:\n" + strings.ReplaceAll(rules, "            ", "        ") +
			"        - {do: [" + do + "], emit: [" + emit + "]}\n" +
			"    states:\n      S0: {initial: true, rest: true, when: {Go: {goto: S1}}}\n" +
			strings.Join(strings.Split(names("      S%d: {rest: true, when: {Go: {goto: S%d}}}\n", states), "\n")[1:], "\n")
	}
	for _, test := range []struct {
		what                                    string
		states, slots, actions, guards, effects int
		want                                    string
	}{
		{"as large as can be", 255, 32, 256, 256, 256, ""},
		{"states", 256, 1, 1, 1, 1, "256 states are more than the 255 that a table holds"},
		{"slots", 2, 33, 1, 1, 1, "33 vars, inputs and event fields are more than the 32 that a table holds"},
		{"actions", 2, 1, 257, 1, 1, "257 actions are more than the 256 that a table holds"},
		{"guards", 2, 1, 1, 257, 1, "257 opaque guards are more than the 256 that a table holds"},
		{"effects", 2, 1, 1, 1, 257, "257 effects are more than the 256 that a table holds"},
	} {
		f, err := spec.Parse("p.yaml", []byte(source(test.states, test.slots, test.actions, test.guards, test.effects)))
		if err != nil {
			t.Fatalf("%s: %v", test.what, err)
		}
		m, err := machine.Resolve(f)
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %q", test.what, err, test.want)
		case err == nil:
			tb := m.Table()
			if got := tb.Rules[tb.Cell(0, 254, 1).First].Next; got != 0 || len(tb.States) != 255 {
				t.Errorf("the last of %d states leads to %d", len(tb.States), got)
			}
		}
	}
}
